"""What people steer by hand: pause and resume, stop an incident, record the truth, close."""

import asyncio

from bot.domain.around import RESTLESS
from bot.domain.errors import IllegalEventError, StoreUnavailableError, UnknownIncidentError
from bot.domain.events import Event, IncidentClosed, OutcomeRecorded, PauseSet, PlanEnd, PlanEnded
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.pausing import ENVIRONMENT, EVERYTHING
from bot.domain.policy import Role
from bot.domain.teamwork import InvestigationStopped
from bot.flow.conductor import Table, decide, load, nudge
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder, may_stop
from bot.ports.ports import Ports
from bot.ports.records import Pause

SHOWN_LEADS = 10
NO_REASON = "Resuming needs a reason: say `/greenlight resume {scope} WHY`. Nothing was changed."
NOT_A_LEAD = "Only a lead may resume{who}. Nothing was changed."
NO_SUCH_SCOPE = "There is nothing called {scope} to pause; there are: {known}. Nothing was paused."
NOT_PAUSED = "There is no pause of {scope}; what is paused: {paused}. Nothing was changed."
NO_SUCH_OTHER = "I do not know the incident that this is a duplicate of. Nothing was changed."
STORE_DOWN = (
    "The store cannot be reached from here, so this pause is NOT recorded. Steps need the same store and "
    "should not start without it. Say it again in a moment; if it cannot wait, stop the act process."
)
LEADS_UNREAD = (
    "I could not read who leads ({why}), so I cannot tell whether you do. Nothing was changed. "
    "Try again in a moment, or ask a lead of another service."
)
ALREADY_OVER = "This incident is closed, so nothing of it can start. Nothing was changed."
NOT_STOPPED = "This incident is not paused. Nothing was changed."
BROKEN_OFF = "Stopped: the investigation ends here. What is known stays; Investigate again starts a new one."


async def pause(ports: Ports, scope: str, person: PersonId, reason: str) -> str:
    """Stop all new steps of a scope (`all`, `environment:<id>`); any responder may (rule 14)."""
    try:
        return await _paused(ports, scope, person, reason)
    except StoreUnavailableError:
        return STORE_DOWN


async def _paused(ports: Ports, scope: str, person: PersonId, reason: str) -> str:
    if not await may_stop(ports, person):
        return NOT_A_RESPONDER
    known = [f"{ENVIRONMENT}{one.id}" for one in ports.content.inventory().environments]
    if scope != EVERYTHING and scope not in known:
        # Whoever reads "paused" goes on with a problem less: it must be true.
        return NO_SUCH_SCOPE.format(scope=scope, known=", ".join((EVERYTHING, *known)))
    await ports.incidents.set_pause(Pause(scope, person, reason, ports.clock.now()))
    await _redraw(ports)
    return f"Paused: {scope}. No new step starts until a lead resumes it."


async def resume(ports: Ports, scope: str, person: PersonId, reason: str) -> str:
    """Let steps of a scope start again; a lead may, with a reason."""
    refused = await _no_lead(ports, person)
    if refused is not None:
        return refused
    if not reason.strip():
        return NO_REASON.format(scope=scope)
    paused = [one.scope for one in await ports.incidents.pauses()]
    if scope not in paused:
        return NOT_PAUSED.format(scope=scope, paused=", ".join(paused) or "nothing")
    await ports.incidents.lift_pause(scope, person, reason, ports.clock.now())
    await _redraw(ports)
    return f"Resumed: {scope}."


async def stop(ports: Ports, incident: IncidentId, person: PersonId) -> str:
    """Break off a running investigation, or pause the incident where something else is going on."""
    if not await may_stop(ports, person):
        return NOT_A_RESPONDER
    try:
        after = await decide(ports, incident, lambda found: _stopped(found, person))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except StoreUnavailableError:
        return STORE_DOWN
    if not after.is_open:
        return ALREADY_OVER
    broken_off = isinstance(after.entries[-1].event, InvestigationStopped)
    return BROKEN_OFF if broken_off else _paused_words(incident)


async def pause_one(ports: Ports, incident: IncidentId, person: PersonId, reason: str = "") -> str:
    """Pause one incident; any responder may."""
    if not await may_stop(ports, person):
        return NOT_A_RESPONDER
    try:
        after = await decide(ports, incident, lambda found: _pause_set(found, person, reason, paused=True))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    except StoreUnavailableError:
        return STORE_DOWN
    return _paused_words(incident) if after.is_open else ALREADY_OVER


def _paused_words(incident: IncidentId) -> str:
    return f"Stopped: no new step starts until a lead says /greenlight resume incident:{incident} and why."


async def go_on(ports: Ports, table: Table, incident: IncidentId, person: PersonId, reason: str) -> str:
    """Resume one incident; a lead may, with a reason."""
    refused = await _no_lead(ports, person)
    if refused is not None:
        return refused
    if not reason.strip():
        return NO_REASON.format(scope=f"incident:{incident}")
    was: list[bool] = []

    def judged(found: Incident) -> tuple[Event, ...]:
        was.append(found.paused_by is not None)
        return _pause_set(found, person, reason, paused=False)

    try:
        after = await decide(ports, incident, judged)
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    if not was[-1]:
        return NOT_STOPPED
    await nudge(ports, after, table)
    return "Resumed: this incident goes on."


async def record_truth(ports: Ports, table: Table, incident: IncidentId, truth: OutcomeRecorded) -> str:
    """A responder says how an unknown step ended; frees its target."""
    if not await is_responder(ports, truth.person):
        return NOT_A_RESPONDER
    try:
        after = await decide(ports, incident, lambda _: (truth,))
    except (IllegalEventError, UnknownIncidentError):
        return "This step is no longer in doubt. Nothing was changed."
    await nudge(ports, after, table)
    return f"Recorded: step {truth.step + 1} was {'applied' if truth.applied else 'not applied'}."


async def close(ports: Ports, incident: IncidentId, closed: IncidentClosed) -> str:
    """Close an incident by hand; ends an open plan."""
    if closed.person is None or not await is_responder(ports, closed.person):
        return NOT_A_RESPONDER
    if closed.of is not None and not await _is_another(ports, incident, closed.of):
        return NO_SUCH_OTHER
    try:
        await decide(ports, incident, lambda found: _closed(found, closed))
    except (IllegalEventError, UnknownIncidentError):
        return "It cannot be closed now: a step is running or its outcome is unknown."
    return "Closed."


def _pause_set(incident: Incident, person: PersonId, reason: str, *, paused: bool) -> tuple[Event, ...]:
    if not incident.is_open or (incident.paused_by is not None) == paused:
        return ()
    return (PauseSet(paused, person, reason),)


async def _is_another(ports: Ports, incident: IncidentId, other: IncidentId) -> bool:
    try:
        await load(ports, other)
    except UnknownIncidentError:
        return False
    return other != incident


def _stopped(incident: Incident, person: PersonId) -> tuple[Event, ...]:
    if incident.is_open and incident.phase in RESTLESS and not incident.waits and incident.paused_by is None:
        return (InvestigationStopped(person),)
    return _pause_set(incident, person, "", paused=True)


def _closed(incident: Incident, closed: IncidentClosed) -> tuple[Event, ...]:
    if not incident.is_open:
        return ()
    state = incident.current
    if state is None or not state.alive:
        return (closed,)
    return (PlanEnded(state.plan.id, state.plan.revision, PlanEnd.CLOSED), closed)


async def _redraw(ports: Ports) -> None:
    """A wider pause is no event of any incident, but every open card shows it."""
    for incident in await ports.incidents.opened():
        await ports.cards.mark(incident)


async def _no_lead(ports: Ports, person: PersonId) -> str | None:
    """Why this person does not lead any service now; nothing where they do."""
    leads = sorted({service.lead for service in ports.content.inventory().services})
    answers = await asyncio.gather(*(ports.roster.read(name, Role.LEAD) for name in leads))
    members = dict.fromkeys(one for answer in answers if not answer.error for one in answer.members)
    if person in members and await is_responder(ports, person):
        return None
    failed = [f"{answer.roster}: {answer.error}" for answer in answers if answer.error]
    if failed and person not in members:
        return LEADS_UNREAD.format(why="; ".join(failed)[:300])
    known = (ports.content.policy().person(one) for one in members)
    names = ", ".join([one.name for one in known if one is not None][:SHOWN_LEADS])
    return NOT_A_LEAD.format(who=f"; leads are {names}" if names else "")
