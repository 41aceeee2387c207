"""How often things may happen (rules 4, 12 and 18), as claims that the store checks in the same append."""

from zoneinfo import ZoneInfo

from bot.domain.claim import Claim, ClaimKind
from bot.domain.errors import ClaimRefusedError, PlanCode
from bot.domain.events import (
    Decided,
    Event,
    ExecutionStarted,
    OutcomeRecorded,
    OutcomeUnknown,
    PlanProposed,
    Probed,
    StepFinished,
    StepStarted,
)
from bot.domain.ids import DAY, HOUR, SECOND, At
from bot.domain.incident import Incident, PlanState
from bot.domain.local_time import shown
from bot.domain.plan import Plan, Step, parsed, same_steps_hash
from bot.domain.policy import Limits
from bot.domain.teamwork import AutoApproved

RATE_LIMIT = "RATE_LIMIT"
UTC = ZoneInfo("UTC")
REJECTED_FOR = DAY
"""How long steps that somebody rejected are not proposed again (rule 18)."""
LONG = 3650 * DAY
UNLIMITED = 1_000_000_000


def rejected_key(plan: Plan) -> str:
    """Under which the store remembers that these very steps were rejected, in whatever incident."""
    return f"rejected:{plan.workspace}:{same_steps_hash(plan)}"


def used_key(action: str, target: str) -> str:
    """Under which the store remembers that an action worked on a target."""
    return f"used:{action}:{target}"


def row_key(target: str) -> str:
    """Under which the store keeps the failed and unknown executions of a target since the last good one."""
    return f"failed:{target}"


def limit_claims(incident: Incident, event: Event, limits: Limits) -> tuple[Claim, ...]:
    """The claims on limits that an event makes, given the incident before it."""
    state = incident.current
    match event:
        case PlanProposed(_, _, digest, body):
            return _proposed(incident, digest, parsed(body), limits)
        case Decided(_, _, digest, True) if state is not None:
            return _room(incident, state, limits)
        case AutoApproved() if state is not None:
            return _room(incident, state, limits)
        case Decided(_, _, digest, False) if state is not None:
            key = rejected_key(state.plan)
            return (Claim(ClaimKind.COUNT, key, digest[:12], "", UNLIMITED, REJECTED_FOR),)
        case ExecutionStarted(digest):
            return (_of_incident(ClaimKind.COUNT, incident, digest, limits),)
        case StepStarted(_, index) if state is not None:
            return _step(ClaimKind.COUNT, incident, state, index, limits)
        case _:
            return _ended(incident, state, event) if state is not None else ()


def approval_claims(incident: Incident, limits: Limits) -> tuple[Claim, ...]:
    """The claims that the last approval of the current plan would make now; none where it waits for none."""
    state = incident.current
    return _room(incident, state, limits) if state is not None and state.open else ()


def _proposed(incident: Incident, digest: str, plan: Plan, limits: Limits) -> tuple[Claim, ...]:
    said = "these steps were rejected within the last 24 hours"
    again = Claim(ClaimKind.ROOM, rejected_key(plan), digest[:12], PlanCode.SAME_STEPS, 1, REJECTED_FOR, said)
    if incident.wanted is not None:
        # A person asked for this one: people may go on where the bot may not.
        return (again,)
    many = limits.plans_per_incident
    title = f"at most {many} plans of the bot's own in one incident"
    key = f"plans-of-incident:{incident.id}"
    return (again, Claim(ClaimKind.COUNT, key, digest[:12], RATE_LIMIT, many, LONG, title))


def _room(incident: Incident, state: PlanState, limits: Limits) -> tuple[Claim, ...]:
    """Nobody approves what could not run: every limit of every step, judged and not yet used up."""
    steps = (
        claim
        for index in range(len(state.steps))
        for claim in _step(ClaimKind.ROOM, incident, state, index, limits)
    )
    return (_of_incident(ClaimKind.ROOM, incident, state.digest, limits), *steps)


def _of_incident(kind: ClaimKind, incident: Incident, digest: str, limits: Limits) -> Claim:
    many = limits.executions_per_incident
    title = f"at most {many} executions in one incident"
    return Claim(kind, f"runs-of-incident:{incident.id}", digest[:12], RATE_LIMIT, many, LONG, title)


def _step(
    kind: ClaimKind, incident: Incident, state: PlanState, index: int, limits: Limits
) -> tuple[Claim, ...]:
    target, run = state.steps[index].step.target, run_of(incident, state, index)
    workspace = incident.place.workspace
    here, all_of_it, row = limits.per_target, limits.per_workspace, limits.failures_in_a_row
    row_title = f"{row} failed or unknown executions in a row on {target}: proposals only"
    return (
        Claim(kind, f"runs:{target}", run, RATE_LIMIT, here, HOUR, f"at most {here} an hour on {target}"),
        Claim(
            kind,
            f"runs-of-workspace:{workspace}",
            run,
            RATE_LIMIT,
            all_of_it,
            HOUR,
            f"at most {all_of_it} an hour in all",
        ),
        Claim(
            ClaimKind.STEADY,
            row_key(target),
            run,
            RATE_LIMIT,
            row,
            limits.proposals_only_seconds * SECOND,
            row_title,
        ),
    )


def _ended(incident: Incident, state: PlanState, event: Event) -> tuple[Claim, ...]:
    match event:
        case StepFinished(_, index, ok):
            applied = ok
        case OutcomeUnknown(_, index):
            applied = False
        case Probed(_, index, bool(applied)) | OutcomeRecorded(_, index, applied):
            pass
        case _:
            return ()
    if not 0 <= index < len(state.steps):
        return ()
    step, run = state.steps[index].step, run_of(incident, state, index)
    if not applied:
        return (Claim(ClaimKind.FAIL, row_key(step.target), run),)
    return (Claim(ClaimKind.MEND, row_key(step.target), run), _used(step, run))


def _used(step: Step, run: str) -> Claim:
    return Claim(ClaimKind.COUNT, used_key(step.action, step.target), run, "", UNLIMITED, LONG)


def limit_words(full: ClaimRefusedError) -> str:
    """The limit that refused, and until when it does."""
    if full.held_by:
        return f"held by {full.held_by}"
    until = f", until {shown(At(full.until), UTC)}" if full.until is not None else ""
    return f"{full.limit or full.code}{until}"


def run_of(incident: Incident, state: PlanState, index: int) -> str:
    """The name of one execution of one step, the same whenever it is counted."""
    return f"{incident.id}:{state.digest[:12]}:{index}"
