"""What the record says, read from the store itself: how the demo knows how its story ended."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.apply import replay
from bot.domain.events import Closing, Outcome
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase
from bot.ports.records import Incidents


class Ending(StrEnum):
    """How an incident of the demo stands."""

    VERIFIED = "verified"
    HEALTHY = "healthy"
    ESCALATED = "escalated"
    NEEDS_A_HUMAN = "needs a human"
    RESOLVED_ITSELF = "resolved itself"


@dataclass(slots=True)
class Watcher:
    """Follows the newest incident by its events, never by what Slack shows."""

    incidents: Incidents
    incident: IncidentId | None = None

    async def newest(self) -> Incident | None:
        """The incident as its events add up now."""
        if self.incident is None:
            opened = await self.incidents.opened(1)
            self.incident = opened[0] if opened else None
        if self.incident is None:
            return None
        return replay((await self.incidents.load(self.incident)).entries)


def ending_of(incident: Incident) -> Ending | None:
    """How the story ended, or nothing while it goes on."""
    if incident.closed is not None:
        verified = incident.closed.closing is Closing.VERIFIED
        improved = incident.current is not None and incident.current.outcome is Outcome.IMPROVED
        if verified and improved:
            return Ending.VERIFIED
        return Ending.RESOLVED_ITSELF if incident.plans else Ending.HEALTHY
    match incident.phase:
        case Phase.HEALTHY:
            return Ending.HEALTHY
        case Phase.ESCALATED:
            return Ending.ESCALATED
        case Phase.STOPPED | Phase.UNKNOWN | Phase.EXPIRED | Phase.INCONCLUSIVE:
            return Ending.NEEDS_A_HUMAN
        case _:
            return None
