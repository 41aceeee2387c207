"""Draws open plans anew when what keeps an approval from counting begins or ends: no event tells of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from bot.domain.apply import replay
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.ports.cards import Cards
from bot.ports.records import Incidents
from bot.slack.views.scene import GateScene

LOOK_SECONDS = 2.0

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()

Gate = Callable[[Incident], Awaitable[GateScene]]
"""What policy, catalogue, clock and limits say of an incident's plan now; raises StoreUnavailableError."""


@dataclass(slots=True)
class GateWatch:
    """The incidents whose open plans were drawn, each with what the last look found."""

    incidents: Incidents
    cards: Cards
    gate: Gate
    seconds: float = LOOK_SECONDS
    _seen: dict[IncidentId, tuple[Incident, GateScene | None]] = field(
        default_factory=dict[IncidentId, tuple[Incident, GateScene | None]]
    )

    def note(self, incident: Incident) -> None:
        """An incident is being drawn."""
        state = incident.current
        if incident.is_open and state is not None and state.alive:
            self._seen[incident.id] = (incident, self._seen.get(incident.id, (incident, None))[1])
        else:
            self._seen.pop(incident.id, None)

    async def run(self) -> None:
        """Look for ever, from what the store knows of open incidents."""
        recalled = False
        while True:
            try:
                recalled = recalled or await self._recalled()
                await self.look()
            except StoreUnavailableError as error:
                log.warning("gate_not_looked_at", error=error.message)
            await asyncio.sleep(self.seconds)

    async def look(self) -> None:
        """Mark the cards that may say something else than what holds now: also at the first look."""
        for name, (incident, before) in tuple(self._seen.items()):
            now = await self.gate(incident)
            if now != before:
                await self.cards.mark(name)
            if name in self._seen:
                self._seen[name] = (self._seen[name][0], now)

    async def _recalled(self) -> bool:
        """Open plans that another process drew: what began or ended meanwhile is drawn at the first look."""
        for name in await self.incidents.opened():
            incident = replay((await self.incidents.load(name)).entries)
            if incident is not None and name not in self._seen:
                self.note(incident)
        return True
