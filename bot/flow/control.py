"""What people steer by hand: pause and resume, stop an incident, record the truth, close."""

from bot.domain.errors import IllegalEventError, UnknownIncidentError
from bot.domain.events import Closing, Event, IncidentClosed, OutcomeRecorded, PauseSet, PlanEnd, PlanEnded
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.policy import Role
from bot.flow.conductor import Table, decide, nudge
from bot.ports.ports import Ports
from bot.ports.records import Pause

NOT_A_RESPONDER = "Only a responder listed in the policy may do that. Nothing was changed."
NO_REASON = "Resuming needs a reason. Nothing was changed."
NOT_A_LEAD = "Only a lead may resume. Nothing was changed."


async def pause(ports: Ports, scope: str, person: PersonId, reason: str) -> str:
    """Stop all new steps of a scope (`all`, `environment:<id>`); any responder may (rule 14)."""
    if not await _responder(ports, person):
        return NOT_A_RESPONDER
    await ports.incidents.set_pause(Pause(scope, person, reason, ports.clock.now()))
    await _redraw(ports)
    return f"Paused: {scope}. No new step starts until a lead resumes it."


async def resume(ports: Ports, scope: str, person: PersonId, reason: str) -> str:
    """Let steps of a scope start again; a lead may, with a reason."""
    if not await _leads(ports, person):
        return NOT_A_LEAD
    if not reason.strip():
        return NO_REASON
    await ports.incidents.lift_pause(scope, person, reason, ports.clock.now())
    await _redraw(ports)
    return f"Resumed: {scope}."


async def stop(ports: Ports, incident: IncidentId, person: PersonId) -> str:
    """Pause one incident; any responder may."""
    if not await _responder(ports, person):
        return NOT_A_RESPONDER
    try:
        await decide(ports, incident, lambda found: _pause_set(found, person, "", paused=True))
    except UnknownIncidentError:
        return "There is no such incident. Nothing was changed."
    return f"Stopped: no new step starts until a lead says /greenlight resume incident:{incident} and why."


async def go_on(ports: Ports, table: Table, incident: IncidentId, person: PersonId, reason: str) -> str:
    """Resume one incident; a lead may, with a reason."""
    if not await _leads(ports, person):
        return NOT_A_LEAD
    if not reason.strip():
        return NO_REASON
    try:
        after = await decide(ports, incident, lambda found: _pause_set(found, person, reason, paused=False))
    except UnknownIncidentError:
        return "There is no such incident. Nothing was changed."
    await nudge(ports, after, table)
    return "Resumed: this incident goes on."


async def record_truth(ports: Ports, table: Table, incident: IncidentId, truth: OutcomeRecorded) -> str:
    """A responder says how an unknown step ended; frees its target."""
    if not await _responder(ports, truth.person):
        return NOT_A_RESPONDER
    try:
        after = await decide(ports, incident, lambda _: (truth,))
    except (IllegalEventError, UnknownIncidentError):
        return "This step is no longer in doubt. Nothing was changed."
    await nudge(ports, after, table)
    return f"Recorded: step {truth.step + 1} was {'applied' if truth.applied else 'not applied'}."


async def close(ports: Ports, incident: IncidentId, closing: Closing, person: PersonId, note: str) -> str:
    """Close an incident by hand; ends an open plan."""
    if not await _responder(ports, person):
        return NOT_A_RESPONDER
    try:
        await decide(ports, incident, lambda found: _closed(found, closing, person, note))
    except (IllegalEventError, UnknownIncidentError):
        return "It cannot be closed now: a step is running or its outcome is unknown."
    return "Closed."


def _pause_set(incident: Incident, person: PersonId, reason: str, *, paused: bool) -> tuple[Event, ...]:
    if not incident.is_open or (incident.paused_by is not None) == paused:
        return ()
    return (PauseSet(paused, person, reason),)


def _closed(incident: Incident, closing: Closing, person: PersonId, note: str) -> tuple[Event, ...]:
    if not incident.is_open:
        return ()
    state = incident.current
    closed = IncidentClosed(closing, person, note)
    if state is None or not state.alive:
        return (closed,)
    return (PlanEnded(state.plan.id, state.plan.revision, PlanEnd.CLOSED), closed)


async def _redraw(ports: Ports) -> None:
    """A wider pause is no event of any incident, but every open card shows it."""
    for incident in await ports.incidents.opened():
        await ports.cards.mark(incident)


async def _responder(ports: Ports, person: PersonId) -> bool:
    """Whether the policy knows this person and Slack says that it is an active human of ours."""
    policy = ports.content.policy()
    who = await ports.people.person(person)
    if who is None or who.is_bot or who.guest or who.external or not who.active:
        return False
    return policy.person(person) is not None and who.team in policy.workspaces


async def _leads(ports: Ports, person: PersonId) -> bool:
    if not await _responder(ports, person):
        return False
    leads = {service.lead for service in ports.content.inventory().services}
    answers = [await ports.roster.read(name, Role.LEAD) for name in sorted(leads)]
    return any(person in answer.members for answer in answers if not answer.error)
