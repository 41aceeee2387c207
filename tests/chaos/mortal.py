"""Stores that kill a process at a chosen moment, and whose leases are short so that tests need not wait."""

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_incidents import RedisIncidents
from bot.domain.claims import Claim, Index
from bot.domain.events import Entry
from bot.domain.ids import Fence, IncidentId
from bot.ports.cards import SentCard
from bot.ports.records import Appended, Lease

BRIEF_SECONDS = 2
ARMED = "arm.json"
STRUCK = "struck.json"
STORE = "store"


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where to strike: before or after an event (or a card) is written, and which process."""

    what: str
    when: str
    victim: str

    def arm(self, home: Path) -> None:
        """Strike once, the next time that this comes."""
        (home / STRUCK).unlink(missing_ok=True)
        fresh = home / f"{ARMED}.new"
        fresh.write_text(json.dumps(asdict(self)))
        fresh.replace(home / ARMED)

    def __str__(self) -> str:
        return f"{self.victim} dies {self.when} {self.what}"


@dataclass(frozen=True, slots=True)
class Reaper:
    """Kills by process id, by what is armed in the home."""

    home: Path

    def look(self, when: str, *names: str) -> None:
        """Strike if this is the moment; the first process to come here does it."""
        try:
            armed = json.loads((self.home / ARMED).read_text())
        except FileNotFoundError:
            return
        if armed["when"] == when and armed["what"] in names:
            self._strike(str(armed["victim"]))

    def _strike(self, victim: str) -> None:
        try:
            (self.home / ARMED).rename(self.home / STRUCK)
        except FileNotFoundError:
            return
        os.kill(pid_of(self.home, victim), signal.SIGKILL)


def pid_of(home: Path, name: str) -> int:
    """The process id of a process of ours, or of the embedded server."""
    file = home / ".greenlight" / "store" / "valkey.pid" if name == STORE else home / "pids" / name
    return int(file.read_text())


class MortalIncidents(RedisIncidents):
    """The record of all incidents; strikes around appends, and lends for a moment only."""

    def __init__(self, inner: RedisIncidents, reaper: Reaper) -> None:
        super().__init__(inner._link, inner._key)
        self._reaper = reaper
        self._renewing: dict[Fence, asyncio.Task[None]] = {}

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        names = [type(entry.event).__name__ for entry in entries]
        self._reaper.look("before", *names)
        done = await super().append(incident, version, entries, claims, index, fence)
        self._reaper.look("after", *names)
        return done

    async def lease(self, incident: IncidentId, seconds: int) -> Lease | None:
        lease = await super().lease(incident, min(seconds, BRIEF_SECONDS))
        if lease is not None:
            self._renewing[lease.fence] = asyncio.create_task(self._renew(lease))
        return lease

    async def renew(self, lease: Lease, seconds: int) -> bool:
        return await super().renew(lease, min(seconds, BRIEF_SECONDS))

    async def release(self, lease: Lease) -> None:
        task = self._renewing.pop(lease.fence, None)
        if task is not None:
            task.cancel()
        await super().release(lease)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(BRIEF_SECONDS / 4)
            if not await super().renew(lease, BRIEF_SECONDS):
                return


class MortalCards(RedisCards):
    """What was sent to Slack; strikes around the note that a card is about to be posted, or was."""

    def __init__(self, inner: RedisCards, reaper: Reaper) -> None:
        super().__init__(inner._link)
        self._reaper = reaper

    async def begin(self, incident: IncidentId, card: str) -> None:
        self._reaper.look("before", f"begin {card}")
        await super().begin(incident, card)
        self._reaper.look("after", f"begin {card}")

    async def record(self, incident: IncidentId, card: str, sent: SentCard) -> None:
        self._reaper.look("before", f"record {card}")
        await super().record(incident, card, sent)
        self._reaper.look("after", f"record {card}")
