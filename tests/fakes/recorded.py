"""A home with a running store and a record in it, as an auditor finds it."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.adapters.embedded import EmbeddedServer
from bot.adapters.store import Store, StorePlan, opened
from bot.domain.apply import replay
from bot.domain.claims import claims_of, index_of
from bot.domain.events import Entry
from bot.domain.ids import IncidentId
from bot.domain.policy import Limits
from tests.fakes.story import INCIDENT, Story


@dataclass(frozen=True, slots=True)
class Home:
    """A home whose store is up."""

    path: Path

    def do(self, work: Callable[[Store], Any]) -> Any:
        """Run something against the store, as a process of its own would."""

        async def run() -> Any:
            async with opened(StorePlan(self.path / ".greenlight")) as store:
                return await work(store)

        return asyncio.run(run())

    def keep(self, told: Story) -> str:
        """Append a story entry by entry, as the conductor does; returns the head."""
        return self.do(lambda store: kept(store, tuple(told.entries)))


async def kept(store: Store, entries: tuple[Entry, ...], incident: IncidentId = INCIDENT) -> str:
    """Append entries one by one, each with its claims."""
    head = ""
    for number, entry in enumerate(entries):
        before = replay(entries[:number])
        after = replay(entries[: number + 1])
        assert after is not None
        claims = claims_of(before, (entry.event,), Limits())
        done = await store.incidents.append(incident, number, (entry,), claims, index_of(after))
        head = done.head
    return head


@contextmanager
def home_at(path: Path) -> Generator[Home]:
    """A home whose store runs for as long as the block lasts, as if a bot ran there."""
    data = path / ".greenlight"
    data.mkdir(mode=0o700)
    server = EmbeddedServer(data / "store")
    asyncio.run(server.start())
    try:
        yield Home(path)
    finally:
        asyncio.run(server.stop())
