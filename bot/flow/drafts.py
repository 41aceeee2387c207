"""What every way to a plan shares: looking at the targets, a desk to draft at, freezing what was drafted."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.action import UndoKind
from bot.domain.drafting import Desk
from bot.domain.errors import SourceUnavailableError
from bot.domain.events import PlanProposed
from bot.domain.evidence import Observation
from bot.domain.finding import Option, ProposedStep
from bot.domain.ids import PersonId, TargetId
from bot.domain.incident import PlanState, StepState, StepStatus
from bot.domain.plan import Plan, canonical, digest_of
from bot.domain.service import Service
from bot.ports.ports import Ports

Seen = Mapping[TargetId, Observation]
"""What the targets of a service show now; one that could not be observed is missing."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """An option that passed all checks, with its plan."""

    option: Option
    plan: Plan


async def observed(ports: Ports, service: Service) -> dict[TargetId, Observation]:
    """Look at every target of a service."""
    seen: dict[TargetId, Observation] = {}
    for target in service.targets:
        try:
            seen[target.id] = await ports.eyes.observe(service, target.id)
        except SourceUnavailableError:
            continue
    return seen


def desk_of(ports: Ports, seen: Seen, originators: tuple[PersonId, ...]) -> Desk:
    """The desk as content, observations and originators stand now."""
    return Desk(
        inventory=ports.content.inventory(),
        catalogue=ports.content.catalogue(),
        policy=ports.content.policy(),
        observations=seen,
        originators=originators,
        tripwire=ports.content.tripwire,
        raise_tier=False,
        now=ports.clock.now(),
    )


def proposal(drafted: tuple[Drafted, ...]) -> PlanProposed:
    """The first of them, frozen; the others are told as options."""
    first = drafted[0]
    body = canonical(first.plan)
    return PlanProposed(
        plan=first.plan.id,
        revision=first.plan.revision,
        digest=digest_of(body),
        body=body,
        explanation=first.option.explanation,
        options=tuple(other.option for other in drafted[1:]),
    )


def proposed_steps(state: PlanState) -> tuple[ProposedStep, ...]:
    """The steps of a plan as somebody would propose them again."""
    return tuple(ProposedStep(step.action, step.target, step.parameters) for step in state.plan.steps)


def undoable(state: StepState) -> bool:
    """Whether a step was done and has an action that takes it back."""
    undo = state.step.undo
    return state.status is StepStatus.DONE and undo.kind is UndoKind.ACTION and undo.action is not None


def undo_step(state: StepState) -> ProposedStep:
    """The step that takes this one back; only for one that is undoable."""
    undo = state.step.undo
    assert undo.action is not None
    return ProposedStep(undo.action, state.step.target, undo.parameters)


def moved_on(state: StepState, seen: Observation | None) -> tuple[str, ...]:
    """What a step left behind and is otherwise by now, in words; nothing where the target is still ours."""
    if seen is None:
        return (f"{state.step.target} cannot be observed",)
    if not state.step.changes:
        return (f"{state.step.target} shows nothing by which its state could be known again",)
    return tuple(
        f"{field} was left at {after} and is {seen.field(field) or 'unknown'}"
        for field, _, after in state.step.changes
        if seen.field(field) != after
    )
