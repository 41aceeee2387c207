"""What the in-memory twins of one store share."""

import asyncio
from dataclasses import dataclass, field

from bot.domain.claims import Index
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Entry
from bot.domain.ids import IncidentId
from bot.ports.cards import Progress
from bot.ports.world import Clock


@dataclass(slots=True)
class Shelf:
    """What all twins of one store share; `down` makes every call fail, `durable` is what appends report."""

    clock: Clock
    down: bool = False
    durable: bool = True
    entries: dict[IncidentId, list[Entry]] = field(default_factory=dict[IncidentId, list[Entry]])
    heads: dict[IncidentId, str] = field(default_factory=dict[IncidentId, str])
    index: dict[IncidentId, Index] = field(default_factory=dict[IncidentId, Index])
    held: dict[str, str] = field(default_factory=dict[str, str])
    dirty: dict[IncidentId, int] = field(default_factory=dict[IncidentId, int])
    progress: dict[IncidentId, tuple[int, Progress | None]] = field(
        default_factory=dict[IncidentId, tuple[int, Progress | None]]
    )
    marks: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def check(self) -> None:
        """Fail as an unreachable store does."""
        if self.down:
            raise StoreUnavailableError

    def mark(self, incident: IncidentId) -> None:
        """Mark an incident's cards as lagging behind, as the newest of all."""
        self.marks += 1
        self.dirty[incident] = self.marks
        self.wake.set()
