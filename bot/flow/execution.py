"""Run exactly the approved plan, once, in order; stop at the first failure; say when nobody knows."""

import asyncio
from collections.abc import AsyncGenerator

from bot.domain.decision import ExecutionCode, Order
from bot.domain.errors import (
    ALREADY_RUN,
    ClaimRefusedError,
    ExecutorRefusedError,
    NotDurableError,
    SourceUnavailableError,
)
from bot.domain.events import (
    Escalated,
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
from bot.domain.limits import limit_words
from bot.domain.plan import Step, idempotency_key
from bot.flow.conductor import Work
from bot.flow.execution_checks import halted, observed_now, paused
from bot.flow.reading_again import read_again
from bot.ports.ports import Ports


async def starting(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Begin the approved plan, unless it is paused, on hold, or its time to start is over."""
    ports, state = work.ports, _current(incident)
    if ports.clock.now() < (state.hold_until or 0):
        # a hold is there for second thoughts: whoever has them should know what has changed
        yield await read_again(ports, state)
        return
    limit = ports.content.policy().limits.start_within_seconds * SECOND
    if ports.clock.now() > (state.hold_until or 0) + limit:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)
        return
    if await paused(ports, incident, state) is not None or not await ports.incidents.confirmed(incident.id):
        # Still due: the reconciler asks again, until it may start or its time to start is over.
        return
    try:
        yield ExecutionStarted(state.digest, await _measure(ports, state))
    except ClaimRefusedError as full:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)
        yield Escalated(f"{full.code}: {limit_words(full)}. The approved plan was not begun.")


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
    halt, observed = await halted(ports, incident, state, step)
    if halt is not None:
        yield StepNotRun(state.digest, index, halt[0], halt[1])
        return
    key = idempotency_key(state.digest, index)
    try:
        yield StepStarted(state.digest, index, step.target, key, work.fence, observed)
    except ClaimRefusedError as refused:
        yield StepNotRun(state.digest, index, refused.code, limit_words(refused))
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
        if refused.code == ALREADY_RUN:
            # The record forgot a start that this process remembers: it was cut short, or came from a backup.
            return OutcomeUnknown(state.digest, index, refused.message)
        return StepNotRun(state.digest, index, refused.code, refused.message)
    after = await observed_now(work.ports, step)
    return StepFinished(state.digest, index, done.ok, done.detail, after or ())


def next_step(incident: Incident) -> int | None:
    """The first step that is not done; nothing when all are."""
    steps = _current(incident).steps
    return next((index for index, step in enumerate(steps) if step.status is not StepStatus.DONE), None)


def _current(incident: Incident) -> PlanState:
    state = incident.current
    assert state is not None
    return state


async def _measure(ports: Ports, state: PlanState) -> str | None:
    step = state.plan.steps[-1]
    service = ports.content.inventory().owner_of(step.target)
    metric = service.metric(step.check.metric) if service else None
    return await ports.eyes.sample(service, metric) if service and metric else None
