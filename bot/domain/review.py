"""What a person can review on one card, and what the limits would ever let run (rules 3, 7 and 12)."""

import json
from collections import Counter

from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.plan import Plan, Step
from bot.domain.policy import Limits

FACTS_CHARACTERS = 8_500
"""Facts longer than this leave no room for the rest of Slack's message."""
STEP_CHARACTERS = 2_800
FRAME, ORIGINATOR, STEP, ROW, SIMULATED, DRY_RUN = 970, 60, 535, 138, 176, 212
"""What the markup around the words of a card takes: measured, and held by a test against the real card."""
SENTENCES = 135
"""The words that the card itself puts around the undo and the success check of a step."""


def reviewable(plan: Plan) -> bool:
    """Whether all facts of a plan fit on its card; otherwise nobody may approve it."""
    sizes = tuple(_step_size(step) for step in plan.steps)
    return _frame_size(plan) + sum(sizes) <= FACTS_CHARACTERS and max(sizes, default=0) <= STEP_CHARACTERS


def must_be_reviewable(plan: Plan) -> None:
    """Raises PlanRefusedError (TOO_LARGE_TO_REVIEW) for a plan that nobody could be shown whole."""
    if not reviewable(plan):
        raise PlanRefusedError(
            PlanCode.TOO_LARGE_TO_REVIEW,
            f"The facts of these {len(plan.steps)} steps do not fit on one card; propose fewer steps.",
        )


def must_fit_the_limits(plan: Plan, limits: Limits) -> None:
    """Raises PlanRefusedError (BLAST_RADIUS) for a plan that the limits would never let run to its end."""
    target, most = Counter(step.target for step in plan.steps).most_common(1)[0]
    if most > limits.per_target:
        raise PlanRefusedError(
            PlanCode.BLAST_RADIUS,
            f"{most} steps change {target}; at most {limits.per_target} an hour may.",
        )
    if len(plan.steps) > limits.per_workspace:
        raise PlanRefusedError(
            PlanCode.BLAST_RADIUS,
            f"{len(plan.steps)} steps are more than the {limits.per_workspace} that may run in an hour.",
        )


def _frame_size(plan: Plan) -> int:
    words = len(plan.environment) + len(plan.tier_rule)
    return FRAME + words + ORIGINATOR * len(plan.originators) + (ROW if plan.originators else 0)


def _step_size(step: Step) -> int:
    shown = {(name, after) for name, _, after in step.changes}
    others = tuple((name, value) for name, value in step.parameters if (name, str(value)) not in shown)
    words = (
        step.title,
        step.target,
        step.action,
        step.executor,
        step.effect,
        step.undo.action or "",
        step.undo.text,
        step.check.metric,
        step.check.threshold,
        step.check.unit,
        *(part for change in step.changes for part in change),
        *(f"{name} = {value}, " for name, value in (*others, *step.undo.parameters)),
        *(f"{line}\n" for line in step.dry_run),
        *(f"{name}, " for name in step.similar),
    )
    between = 7 * len(step.changes)
    rows = ROW * (bool(step.effect) + bool(step.similar))
    rows += (SIMULATED if step.executor == "simulator" else 0) + (DRY_RUN if step.dry_run else 0)
    return STEP + SENTENCES + between + rows + sum(map(_length, words))


def _length(words: str) -> int:
    """Characters as Slack counts them: a quotation mark is two."""
    return len(json.dumps(words)) - 2
