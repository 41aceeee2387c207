"""Another plan, asked for in words: planned at once where none is open, else only after a button."""

from bot.domain.errors import ClaimRefusedError, IllegalEventError, UnknownIncidentError
from bot.domain.events import Answered, Asked, Event
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import PLANNABLE, Incident
from bot.domain.teamwork import PlanAsked
from bot.flow.conductor import Table, decide, nudge
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports

WISH = "7"
"""Ends the ts under which a wish that a button put is kept: a seventh decimal, which no message has."""
NOT_NOW = "The plan cannot be changed now: the incident is {phase}. I have changed nothing."
OPEN = (
    "Plan {revision} waits for a decision, and I have not touched it. "
    "If you want this instead, press the button: it makes a new revision with you as its originator, "
    "which ends plan {revision} and its approvals."
)
ONLY_THE_ASKER = "Only the person who asked can propose that, as its originator. Mention me to ask yourself."
ASKED_ALREADY = "That was proposed already. Please use the newest card."
NO_SERVICE = "The alert names no service of the inventory, so nothing can be planned."


def on_wish(incident: Incident, question: Asked) -> tuple[Event, ...]:
    """What follows from clear words for another plan; an open plan is left alone."""
    state = incident.current
    if not incident.is_open or incident.phase not in PLANNABLE:
        return (Answered(question.ts, NOT_NOW.format(phase=incident.phase)),)
    if state is not None and state.alive:
        return (Answered(question.ts, OPEN.format(revision=state.plan.revision), offers=True),)
    return (PlanAsked(question.person, question.ts, question.text),)


async def propose(ports: Ports, table: Table, incident: IncidentId, ts: str, person: PersonId) -> str | None:
    """The asker wants what was offered; a sentence where that cannot be, else a new revision follows."""
    if not await is_responder(ports, person):
        return NOT_A_RESPONDER
    told: list[str] = []

    def judged(found: Incident) -> tuple[Event, ...]:
        told.clear()
        why, events = _judged(found, ts, person, ports.content.inventory().service(found.service) is not None)
        told.extend(why)
        return events

    try:
        after = await decide(ports, incident, judged)
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except (IllegalEventError, ClaimRefusedError) as error:
        return error.message
    await nudge(ports, after, table)
    return told[0] if told else None


def _judged(
    incident: Incident,
    ts: str,
    person: PersonId,
    known_service: bool,  # noqa: FBT001 - a fact, not a flag
) -> tuple[tuple[str, ...], tuple[Event, ...]]:
    question = next((one for one in incident.questions if one.ts == ts and one.offers), None)
    if question is None:
        return (NO_SUCH_INCIDENT,), ()
    if question.person != person:
        return (ONLY_THE_ASKER,), ()
    if any(one.ts == ts + WISH for one in incident.questions):
        return (ASKED_ALREADY,), ()
    if not known_service:
        return (NO_SERVICE,), ()
    if not incident.is_open or incident.phase not in PLANNABLE:
        return (NOT_NOW.format(phase=incident.phase),), ()
    return (), (Asked(person, ts + WISH, question.text), PlanAsked(person, ts + WISH, question.text))
