"""Run exactly the approved plan, once, in order; stop at the first failure; say when nobody knows."""

import asyncio
from collections.abc import AsyncGenerator

from bot.domain.decision import ExecutionCode, Order
from bot.domain.errors import (
    ClaimRefusedError,
    ExecutorRefusedError,
    NotDurableError,
    SourceUnavailableError,
    StoreUnavailableError,
)
from bot.domain.events import (
    Event,
    ExecutionFinished,
    ExecutionStarted,
    ExecutionStopped,
    OutcomeUnknown,
    PlanEnd,
    PlanEnded,
    StepFinished,
    StepNotRun,
    StepStarted,
)
from bot.domain.ids import SECOND
from bot.domain.incident import Incident, PlanState, StepStatus
from bot.domain.plan import Step, idempotency_key
from bot.flow.conductor import Work
from bot.ports.ports import Ports

Halt = tuple[ExecutionCode, str]
Fields = tuple[tuple[str, str], ...]


async def starting(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Begin the approved plan, unless it is paused or its time to start is over."""
    ports, state = work.ports, _current(incident)
    limit = ports.content.policy().limits.start_within_seconds * SECOND
    if ports.clock.now() > (state.hold_until or 0) + limit:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)
        return
    if await _paused(ports, incident, state) is None:
        yield ExecutionStarted(state.digest, await _measure(ports, state))


async def ending(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Say how a running plan ended where no step is left to run."""
    del work
    state = _current(incident)
    index = next_step(incident)
    if index is None:
        yield ExecutionFinished(state.digest)
        return
    step = state.steps[index]
    if step.status is StepStatus.STARTED:
        yield OutcomeUnknown(state.digest, index, "The worker was lost after this step had begun.")
    else:
        yield ExecutionStopped(state.digest, step.code or "FAILED", step.detail)


async def execution(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Run the next step: look, claim, act, record (rule 20)."""
    ports, state, index = work.ports, _current(incident), next_step(incident)
    assert index is not None
    step = state.steps[index].step
    halt, observed = await _halted(ports, incident, step)
    if halt is not None:
        yield StepNotRun(state.digest, index, halt[0], halt[1])
        return
    key = idempotency_key(state.digest, index)
    try:
        yield StepStarted(state.digest, index, step.target, key, work.fence, observed)
    except ClaimRefusedError as refused:
        yield StepNotRun(state.digest, index, refused.code, f"held by {refused.held_by}")
        return
    except NotDurableError as refused:
        yield StepNotRun(state.digest, index, ExecutionCode.NOT_DURABLE, refused.message)
        return
    yield await _acted(work, incident, state, index, step)


async def _acted(work: Work, incident: Incident, state: PlanState, index: int, step: Step) -> Event:
    """Act once and say what is known of it: done, failed, refused, or unknown."""
    order = Order(state.digest, index, work.fence)
    try:
        async with asyncio.timeout(step.timeout_seconds):
            done = await work.ports.hands.perform(incident.id, order)
    except TimeoutError:
        return OutcomeUnknown(state.digest, index, f"No answer within {step.timeout_seconds} s.")
    except SourceUnavailableError as lost:
        return OutcomeUnknown(state.digest, index, lost.message)
    except ExecutorRefusedError as refused:
        return StepNotRun(state.digest, index, refused.code, refused.message)
    after = await _observed(work.ports, step)
    return StepFinished(state.digest, index, done.ok, done.detail, after or ())


def next_step(incident: Incident) -> int | None:
    """The first step that is not done; nothing when all are."""
    steps = _current(incident).steps
    return next((index for index, step in enumerate(steps) if step.status is not StepStatus.DONE), None)


def _current(incident: Incident) -> PlanState:
    state = incident.current
    assert state is not None
    return state


async def _halted(ports: Ports, incident: Incident, step: Step) -> tuple[Halt | None, Fields]:
    state = _current(incident)
    why = await _paused(ports, incident, state)
    if why is not None:
        return (ExecutionCode.PAUSED, why), ()
    if not state.approved:
        return (ExecutionCode.EXPIRED, "the approval does not hold"), ()
    service = ports.content.inventory().owner_of(step.target)
    if service is None or service.environment != state.plan.environment:
        return (ExecutionCode.ENVIRONMENT_MISMATCH, f"{step.target} is not in {state.plan.environment}"), ()
    observed = await _observed(ports, step)
    if observed is None:
        return (ExecutionCode.DRIFT, f"{step.target} cannot be observed"), ()
    drift = _drift(step, observed)
    return ((ExecutionCode.DRIFT, drift) if drift else None), observed


def _drift(step: Step, observed: Fields) -> str:
    now = dict(observed)
    changed = [
        f"{name} was {approved}, is {now.get(name, 'unknown')}"
        for name, approved in step.preconditions
        if now.get(name) != approved
    ]
    return "; ".join(changed)


async def _observed(ports: Ports, step: Step) -> Fields | None:
    service = ports.content.inventory().owner_of(step.target)
    if service is None:
        return None
    try:
        return (await ports.eyes.observe(service, step.target)).fields
    except SourceUnavailableError:
        return None


async def _paused(ports: Ports, incident: Incident, state: PlanState) -> str | None:
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
    scopes = {"all", f"environment:{state.plan.environment}"}
    hit = next((pause for pause in pauses if pause.scope in scopes), None)
    return f"{hit.scope} was paused by {hit.person}" if hit else None


async def _measure(ports: Ports, state: PlanState) -> str | None:
    step = state.plan.steps[-1]
    service = ports.content.inventory().owner_of(step.target)
    metric = service.metric(step.check.metric) if service else None
    return await ports.eyes.sample(service, metric) if service and metric else None
