"""The in-memory twin of the line of incidents that wait to be investigated."""

from dataclasses import dataclass, field

from bot.domain.ids import SECOND, At, IncidentId
from bot.ports.world import Clock

SLOT = 10 * SECOND
SILENT = 15 * SECOND


@dataclass(slots=True)
class MemoryLine:
    """Slots with their ends, places with their order, and when each was last heard of."""

    clock: Clock
    slots: dict[IncidentId, int] = field(default_factory=dict[IncidentId, int])
    places: dict[IncidentId, int] = field(default_factory=dict[IncidentId, int])
    heard: dict[IncidentId, At] = field(default_factory=dict[IncidentId, At])

    async def enter(self, incident: IncidentId, order: int, limit: int) -> int:
        now = self.clock.now()
        self.slots = {name: end for name, end in self.slots.items() if end > now}
        for silent in [name for name, at in self.heard.items() if at <= now - SILENT]:
            self._forget(silent)
        free = limit - len(self.slots)
        if incident not in self.slots:
            self.places[incident], self.heard[incident] = order, now
            place = sorted(self.places, key=lambda name: (self.places[name], name)).index(incident)
            if place >= free:
                return place - max(free, 0) + 1
            self._forget(incident)
        self.slots[incident] = now + SLOT
        return 0

    async def leave(self, incident: IncidentId) -> IncidentId | None:
        self.slots.pop(incident, None)
        self._forget(incident)
        return min(self.places, key=lambda name: (self.places[name], name), default=None)

    def _forget(self, incident: IncidentId) -> None:
        self.places.pop(incident, None)
        self.heard.pop(incident, None)
