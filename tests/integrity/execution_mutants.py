"""Deliberate faults in what happens after the click, each of which some drift must bring to light."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from bot.adapters import hands
from bot.domain import claims
from bot.domain.ids import At
from bot.domain.incident import Phase, PlanState
from bot.flow import conductor, execution, execution_checks
from bot.flow import table as moves
from bot.flow.conductor import Move
from bot.ports.records import WorkerRole
from tests.integrity import staleness
from tests.integrity.mutants import Mutant, mutated

Put = Callable[[pytest.MonkeyPatch], None]
UNSEEN = 'if observed is None:\n        return f"{step.target} cannot be observed", ()'
UNCONFIRMED = (
    "yield StepNotRun(state.digest, index, ExecutionCode.NOT_DURABLE, refused.message)\n        return"
)
ELSEWHERE = "if service is None or service.environment != state.plan.environment:"
MOVED = "if found != (plan.environment, plan.production):"
OTHER = "(own or executor_for(step, action)) if step.executor == shown else None"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its title, and how it is put in for a while."""

    title: str
    put: Put


def _step(title: str, old: str, new: str) -> Fault:
    def put(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(moves, "execution", mutated(Mutant(title, old, new), execution, "execution"))

    return Fault(title, put)


def _check(title: str, old: str, new: str, other_old: str = "", other_new: str = "") -> Fault:
    """A fault in what is looked at right before a step; the second pair takes an overlapping guard away."""
    mutant = Mutant(title, old, new, other_old, other_new)

    def put(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(execution, "halted", mutated(mutant, execution_checks, "halted"))

    return Fault(title, put)


def _start(title: str, old: str, new: str) -> Fault:
    def put(patch: pytest.MonkeyPatch) -> None:
        verb = mutated(Mutant(title, old, new), execution, "starting")
        patch.setitem(moves.NEXT, Phase.APPROVED, Move(verb, WorkerRole.ACT))

    return Fault(title, put)


def _append(title: str, old: str, new: str) -> Fault:
    def put(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(conductor, "claims_of", mutated(Mutant(title, old, new), claims, "claims_of"))

    return Fault(title, put)


def _hands(title: str, old: str, new: str) -> Fault:
    def put(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(staleness, "ApprovedHands", mutated(Mutant(title, old, new), hands, "ApprovedHands"))

    return Fault(title, put)


def _both(title: str, one: Fault, other: Fault) -> Fault:
    """A fault in two gates of which each alone would do."""

    def put(patch: pytest.MonkeyPatch) -> None:
        one.put(patch)
        other.put(patch)

    return Fault(title, put)


def _no_hold(patch: pytest.MonkeyPatch) -> None:
    def at_once(state: PlanState) -> At | None:
        return state.approved_at

    patch.setattr(PlanState, "hold_until", property(at_once))


FAULTS = (
    Fault("ignore the hold", _no_hold),
    _check("skip the preconditions", "return drift(step, observed), observed", 'return "", observed'),
    _check(
        "a target that cannot be seen has not changed",
        UNSEEN,
        'if observed is None:\n        return "", ()',
    ),
    _check("run in a freeze", "if frozen is not None:", "if False:"),
    _check(
        "skip the pause before a step",
        "if why is not None:",
        "if False:",
        "(ExecutionCode.PAUSED, meanwhile) if meanwhile else None",
        "None",
    ),
    _both(
        "skip the environment's pause",
        _check("in the look", "in_force(pauses, state.plan.environment)", "in_force(pauses)"),
        _append("in the append", "scopes(state.plan.environment)", "scopes()"),
    ),
    _step("act before the disk confirms", UNCONFIRMED, "del refused"),
    _start("start however late", "if ports.clock.now() > (state.hold_until or 0) + limit:", "if False:"),
    _start("start while paused", "await paused(ports, incident, state) is not None or ", ""),
    _start("start before the disk confirms", " or not await ports.incidents.confirmed(incident.id)", ""),
    _check("begin what is stale further on", " or await _later_drift(ports, state, step)", ""),
    _check("skip the live identity", "return await misplaced_now(ports, service, step)", "return None"),
    _check(
        "an identity that cannot be read is the right one",
        'return f"{target.executor} does not say where {step.target} is live: {lost.message}"',
        "del lost\n        return None",
    ),
    _check("skip the dry run", "return differs(step.dry_run, again)", 'return ""'),
    _check(
        "a dry run that cannot be made is the same",
        'return f"the dry run could not be made: {lost.message}"',
        'del lost\n        return ""',
    ),
    _hands("run by another catalogue", " or catalogue.sha256 != plan.catalogue:", ":"),
    _hands("run by another executor", OTHER, "own or executor_for(step, action)"),
    _hands("production or not does not matter", MOVED, "if (found or ('',))[0] != plan.environment:"),
    _both(
        "run in another environment",
        _check("in the flow", ELSEWHERE, "if service is None:"),
        _hands("in the hands", MOVED, "if False:"),
    ),
)


async def survivors(faults: tuple[Fault, ...] = FAULTS) -> tuple[str, ...]:
    """The titles of the faults that no drift brings to light."""
    return tuple([fault.title for fault in faults if not await _noticed(fault)])


async def _noticed(fault: Fault) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        fault.put(patch)
        try:
            result = await staleness.played(staleness.CASES)
        except Exception:  # noqa: BLE001 - a fault may fail in any way, and that gives it away
            return True
    return bool(result.executed or result.unsaid)
