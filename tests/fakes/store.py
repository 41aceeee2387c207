"""In-memory twins of the whole store and of the queue: the same promises, kept in plain dictionaries."""

from dataclasses import dataclass, field

from bot.domain.ids import IncidentId
from bot.ports.records import WorkerRole
from bot.ports.world import Clock
from tests.fakes.cards import MemoryBlobs, MemoryCards, MemorySeen
from tests.fakes.incidents import MemoryIncidents
from tests.fakes.shelf import Shelf


@dataclass(slots=True)
class MemoryQueue:
    """Work that waits, in order; `lossy` forgets what is added, as a queue may."""

    shelf: Shelf
    waiting: list[tuple[WorkerRole, IncidentId, int]] = field(
        default_factory=list[tuple[WorkerRole, IncidentId, int]]
    )
    lossy: bool = False

    async def add(self, role: WorkerRole, incident: IncidentId, version: int) -> None:
        """Queue the next stage once."""
        self.shelf.check()
        if not self.lossy and (role, incident, version) not in self.waiting:
            self.waiting.append((role, incident, version))

    def take(self, role: WorkerRole) -> IncidentId | None:
        """The next incident for a role, if any waits."""
        found = next((work for work in self.waiting if work[0] is role), None)
        if found is None:
            return None
        self.waiting.remove(found)
        return found[1]


@dataclass(frozen=True, slots=True)
class MemoryStore:
    """All twins over one shelf; give the same ones to several parts to play several processes."""

    shelf: Shelf
    incidents: MemoryIncidents
    cards: MemoryCards
    seen: MemorySeen
    blobs: MemoryBlobs
    queue: MemoryQueue


def memory_store(clock: Clock) -> MemoryStore:
    """An empty store whose time is this clock's."""
    shelf = Shelf(clock)
    return MemoryStore(
        shelf=shelf,
        incidents=MemoryIncidents(shelf),
        cards=MemoryCards(shelf),
        seen=MemorySeen(shelf),
        blobs=MemoryBlobs(shelf),
        queue=MemoryQueue(shelf),
    )
