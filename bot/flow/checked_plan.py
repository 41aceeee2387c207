"""Drafting whole: the pure part, then what only the executors and the store can say of a plan."""

import asyncio
from dataclasses import replace

from bot.domain.drafting import Desk, draft
from bot.domain.errors import PlanCode, PlanRefusedError, SourceUnavailableError
from bot.domain.finding import ProposedStep
from bot.domain.ids import PlanId
from bot.domain.incident import Incident
from bot.domain.plan import Plan, Step
from bot.domain.rehearsal import foretold
from bot.domain.service import Service
from bot.flow.execution_checks import DRY_RUN_SECONDS, misplaced_now
from bot.ports.ports import Ports


async def checked_plan(
    ports: Ports, incident: Incident, proposals: tuple[ProposedStep, ...], desk: Desk
) -> Plan:
    """The plan for these proposals with every rule checked that can be checked before a card is shown.

    Raises PlanRefusedError with a code and a reason that the planner can use.
    """
    plan = draft(incident, PlanId(ports.clock.new_id("plan")), proposals, desk)
    return await rehearsed(ports, plan)


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
