"""Drafting whole: the pure part, then what only the executors and the store can say of a plan."""

import asyncio
from dataclasses import replace

from bot.domain.drafting import Desk, draft
from bot.domain.errors import PlanCode, PlanRefusedError, SourceUnavailableError
from bot.domain.finding import ProposedStep
from bot.domain.ids import At, PlanId
from bot.domain.incident import Incident
from bot.domain.limits import REJECTED_FOR, UTC, rejected_key, used_key
from bot.domain.local_time import shown
from bot.domain.plan import Plan, Step, canonical
from bot.domain.rehearsal import foretold
from bot.domain.review import must_be_reviewable, must_fit_the_limits
from bot.domain.service import Service
from bot.flow.execution_checks import DRY_RUN_SECONDS, misplaced_now
from bot.ports.ports import Ports


async def checked_plan(
    ports: Ports, incident: Incident, proposals: tuple[ProposedStep, ...], desk: Desk
) -> Plan:
    """The plan for these proposals with every rule checked that can be checked before a card is shown.

    Raises PlanRefusedError with a code and a reason that the planner can use.
    """
    desk = await _with_first_uses(ports, proposals, desk)
    plan = draft(incident, PlanId(ports.clock.new_id("plan")), proposals, desk)
    must_fit_the_limits(plan, desk.policy.limits)
    await _must_be_new(ports, plan)
    plan = await rehearsed(ports, plan)
    must_be_reviewable(plan)
    canonical(plan)
    return plan


async def _with_first_uses(ports: Ports, proposals: tuple[ProposedStep, ...], desk: Desk) -> Desk:
    """Say which actions never worked on their target before, where the policy asks for that (rule 4)."""
    if not desk.policy.limits.first_use_raises:
        return desk
    pairs = {(step.action, step.target) for step in proposals}
    first = {pair for pair in pairs if await ports.incidents.last_counted(used_key(*pair)) is None}
    return replace(desk, first_uses=frozenset(first))


async def _must_be_new(ports: Ports, plan: Plan) -> None:
    """Raises PlanRefusedError for steps that somebody rejected, in whatever incident (rule 18)."""
    rejected = await ports.incidents.last_counted(rejected_key(plan))
    if rejected is not None and ports.clock.now() - rejected < REJECTED_FOR:
        until = shown(At(rejected + REJECTED_FOR), UTC)
        raise PlanRefusedError(
            PlanCode.SAME_STEPS, f"these steps were rejected, and may come back after {until}."
        )


async def rehearsed(ports: Ports, plan: Plan) -> Plan:
    """The plan with what each executor says it would change; raises PlanRefusedError (rules 6, 7, 20)."""
    return replace(plan, steps=tuple([await _rehearsed(ports, step) for step in plan.steps]))


async def _rehearsed(ports: Ports, step: Step) -> Step:
    service = ports.content.inventory().owner_of(step.target)
    if service is None:
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, f"{step.target} is not in the inventory.")
    moved = await misplaced_now(ports, service, step)
    if moved is not None:
        raise PlanRefusedError(PlanCode.OUT_OF_SCOPE, f"{moved}.")
    return replace(step, dry_run=await _foretold(ports, service, step))


async def _foretold(ports: Ports, service: Service, step: Step) -> tuple[str, ...]:
    try:
        async with asyncio.timeout(DRY_RUN_SECONDS):
            return foretold(await ports.eyes.dry_run(service, step))
    except TimeoutError:
        message = f"The dry run on {step.target} gave no answer within {DRY_RUN_SECONDS} s."
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, message) from None
    except SourceUnavailableError as lost:
        message = f"The dry run on {step.target} could not be made: {lost.message}"
        raise PlanRefusedError(PlanCode.UNKNOWN_TARGET, message) from lost
