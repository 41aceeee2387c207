"""Draws cards anew when the muting that they tell of has ended; nothing else changes at that moment."""

import asyncio
from dataclasses import dataclass, field

import structlog

from bot.domain.apply import replay
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import At, IncidentId
from bot.domain.incident import Incident
from bot.ports.cards import Cards
from bot.ports.records import Incidents
from bot.ports.world import Clock

LOOK_SECONDS = 1.0

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(slots=True)
class MuteEnds:
    """Until when the incidents that were drawn are muted; cards already up to date are not sent again."""

    incidents: Incidents
    cards: Cards
    clock: Clock
    _until: dict[IncidentId, At] = field(default_factory=dict[IncidentId, At])

    def note(self, incident: Incident) -> None:
        """An incident is being drawn."""
        if incident.muted_until is not None and incident.muted_until > self.clock.now():
            self._until[incident.id] = incident.muted_until
        else:
            self._until.pop(incident.id, None)

    async def run(self) -> None:
        """Look for ever, from what the store knows of open incidents."""
        recalled = False
        while True:
            recalled = recalled or await self._recalled()
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Mark the cards whose muting is over."""
        now = self.clock.now()
        for incident in [name for name, until in self._until.items() if until <= now]:
            try:
                await self.cards.mark(incident)
            except StoreUnavailableError as error:
                log.warning("end_of_muting_put_off", error=error.message)
                return
            self._until.pop(incident, None)

    async def _recalled(self) -> bool:
        """Open incidents that were muted before this process began; what ended meanwhile is drawn at once."""
        try:
            for name in await self.incidents.opened():
                incident = replay((await self.incidents.load(name)).entries)
                if incident is not None and incident.muted_until is not None:
                    self._until[name] = incident.muted_until
        except StoreUnavailableError as error:
            log.warning("muted_incidents_not_read", error=error.message)
            return False
        return True
