"""What a card can show whole, what the limits would let run, and names that are easily confused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.action import UndoKind
from bot.domain.errors import PlanCode, PlanRefusedError
from bot.domain.ids import ActionId, PersonId, TargetId
from bot.domain.plan import Plan, Step, Undo
from bot.domain.policy import Limits
from bot.domain.review import (
    FACTS_CHARACTERS,
    STEP_CHARACTERS,
    must_be_reviewable,
    must_fit_the_limits,
    reviewable,
)
from bot.domain.similar import one_edit_apart, similar_names
from bot.slack.views.blocks import size
from bot.slack.views.facts import facts_of
from tests.fakes.content import PROCESS, example_content
from tests.fakes.story import Story

OF = Story(example_content()).opened().diagnosed().proposed()
PLAN = OF.plan.plan
DIGEST = OF.plan.digest
TEXT = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
PAIRS = st.lists(st.tuples(st.text("abc_", min_size=1, max_size=20), TEXT), max_size=4).map(tuple)
UNDOS = st.builds(Undo, st.sampled_from(UndoKind), st.just(ActionId("restart")), PAIRS, TEXT)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    return replace(
        PLAN.steps[0],
        title=draw(TEXT),
        parameters=draw(PAIRS),
        undo=draw(UNDOS),
        effect=draw(st.one_of(TEXT, st.just("x" * 900))),
        changes=draw(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=3).map(tuple)),
        dry_run=draw(st.lists(TEXT, max_size=20).map(tuple)),
        executor=draw(st.sampled_from(("supervisor", "simulator"))),
        similar=draw(st.lists(st.just(TargetId("checkout/process2")), max_size=3).map(tuple)),
    )


@given(st.lists(steps(), min_size=1, max_size=6), st.integers(0, 3))
def test_what_the_domain_calls_reviewable_the_card_shows_whole(found: list[Step], originators: int) -> None:
    people = tuple(PersonId(f"U0PERSON{number}") for number in range(originators))
    plan = replace(PLAN, steps=tuple(found), originators=people)
    blocks = facts_of(plan, DIGEST)
    if reviewable(plan):
        assert size(blocks) <= FACTS_CHARACTERS
        assert all(size((block,)) <= STEP_CHARACTERS for block in blocks)


def test_plans_of_up_to_nine_plain_steps_are_reviewable_and_a_tenth_is_too_much() -> None:
    many = [reviewable(replace(PLAN, steps=PLAN.steps * number)) for number in range(1, 11)]
    assert many == [True] * 9 + [False]


def test_a_plan_too_large_to_review_is_refused_with_its_code() -> None:
    must_be_reviewable(PLAN)
    with pytest.raises(PlanRefusedError) as refused:
        must_be_reviewable(replace(PLAN, steps=(replace(PLAN.steps[0], effect="x" * 3000),)))
    assert refused.value.code is PlanCode.TOO_LARGE_TO_REVIEW


def _on(*targets: str) -> Plan:
    return replace(PLAN, steps=tuple(replace(PLAN.steps[0], target=TargetId(name)) for name in targets))


def test_a_plan_that_the_limits_would_never_let_end_is_refused_with_its_code() -> None:
    limits = Limits(per_target=2, per_workspace=3)
    must_fit_the_limits(_on("a", "a", "b"), limits)
    for plan in (_on("a", "a", "a"), _on("a", "b", "c", "d")):
        with pytest.raises(PlanRefusedError) as refused:
            must_fit_the_limits(plan, limits)
        assert refused.value.code is PlanCode.BLAST_RADIUS


@pytest.mark.parametrize("other", ["web-10", "web-2", "wbe-1", "web1", "Web-1", "eb-1", "web--1"])
def test_names_one_edit_apart_are_similar(other: str) -> None:
    assert one_edit_apart("web-1", other)
    assert one_edit_apart(other, "web-1")


@pytest.mark.parametrize("other", ["web-100", "wbe-2", "api-1", "", "1-web"])
def test_names_further_apart_are_not(other: str) -> None:
    assert not one_edit_apart("web-1", other)


def test_a_name_is_not_similar_to_itself_and_few_are_shown() -> None:
    found = similar_names("web-1", ["web-1", "web-2", "web-3", "web-4", "web-5", "db-1"])
    assert found == ("web-2", "web-3", "web-4")


def test_a_similar_target_stands_among_the_facts_of_the_card() -> None:
    twin = TargetId(f"{PROCESS}2")
    plan = replace(PLAN, steps=(replace(PLAN.steps[0], similar=(twin,)),))
    assert f"{twin}" in str(facts_of(plan, DIGEST))
