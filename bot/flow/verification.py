"""Measure whether the symptom is gone; look at targets whose step nobody knows the end of."""

from collections.abc import AsyncGenerator
from dataclasses import replace

from bot.domain.due import PROBE_AFTER_SECONDS
from bot.domain.errors import SourceUnavailableError
from bot.domain.events import Event, Probed, SampleTaken, Verified
from bot.domain.incident import Incident, PlanState, StepState
from bot.domain.plan import Check, checks_of, idempotency_key
from bot.domain.service import readdressed
from bot.domain.verification import holds, judged
from bot.flow.conductor import Work
from bot.ports.ports import Ports


async def verification(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Take the sample that is due and, when the samples decide it, say the outcome."""
    state = incident.current
    assert state is not None
    checks = checks_of(state.plan)
    values = [await _sample(work.ports, state, check) for check in checks]
    held = all(map(holds, checks, values))
    # where one of them has no value nobody knows, whatever the others say
    value = None if None in values else values[0]
    incident = yield SampleTaken(state.digest, value, held)
    state = incident.current
    assert state is not None
    outcome = judged(state, state.measured)
    if outcome is not None:
        yield Verified(state.digest, *outcome)


async def _sample(ports: Ports, state: PlanState, check: Check) -> str | None:
    """The metric by the query that was approved, whatever the inventory says by now."""
    step = state.plan.steps[-1]
    service = ports.content.inventory().owner_of(step.target)
    metric = service.metric(check.metric) if service else None
    if service is None or metric is None:
        return None
    return await ports.eyes.sample(service, replace(metric, query=check.query))


async def probing(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Look, without changing anything, whether the step in doubt was applied (rule 23)."""
    state = incident.current
    assert state is not None
    index = state.in_doubt
    assert index is not None
    step = state.steps[index]
    last = len(step.probes) + 1 >= len(PROBE_AFTER_SECONDS)
    applied, detail = await _probed(work.ports, step, idempotency_key(state.digest, index), last=last)
    yield Probed(state.digest, index, applied, detail)


async def _probed(ports: Ports, state: StepState, key: str, *, last: bool) -> tuple[bool | None, str]:
    """By the executor's own probe for what has this key; where it has none, by what can be observed."""
    service = ports.content.inventory().owner_of(state.step.target)
    target = service.target(state.step.target) if service else None
    moved = readdressed(target, state.step.address) if target else None
    if moved is not None:
        # What it found would be of another thing, and might free the target, or let the next step begin.
        return None, f"Not looked at: {moved}."
    probe = await ports.eyes.probe(service, state.step, key) if service is not None else None
    if probe is None:
        return await _looked(ports, state, last=last)
    # What was sent may still be on its way: that nothing was found counts only at the last look.
    return (None if probe.applied is False and not last else probe.applied), probe.detail


async def _looked(ports: Ports, state: StepState, *, last: bool) -> tuple[bool | None, str]:
    """Applied as soon as it shows; not applied only at the last look, since a slow worker may still act."""
    target = state.step.target
    service = ports.content.inventory().owner_of(target)
    if service is None:
        return None, f"{target} is no longer in the inventory."
    try:
        now = dict((await ports.eyes.observe(service, target)).fields)
    except SourceUnavailableError as error:
        return None, error.message
    if state.step.changes:
        shown = ", ".join(f"{field} is {now.get(field, 'unknown')}" for field, _, _ in state.step.changes)
        if all(now.get(field) == after for field, _, after in state.step.changes):
            return True, shown
        untouched = all(now.get(field) == before for field, before, _ in state.step.changes)
        return (False if untouched and last else None), shown
    before = dict(state.observed_before)
    moved = [name for name in before if now.get(name) != before[name]]
    if moved:
        return True, ", ".join(f"{name} is {now.get(name, 'unknown')}" for name in moved)
    return (False if last else None), "nothing that was observed before has changed"
