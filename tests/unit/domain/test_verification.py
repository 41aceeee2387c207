"""What samples say (rule 24): k of n, missing ones count against it, and only improved is called that."""

from dataclasses import replace

import pytest

from bot.domain.action import Comparison, Pace
from bot.domain.due import next_sample_at
from bot.domain.events import Outcome, SampleTaken
from bot.domain.ids import SECOND, At
from bot.domain.incident import PlanState
from bot.domain.plan import checks_of, pace_of
from bot.domain.verification import holds, judged
from tests.fakes.story import story

STATE = story().opened().diagnosed().proposed().plan
CHECK = STATE.plan.steps[-1].check


def taken(*values: str | None, needed: int = 2, of: int = 4, comparison: str = "below") -> PlanState:
    """A plan whose check wants `needed` of `of` samples, with these values so far."""
    pace = replace(CHECK.pace, samples=of, needed=needed)
    check = replace(CHECK, pace=pace, threshold="0.5", comparison=Comparison(comparison))
    plan = replace(STATE.plan, steps=(replace(STATE.plan.steps[0], check=check),))
    samples = tuple(
        (At(number * SECOND), SampleTaken(STATE.digest, value, holds(check, value)))
        for number, value in enumerate(values)
    )
    return replace(STATE, plan=plan, samples=samples)


@pytest.mark.parametrize(
    ("values", "before", "wanted"),
    [
        (("0.1", "0.1", "0.1"), "0.9", None),
        (("0.1", "0.1", "0.9", "0.9"), "0.9", Outcome.IMPROVED),
        (("0.1", None, None, "0.1"), "0.9", Outcome.IMPROVED),
        (("0.1", "0.9", "0.9"), "0.9", None),
        (("0.1", "0.9", "0.9", "0.9"), "0.9", Outcome.UNCHANGED),
        (("0.9", "0.9", "0.9"), "0.9", Outcome.UNCHANGED),
        (("0.1", None, None, None), "0.9", Outcome.NO_DATA),
        ((None, None, None), "0.9", Outcome.NO_DATA),
        (("0.5", "0.5", "0.5"), "0.9", Outcome.UNCHANGED),
        (("NaN", "Infinity", "-Infinity"), "0.9", Outcome.NO_DATA),
        (("2", "2", "2"), "0.9", Outcome.WORSE),
        (("2", "2", "2"), "0", Outcome.WORSE),
        (("2", "2", "2"), None, Outcome.UNCHANGED),
        (("2", "2", "2"), "NaN", Outcome.UNCHANGED),
    ],
)
def test_samples_are_counted_and_missing_ones_do_not_hold(
    values: tuple[str | None, ...], before: str | None, wanted: Outcome | None
) -> None:
    found = judged(taken(*values), before)
    assert (found[0] if found else None) == wanted


def test_above_is_judged_the_other_way_round() -> None:
    assert judged(taken("0.9", "0.9", "0.1", "0.1", comparison="above"), "0.1") == (
        Outcome.IMPROVED,
        f"{CHECK.metric}: 2 of 4 samples above 0.5",
    )
    worse = judged(taken("0.01", "0.01", "0.01", comparison="above"), "0.4")
    assert worse is not None
    assert worse[0] is Outcome.WORSE


def test_every_check_that_a_step_declared_is_one_of_the_plan_and_each_counts_once() -> None:
    plan = STATE.plan
    first = plan.steps[0]
    other = replace(first, check=replace(CHECK, metric="latency", query="p99", threshold="2"))
    quick = replace(first, check=replace(CHECK, pace=replace(CHECK.pace, settle_seconds=99)))
    checks = checks_of(replace(plan, steps=(other, quick, first)))
    assert [check.metric for check in checks] == [CHECK.metric, "latency"]
    state = replace(taken("0.1", "0.1", "0.1", "0.1"), plan=replace(plan, steps=(other, first)))
    said = judged(replace(state, samples=state.samples * 3), "0.9")
    assert said is not None
    assert said[1].endswith(", with latency below 2")


def _mixed() -> PlanState:
    """A step that wants a long look, before one that wants a short one."""
    long = replace(CHECK.pace, settle_seconds=60, every_seconds=30, samples=5, needed=4)
    short = replace(CHECK.pace, settle_seconds=2, every_seconds=5, samples=3, needed=1)
    check = replace(CHECK, threshold="0.5", comparison=Comparison.BELOW)
    steps = tuple(
        replace(STATE.plan.steps[0], check=replace(check, metric=metric, pace=pace))
        for metric, pace in (("latency", long), ("errors", short))
    )
    return replace(STATE, plan=replace(STATE.plan, steps=steps), executed_at=At(100 * SECOND))


def test_a_plan_is_measured_at_the_pace_of_its_most_demanding_step() -> None:
    mixed = _mixed()
    assert pace_of(mixed.plan) == Pace(settle_seconds=60, every_seconds=30, samples=5, needed=4)
    assert next_sample_at(mixed) == 160 * SECOND
    sampled = replace(mixed, samples=tuple((At(0), SampleTaken(STATE.digest, "0.1", True)) for _ in range(3)))
    assert judged(sampled, "0.9") is None
    assert next_sample_at(sampled) == 250 * SECOND


def test_a_step_that_forgives_more_does_not_soften_another() -> None:
    holding = [True, True, True, False, False]
    samples = tuple((At(0), SampleTaken(STATE.digest, "0.1", held)) for held in holding)
    said = judged(replace(_mixed(), samples=samples), "0.9")
    assert said is not None
    assert said[0] is not Outcome.IMPROVED
