"""The policy's opt-in rule that approves a plan outside production; everything else asks (rule 13)."""

from bot.domain.auto_apply import auto_refusal, auto_rule
from bot.domain.incident import Incident
from bot.domain.teamwork import AutoApproved
from bot.flow.execution_checks import misplaced_now, paused
from bot.ports.ports import Ports


async def auto_approved(ports: Ports, incident: Incident) -> AutoApproved | None:
    """The approval of a plan that was just proposed; nothing where any condition is missing.

    Limits are the store's: a step over them is refused by its claims, whoever approved it. Only the first
    plan of an incident is approved so: where that did not help, a person looks before more is changed.
    """
    state = incident.current
    if state is None or not state.open or state.decisions or incident.executions:
        return None
    policy, inventory = ports.content.policy(), ports.content.inventory()
    environment = inventory.environment(state.plan.environment)
    if auto_refusal(state.plan, policy.auto_apply, policy.sha256, environment) is not None:
        return None
    if await paused(ports, incident, state) is not None:
        return None
    for step in state.plan.steps:
        service = inventory.owner_of(step.target)
        if service is None or await misplaced_now(ports, service, step) is not None:
            return None
    return AutoApproved(state.plan.id, state.plan.revision, state.digest, auto_rule(state.plan))
