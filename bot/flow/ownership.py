"""Who has an incident: taken, handed over, given back."""

from bot.domain.errors import IllegalEventError, UnknownIncidentError
from bot.domain.events import Event
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.teamwork import OwnerSet
from bot.flow.conductor import decide
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports

NOT_TO_THEM = "Only a responder listed in the policy can have an incident. Nothing was changed."
OVER = "This incident is closed; nobody needs to have it."


async def own(
    ports: Ports, incident: IncidentId, owner: PersonId | None, by: PersonId, note: str = ""
) -> str:
    """Let somebody have the incident, or nobody; any responder may, and only responders can have it."""
    if not await is_responder(ports, by):
        return NOT_A_RESPONDER
    if owner is not None and owner != by and not await is_responder(ports, owner):
        return NOT_TO_THEM
    try:
        await decide(ports, incident, lambda found: _owned(found, OwnerSet(owner, by, note)))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except IllegalEventError:
        return OVER
    if owner is None:
        return "Given back: nobody has this incident now."
    return "You have this incident now." if owner == by else "Handed over. The card says so."


def _owned(incident: Incident, event: OwnerSet) -> tuple[Event, ...]:
    return () if incident.owner == event.owner and incident.is_open else (event,)
