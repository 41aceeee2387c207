"""What people want of the next plan: other parameters, or the undo of one that was carried out."""

from bot.domain.errors import ClaimRefusedError, IllegalEventError, UnknownIncidentError
from bot.domain.events import Event
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.domain.teamwork import ParametersEdited, UndoAsked
from bot.flow.conductor import Table, decide, nudge
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports

EDITED_TOO_LATE = "This plan is no longer open, so it was not changed. Please use the newest card."
NOT_NOW = "This cannot be taken back now: {phase}. Please try again when that is over."
ANOTHER_OPEN = "Another incident is open for the same alert. Please go on there."


async def edit(ports: Ports, table: Table, incident: IncidentId, wish: ParametersEdited) -> str | None:
    """A responder wants other parameters; a sentence where that cannot be, else a new revision follows."""
    if not await is_responder(ports, wish.person):
        return NOT_A_RESPONDER
    try:
        after = await decide(ports, incident, lambda _: (wish,))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except IllegalEventError:
        return EDITED_TOO_LATE
    await nudge(ports, after, table)
    return None


async def undo(ports: Ports, table: Table, incident: IncidentId, wish: UndoAsked) -> str | None:
    """A responder wants an executed plan taken back; a plan of its own follows, with its own approval."""
    if not await is_responder(ports, wish.person):
        return NOT_A_RESPONDER
    phases: list[str] = []

    def judged(found: Incident) -> tuple[Event, ...]:
        phases.append(str(found.phase))
        return (wish,)

    try:
        after = await decide(ports, incident, judged)
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except IllegalEventError:
        return NOT_NOW.format(phase=f"the incident is {phases[-1] if phases else 'unknown'}")
    except ClaimRefusedError:
        return ANOTHER_OPEN
    await nudge(ports, after, table)
    return None
