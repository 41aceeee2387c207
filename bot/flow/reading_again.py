"""After an approval the world is read again at once, so that nobody waits for, or adds to, a stale plan."""

from bot.domain.events import PlanEnd, PlanEnded
from bot.domain.incident import PlanState
from bot.domain.plan import Step
from bot.domain.teamwork import PreconditionsRead
from bot.flow.execution_checks import drift, observed_now
from bot.ports.ports import Ports


async def read_again(ports: Ports, state: PlanState) -> PreconditionsRead | PlanEnded:
    """What the targets of a plan show after its newest approval; where they drifted, the plan is over."""
    changed, unseen = await _differences(ports, tuple(one.step for one in state.steps))
    if changed:
        return PlanEnded(state.plan.id, state.plan.revision, PlanEnd.DRIFTED, changed)
    return PreconditionsRead(state.digest, len(state.approvals), unseen)


async def _differences(ports: Ports, steps: tuple[Step, ...]) -> tuple[str, str]:
    """The first drift, and the first target that could not be observed."""
    unseen = ""
    for step in steps:
        seen = await observed_now(ports, step)
        if seen is None:
            unseen = unseen or f"{step.target} cannot be observed"
            continue
        changed = drift(step, seen)
        if changed:
            return f"{step.target}: {changed}", unseen
    return "", unseen
