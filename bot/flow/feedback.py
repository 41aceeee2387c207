"""What responders say of a diagnosis or an answer: kept with the incident, the newest word of each counts."""

from bot.domain.errors import IllegalEventError, UnknownIncidentError
from bot.domain.events import Event
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.domain.teamwork import FeedbackGiven
from bot.flow.conductor import decide
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports

DIAGNOSIS = "diagnosis"
MAX_NOTE = 500


async def feedback(ports: Ports, incident: IncidentId, said: FeedbackGiven) -> str:
    """Keep a responder's word; nothing is shown but that it was kept."""
    if not await is_responder(ports, said.person):
        return NOT_A_RESPONDER
    try:
        await decide(ports, incident, lambda found: _given(found, said))
    except (UnknownIncidentError, IllegalEventError):
        return NO_SUCH_INCIDENT
    return "Thank you: your word is kept and stands in the report."


def _given(incident: Incident, said: FeedbackGiven) -> tuple[Event, ...]:
    known = said.subject == DIAGNOSIS and incident.diagnosis is not None
    known = known or any(question.ts == said.subject for question in incident.questions)
    same = any(
        (one.person, one.subject, one.helpful, one.note)
        == (said.person, said.subject, said.helpful, said.note)
        for one in incident.feedback
    )
    return (
        (FeedbackGiven(said.person, said.subject, said.helpful, said.note[:MAX_NOTE]),)
        if known and not same
        else ()
    )
