"""Numbers taken from processes and from the store."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import psutil

from bot.adapters.store import Store
from bot.domain.apply import apply
from bot.domain.claims import index_of
from bot.domain.events import Asked, Entry, IncidentOpened
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes of one process: its own share of what is mapped (PSS), and all that is resident."""

    name: str
    pss: float
    rss: float


def memory_of(name: str, pid: int) -> Memory:
    """What a process takes now."""
    full = psutil.Process(pid).memory_full_info()
    return Memory(name, full.pss / 1e6, full.rss / 1e6)


def cpu_seconds(pids: dict[str, int]) -> dict[str, float]:
    """CPU time of each process so far, user and system."""
    times = {name: psutil.Process(pid).cpu_times() for name, pid in pids.items()}
    return {name: each.user + each.system for name, each in times.items()}


def pids_of(home: Path, names: tuple[str, ...]) -> dict[str, int]:
    """The process ids of these processes and of the embedded server."""
    server = home / ".greenlight" / "store" / "valkey.pid"
    return {name: int((home / "pids" / name).read_text()) for name in names} | {
        "store": int(server.read_text())
    }


async def append_seconds(store: Store, like: Incident, number: int) -> list[float]:
    """How long single appends take, each of them on disk before it answers."""
    name = IncidentId("bench-appends")
    opened = like.entries[0]
    assert isinstance(opened.event, IncidentOpened)
    entries = [Entry(1, opened.at, None, _renamed(opened.event, name))]
    entries += [
        Entry(index + 2, opened.at, None, Asked(PersonId("U1"), f"{index}.0", "status"))
        for index in range(number)
    ]
    taken: list[float] = []
    incident: Incident | None = None
    for entry in entries:
        incident = apply(incident, entry)
        began = time.perf_counter()
        # Never due, so that no worker takes it up.
        index = replace(index_of(incident), due=None)
        await store.incidents.append(name, entry.number - 1, [entry], [], index)
        taken.append(time.perf_counter() - began)
    return taken[1:]


def _renamed(event: IncidentOpened, name: IncidentId) -> IncidentOpened:
    return IncidentOpened(name, event.alert, event.place, event.service)


async def stored_bytes(store: Store) -> int:
    """What the store holds in memory for its keys, without the server's own."""
    stats = cast("dict[bytes, int] | list[Any]", await store.link.call("MEMORY", "STATS"))
    named: dict[bytes, Any] = (
        dict(zip(stats[::2], stats[1::2], strict=True)) if isinstance(stats, list) else stats
    )
    return int(named[b"dataset.bytes"])
