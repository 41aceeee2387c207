"""What moves an incident on, by phase: the table of the design."""

from bot.domain.events import Outcome
from bot.domain.incident import OWN, PLANNABLE, Incident, Phase, StepStatus
from bot.flow.conductor import Move
from bot.flow.escalating import escalating, telling
from bot.flow.execution import ending, execution, next_step, starting
from bot.flow.expiring import expiring
from bot.flow.memory_edits import settling
from bot.flow.planning import planning
from bot.flow.reporting import closing
from bot.flow.triage import triage
from bot.flow.verification import probing, verification
from bot.ports.records import WorkerRole

NEXT = {
    Phase.DETECTED: Move(triage, WorkerRole.THINK),
    Phase.TRIAGED: Move(planning, WorkerRole.THINK),
    Phase.PROPOSED: Move(expiring, WorkerRole.THINK),
    Phase.REJECTED: Move(planning, WorkerRole.THINK),
    Phase.APPROVED: Move(starting, WorkerRole.ACT),
    Phase.EXECUTED: Move(verification, WorkerRole.THINK),
    Phase.UNKNOWN: Move(probing, WorkerRole.THINK),
    Phase.EXPIRED: Move(escalating, WorkerRole.THINK),
    Phase.INCONCLUSIVE: Move(escalating, WorkerRole.THINK),
    Phase.ESCALATED: Move(telling, WorkerRole.THINK),
}


def table(incident: Incident) -> Move | None:
    """The next verb and the role that may run it; nothing where a human is needed or all is over."""
    if incident.wanted is not None and incident.phase in PLANNABLE:
        return Move(planning, WorkerRole.THINK)
    if incident.waits:
        return None
    if incident.alert.source == OWN:
        return _of_our_own(incident)
    if incident.phase is Phase.VERIFIED:
        return _after_verification(incident)
    if incident.phase is Phase.EXECUTING:
        return _while_executing(incident)
    return NEXT.get(incident.phase)


def _of_our_own(incident: Incident) -> Move | None:
    """An edit of the memory goes through the same gate; no team is asked for another way."""
    helped = incident.current is not None and incident.current.outcome is Outcome.IMPROVED
    if incident.phase is Phase.REJECTED or (incident.phase is Phase.VERIFIED and not helped):
        return Move(settling, WorkerRole.THINK)
    if incident.phase is Phase.EXECUTING:
        return _while_executing(incident)
    return Move(closing, WorkerRole.THINK) if incident.phase is Phase.VERIFIED else NEXT.get(incident.phase)


def _after_verification(incident: Incident) -> Move:
    improved = incident.current is not None and incident.current.outcome is Outcome.IMPROVED
    return Move(closing if improved else planning, WorkerRole.THINK)


def _while_executing(incident: Incident) -> Move:
    index = next_step(incident)
    steps = incident.current.steps if incident.current else ()
    pending = index is not None and steps[index].status is StepStatus.PENDING
    return Move(execution if pending else ending, WorkerRole.ACT)
