"""The policy's opt-in rule that approves a plan by itself, outside production only (rule 13)."""

from dataclasses import dataclass

from bot.domain.action import Tier, UndoKind
from bot.domain.ids import ActionId, EnvironmentId
from bot.domain.plan import Plan
from bot.domain.service import Environment


@dataclass(frozen=True, slots=True)
class AutoApply:
    """In which environments, all of them listed as non-production, which actions need no person."""

    environments: tuple[EnvironmentId, ...]
    actions: tuple[ActionId, ...]


def auto_rule(plan: Plan) -> str:
    """What an automatic approval says of itself."""
    actions = ", ".join(sorted({step.action for step in plan.steps}))
    return f"auto_apply: {actions} in {plan.environment}, risk {plan.tier}, one target"


def auto_refusal(
    plan: Plan, rule: AutoApply | None, policy_sha256: str, environment: Environment | None
) -> str | None:
    """Why this plan needs a person; nothing where every condition of the opt-in rule holds.

    Only the plan, the policy and the inventory are looked at, never a word of an alert or of a model.
    """
    if rule is None:
        return "the policy has no auto_apply"
    if environment is None or environment.id != plan.environment:
        return f"{plan.environment} is not in the inventory"
    conditions = (
        (plan.policy == policy_sha256, "the policy changed since the plan was made"),
        (not environment.production and not plan.production, f"{plan.environment} is production"),
        (plan.environment in rule.environments, f"auto_apply does not list {plan.environment}"),
        (plan.tier is Tier.LOW, f"its risk is {plan.tier}, not low"),
        (plan.blast_radius == 1, f"it touches {plan.blast_radius} targets"),
        (not plan.originators, "a person asked for it"),
        (
            all(step.action in rule.actions for step in plan.steps),
            "an action of it is not on the allow-list",
        ),
        (
            all(step.undo.kind is not UndoKind.IRREVERSIBLE for step in plan.steps),
            "a step of it cannot be undone",
        ),
    )
    return next((why for holds, why in conditions if not holds), None)
