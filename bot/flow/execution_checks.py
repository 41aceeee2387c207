"""What must hold right before a step: read again, in the order of rule 20; unreadable means no."""

import asyncio

from bot.domain.decision import ExecutionCode
from bot.domain.errors import SourceUnavailableError, StoreUnavailableError
from bot.domain.ids import SECOND
from bot.domain.incident import Incident, PlanState
from bot.domain.pausing import in_force
from bot.domain.plan import Step
from bot.domain.rehearsal import differs
from bot.domain.service import Service, misplaced, readdressed
from bot.ports.ports import Ports

LOOK_SECONDS = 5
DRY_RUN_SECONDS = 15

Halt = tuple[ExecutionCode, str]
Fields = tuple[tuple[str, str], ...]


async def halted(
    ports: Ports, incident: Incident, state: PlanState, step: Step
) -> tuple[Halt | None, Fields]:
    """Why the step may not run now, and the target's fields as they were just observed."""
    why = await paused(ports, incident, state)
    if why is not None:
        return (ExecutionCode.PAUSED, why), ()
    if not state.approved:
        return (ExecutionCode.EXPIRED, "the approval does not hold"), ()
    late = overdue(ports, state)
    if late is not None:
        return (ExecutionCode.EXPIRED, late), ()
    moved = disowned(ports, incident, step) or await elsewhere(ports, step, state)
    if moved is not None:
        return (ExecutionCode.ENVIRONMENT_MISMATCH, moved), ()
    seen_at = ports.clock.now()
    changed, observed = await _seen(ports, step)
    changed = changed or await _later_drift(ports, state, step)
    if changed:
        return (ExecutionCode.DRIFT, changed), observed
    other = await _rehearsed_otherwise(ports, step)
    if other:
        return (ExecutionCode.DRY_RUN_DIFFERS, other), observed
    if ports.clock.now() - seen_at > LOOK_SECONDS * SECOND:
        # a dry run took its time: what is acted upon was seen within the last five seconds (rule 20)
        changed, observed = await _seen(ports, step)
        if changed:
            return (ExecutionCode.DRIFT, changed), observed
    # All this looking takes its time, and whoever pauses counts on it from the same second on.
    meanwhile = await paused(ports, incident, state)
    return ((ExecutionCode.PAUSED, meanwhile) if meanwhile else None), observed


def overdue(ports: Ports, state: PlanState) -> str | None:
    """Why the approval is too old for a step that could have begun long ago, as after its worker died.

    Whoever approved meant the next minutes (rule 8): the limit for starting a plan holds for every step,
    from the moment on at which the one before it had ended, or was last known of.
    """
    limit = ports.content.policy().limits.start_within_seconds
    ready = max(state.started_at or 0, *(one.finished_at or 0 for one in state.steps))
    waited = (ports.clock.now() - ready) / SECOND
    return f"it could have begun {waited:.0f} s ago; the policy allows {limit} s" if waited > limit else None


def disowned(ports: Ports, incident: Incident, step: Step) -> str | None:
    """Why the step is not what the service's people approved: the target, its settings or the action went."""
    service = ports.content.inventory().owner_of(step.target)
    if service is None:
        return None
    if service.name != incident.service:
        return f"{step.target} belongs to {service.name} now, not to {incident.service}"
    if step.action not in service.actions:
        return f"{service.name} does not allow the action {step.action} any more"
    target = service.target(step.target)
    return readdressed(target, step.address) if target else None


async def elsewhere(ports: Ports, step: Step, state: PlanState) -> str | None:
    """Why the target is not in the environment of the plan: by the inventory, then live (rule 6)."""
    inventory = ports.content.inventory()
    service = inventory.owner_of(step.target)
    if service is None or service.environment != state.plan.environment:
        return f"{step.target} is not in {state.plan.environment}"
    return await misplaced_now(ports, service, step)


async def misplaced_now(ports: Ports, service: Service, step: Step) -> str | None:
    """Why the target's live identity is not that of its environment; one that cannot be read is none."""
    environment = ports.content.inventory().environment(service.environment)
    target = service.target(step.target)
    if environment is None or target is None:
        return f"{step.target} is in no known environment"
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            live = await ports.eyes.identity(service, step.target)
    except TimeoutError:
        return f"{target.executor} does not say where {step.target} is live within {LOOK_SECONDS} s"
    except SourceUnavailableError as lost:
        return f"{target.executor} does not say where {step.target} is live: {lost.message}"
    return misplaced(environment, target, live)


async def _seen(ports: Ports, step: Step) -> tuple[str, Fields]:
    """Why the target is not as approved, and its fields as they are."""
    observed = await observed_now(ports, step)
    if observed is None:
        return f"{step.target} cannot be observed", ()
    return drift(step, observed), observed


async def _later_drift(ports: Ports, state: PlanState, step: Step) -> str:
    """Before the first step, what drifted under a later one: no plan is begun that is stale already.

    Later steps are not asked again before the second: by then our own first step has changed the world.
    """
    if step is not state.steps[0].step:
        return ""
    for later in state.steps[1:]:
        changed, _ = await _seen(ports, later.step)
        if changed:
            return changed
    return ""


async def _rehearsed_otherwise(ports: Ports, step: Step) -> str:
    """Why the dry run forbids the step; empty where it does not."""
    service = ports.content.inventory().owner_of(step.target)
    if service is None:
        return f"{step.target} is not in the inventory"
    try:
        async with asyncio.timeout(DRY_RUN_SECONDS):
            again = await ports.eyes.dry_run(service, step)
    except TimeoutError:
        return f"the dry run gave no answer within {DRY_RUN_SECONDS} s"
    except SourceUnavailableError as lost:
        return f"the dry run could not be made: {lost.message}"
    return differs(step.dry_run, again)


def drift(step: Step, observed: Fields) -> str:
    """Which preconditions are not as approved; empty where all are."""
    now = dict(observed)
    changed = [
        f"{name} was {approved}, is {now.get(name, 'unknown')}"
        for name, approved in step.preconditions
        if now.get(name) != approved
    ]
    return "; ".join(changed)


async def observed_now(ports: Ports, step: Step) -> Fields | None:
    """The target's fields now; nothing where it cannot be observed, or not within five seconds."""
    service = ports.content.inventory().owner_of(step.target)
    if service is None:
        return None
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return (await ports.eyes.observe(service, step.target)).fields
    except (SourceUnavailableError, TimeoutError):
        return None


async def paused(ports: Ports, incident: Incident, state: PlanState) -> str | None:
    """Why nothing may start now; a freeze of the policy pauses, and so does an unreadable store (rule 14)."""
    if incident.paused_by is not None:
        return f"this incident was stopped by {incident.paused_by}"
    frozen = ports.content.policy().frozen(state.plan.environment, ports.clock.now())
    if frozen is not None:
        return f"{state.plan.environment} is {frozen}"
    try:
        pauses = await ports.incidents.pauses()
    except StoreUnavailableError:
        return "the store cannot be read"
    hit = in_force(pauses, state.plan.environment)
    return f"{hit.scope} was paused by {hit.person}" if hit else None
