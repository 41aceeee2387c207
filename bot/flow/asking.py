"""People ask for an investigation: of an alert that waits for one, or once more after a fruitless one."""

from bot.domain.around import ASK_AGAIN
from bot.domain.errors import IllegalEventError, UnknownIncidentError
from bot.domain.events import Event
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident, Phase
from bot.domain.teamwork import InvestigationAsked
from bot.flow.conductor import Table, decide, nudge
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports

UNDER_WAY = "This incident is being worked on already, or it is over. The card says where it stands."


async def investigate(ports: Ports, table: Table, incident: IncidentId, person: PersonId) -> str:
    """Begin an investigation that waits, or one more; any responder may."""
    if not await is_responder(ports, person):
        return NOT_A_RESPONDER
    try:
        before = await decide(ports, incident, lambda _: ())
        after = await decide(ports, incident, lambda found: _asked(found, person))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except IllegalEventError:
        return UNDER_WAY
    if after.version == before.version:
        return UNDER_WAY
    await nudge(ports, after, table)
    return "Investigating. The card shows how it goes."


def _asked(incident: Incident, person: PersonId) -> tuple[Event, ...]:
    begun = incident.phase is Phase.DETECTED and not incident.waits
    if not incident.is_open or begun or incident.phase not in ASK_AGAIN:
        return ()
    return (InvestigationAsked(person),)
