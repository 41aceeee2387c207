"""What the samples of a success check say, by counting (rule 24)."""

from decimal import Decimal, InvalidOperation
from statistics import median

from bot.domain.action import Comparison
from bot.domain.events import Outcome, SampleTaken
from bot.domain.incident import PlanState
from bot.domain.plan import Check, checks_of, pace_of

WORSE_BY = Decimal("1.5")


def number(text: str | None) -> Decimal | None:
    """A decimal from its string; nothing where it is not a finite number."""
    try:
        value = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def holds(check: Check, value: str | None) -> bool:
    """Whether one sample satisfies the check."""
    sample, threshold = number(value), number(check.threshold)
    if sample is None or threshold is None:
        return False
    return sample < threshold if check.comparison is Comparison.BELOW else sample > threshold


def judged(state: PlanState, before: str | None) -> tuple[Outcome, str] | None:
    """The outcome and its sentence, or nothing while more samples are needed.

    A sample holds when every check that a step of the plan declared holds; the value kept is the last step's.
    `before` is the metric when the plan was executed. Improved needs all samples to be taken; anything else
    is said as soon as too few can still hold.
    """
    check, pace = state.plan.steps[-1].check, pace_of(state.plan)
    samples = tuple(sample for _, sample in state.samples)
    good = sum(sample.holds for sample in samples)
    left = pace.samples - len(samples)
    if left > 0 and good + left >= pace.needed:
        return None
    sentence = f"{check.metric}: {good} of {len(samples)} samples {check.comparison} {check.threshold}"
    others = checks_of(state.plan)[1:]
    sentence += "".join(f", with {one.metric} {one.comparison} {one.threshold}" for one in others)
    if good >= pace.needed:
        return Outcome.IMPROVED, sentence
    return _not_improved(check, samples, number(before)), sentence


def _not_improved(check: Check, samples: tuple[SampleTaken, ...], before: Decimal | None) -> Outcome:
    values = [value for sample in samples if (value := number(sample.value)) is not None]
    if len(values) * 2 < len(samples):
        return Outcome.NO_DATA
    middle = median(values)
    if before is None:
        return Outcome.UNCHANGED
    if before <= 0:
        return Outcome.WORSE if _left(check, before, middle) else Outcome.UNCHANGED
    if check.comparison is Comparison.BELOW:
        return Outcome.WORSE if middle > before * WORSE_BY else Outcome.UNCHANGED
    return Outcome.WORSE if middle * WORSE_BY < before else Outcome.UNCHANGED


def _left(check: Check, before: Decimal, after: Decimal) -> bool:
    """Whether the check held before and does not now: from nothing, no factor says how much worse it got."""
    return holds(check, str(before)) and not holds(check, str(after))
