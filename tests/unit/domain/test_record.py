"""The change record: what became of a plan, in words that people use."""

from bot.domain.action import Tier
from bot.domain.events import PlanEnd, PlanEnded
from bot.domain.record import fate_of, record_of
from bot.domain.teamwork import PreconditionsRead
from tests.fakes.content import SENIOR
from tests.fakes.house import RAISE
from tests.fakes.story import Story, story


def one_of_two() -> Story:
    told = story().opened().diagnosed().proposed(RAISE, tier=Tier.HIGH).approved(SENIOR, "senior")
    return told.then(PreconditionsRead(told.plan.digest, 1))


def drifted(told: Story) -> Story:
    plan = told.plan.plan
    return told.then(PlanEnded(plan.id, plan.revision, PlanEnd.DRIFTED, "api: pool_size was 20, is 30"))


def test_a_plan_that_never_began_is_told_in_words_and_with_what_changed_under_it() -> None:
    ends = {how: story().opened().diagnosed().proposed().ended(how).plan for how in PlanEnd}
    assert fate_of(ends[PlanEnd.RESOLVED_ITSELF]) == "resolved itself"
    assert fate_of(ends[PlanEnd.EXPIRED]) == "expired"
    assert fate_of(drifted(one_of_two()).plan) == "drifted (api: pool_size was 20, is 30)"
    assert all("_" not in fate_of(state) for state in ends.values())


def test_the_record_tells_when_the_world_was_read_again_after_an_approval() -> None:
    text = "\n".join(record_of(one_of_two().incident, "ab" * 32, (), ()))
    assert "- Looked again: 20" in text
    assert ": nothing had changed" in text
