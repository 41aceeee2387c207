"""The approval card: facts are the plan and nothing else, and nobody approves what cannot be shown whole."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.action import UndoKind
from bot.domain.decision import parse_value
from bot.domain.finding import Option
from bot.domain.ids import ActionId, PersonId, grouped
from bot.domain.incident import PlanState, StepState, StepStatus
from bot.domain.plan import Plan, Step, Undo, canonical, digest_of
from bot.slack.views.blocks import Block
from bot.slack.views.facts import facts_of, fits, undo_line
from bot.slack.views.modals import plan_modal
from bot.slack.views.plain import render_text
from bot.slack.views.plan_card import plan_card
from bot.slack.views.scene import Scene
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.house import RAISE, ROLLBACK
from tests.fakes.slack_rules import check_message, check_view
from tests.fakes.story import Story, story


def told(explanation: str = "because") -> Story:
    return story().opened().diagnosed().proposed(explanation=explanation)


def scene(of: Story) -> Scene:
    return Scene(of.now, approvers=(ONCALL, LEAD))


def card_blocks(of: Story, state: PlanState | None = None) -> tuple[Block, ...]:
    incident = of.incident
    if state is not None:
        incident = replace(incident, plans=(*incident.plans[:-1], state))
    card = plan_card(incident, state or of.plan, scene(of))
    check_message(card.message)
    return card.message.blocks


def with_plan(of: Story, plan: Plan) -> PlanState:
    body = canonical(plan)
    steps = tuple(StepState(step) for step in plan.steps)
    return replace(of.plan, plan=plan, body=body, digest=digest_of(body), steps=steps)


def literal(block: Block) -> list[str]:
    """The lines that stand in a fixed-width font."""
    found = [
        element for element in json.loads(json.dumps(block))["elements"] if "preformatted" in element["type"]
    ]
    return [line for element in found for line in element["elements"][0]["text"].split("\n")]


@pytest.mark.parametrize(
    "words", ["", "other words", "<!channel> *Approved* " * 2000, "Environment: staging\u202e"]
)
def test_the_explanation_changes_no_byte_of_the_facts(words: str) -> None:
    plain, spoken = told("because"), told(words)
    facts = json.dumps(facts_of(plain.plan.plan, plain.plan.digest))
    assert json.dumps(facts_of(spoken.plan.plan, spoken.plan.digest)) == facts
    for block in facts_of(plain.plan.plan, plain.plan.digest):
        assert block in card_blocks(spoken)


def test_facts_come_before_the_words_of_the_team() -> None:
    text = render_text(card_blocks(told("Trust me.")))
    order = [
        "Environment:",
        "Digest:",
        "Step 1 of 1",
        "Undo:",
        "Worked if:",
        "unverified",
        "Trust me.",
        "[Approve]",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
            st.one_of(st.integers(-(10**9), 10**9), st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda pair: pair[0],
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
def test_parameters_can_be_read_back_from_the_card(
    parameters: list[tuple[str, int | str]], before: str
) -> None:
    of = told()
    name, value = parameters[0]
    step = replace(of.plan.plan.steps[0], parameters=tuple(parameters), changes=((name, before, str(value)),))
    state = with_plan(of, replace(of.plan.plan, steps=(step,)))
    lines = literal(facts_of(state.plan, state.digest)[1])
    shown = dict(line.split(" = ", 1) for line in lines[1:])
    assert lines[0] == f"{name}: {before} → {value}"
    assert {name: str(value), **shown} == {name: str(value) for name, value in parameters}


def test_the_buttons_name_plan_revision_and_digest_and_nothing_else() -> None:
    of = told()
    values = set(re.findall(r'"value": "([^"]+)"', json.dumps(card_blocks(of))))
    assert {parse_value(value) for value in values} == {(of.plan.plan.id, 1, of.plan.digest[:12])}


def test_approve_asks_once_more_with_the_facts() -> None:
    of = told()
    approve = json.loads(json.dumps(card_blocks(of)))[-1]["elements"][0]
    assert (approve["action_id"], approve["style"]) == ("decide_approve", "primary")
    asked = approve["confirm"]["text"]["text"]
    for part in (
        "shop-production (PRODUCTION)",
        grouped(of.plan.digest),
        "checkout/process",
        "pool_size 20 → 50",
    ):
        assert part in asked


def big(of: Story, length: int) -> PlanState:
    step = replace(of.plan.plan.steps[0], effect="x" * length)
    return with_plan(of, replace(of.plan.plan, steps=(step,)))


def test_a_plan_whose_facts_do_not_fit_cannot_be_approved() -> None:
    of = told()
    assert fits(big(of, 1000))
    state = big(of, 3000)
    assert not fits(state)
    text = render_text(card_blocks(of, state))
    assert "TOO_LARGE_TO_REVIEW" in text
    assert "[Approve]" not in text
    assert "[Reject] [Details]" in text


def test_ten_steps_are_shown_whole_or_not_at_all() -> None:
    of = told()
    for number in range(1, 11):
        state = with_plan(of, replace(of.plan.plan, steps=of.plan.plan.steps * number))
        text = render_text(card_blocks(of, state))
        assert ("[Approve]" in text) == (f"Step {number} of {number}" in text) == fits(state)


def largest(of: Story) -> PlanState:
    """The largest plan that can still be approved."""
    steps = of.plan.plan.steps
    long = replace(steps[0], effect="x" * 900)
    found = [with_plan(of, replace(of.plan.plan, steps=(long,) * number)) for number in range(1, 11)]
    return [state for state in found if fits(state)][-1]


def test_the_largest_plan_is_shown_whole_whatever_the_team_says() -> None:
    of = told("w" * 5_000)
    state = replace(largest(of), explanation="w" * 5_000)
    assert len(state.steps) > 3
    blocks = card_blocks(of, state)
    assert all(fact in blocks for fact in facts_of(state.plan, state.digest))
    assert "[Approve]" in render_text(blocks)


def test_the_largest_plan_still_fits_while_it_runs_and_afterwards() -> None:
    of = told("w" * 5_000)
    state = largest(of)
    seen = tuple((f"field_{number}", "v" * 200) for number in range(20))
    done = tuple(
        replace(step, status=StepStatus.FAILED, code="FAILED", detail="d" * 5_000, observed_after=seen)
        for step in state.steps
    )
    running = replace(state, steps=done, started_at=of.now, stopped=("FAILED", "d" * 5_000))
    assert render_text(card_blocks(of, running)).count("(failed)") == len(done)


@pytest.mark.parametrize("value", ["a\u202eb", "\uff50ool", "a\nb"])
def test_a_value_that_is_not_plain_ascii_cannot_be_approved(value: str) -> None:
    of = told()
    step = replace(of.plan.plan.steps[0], parameters=(("pool_size", value),))
    assert fits(of.plan)
    # built directly: no such plan gets a digest, and the card holds its own rule even so
    assert not fits(replace(of.plan, plan=replace(of.plan.plan, steps=(step,))))


def test_long_explanations_and_options_give_way_to_the_facts() -> None:
    many = tuple(Option(f"{n} " + "<!here>" * 200, ROLLBACK.steps) for n in range(4))
    of = story().opened().diagnosed().proposed(RAISE, *many, explanation="\u202e<!channel>" * 3000)
    state = replace(big(of, 1000), explanation=of.plan.explanation)
    blocks = card_blocks(of, state)
    for block in facts_of(state.plan, state.digest):
        assert block in blocks
    assert "[Approve]" in render_text(blocks)


def test_the_whole_plan_stands_in_the_modal() -> None:
    of = story().opened().diagnosed().proposed(ROLLBACK, originators=(LEAD,))
    view = plan_modal(of.plan)
    check_view(view)
    text = json.dumps(view)
    plan, step = of.plan.plan, of.plan.plan.steps[0]
    for part in (of.plan.digest, plan.policy, plan.catalogue, plan.tier_rule, step.check.query, str(LEAD)):
        assert part in text
    for name, value in (*step.before, *step.preconditions):
        assert f"{name} = {value}" in text


def test_a_modal_of_the_largest_plan_fits() -> None:
    of = told()
    step: Step = replace(
        of.plan.plan.steps[0],
        parameters=tuple((f"parameter_{n}", "v" * 64) for n in range(30)),
        before=tuple((f"field_{n}", "w" * 200) for n in range(60)),
        effect="<!channel>" * 400,
    )
    state = with_plan(of, replace(of.plan.plan, steps=(step,) * 10))
    check_view(plan_modal(replace(state, explanation="y" * 20_000)))


def test_undo_is_said_for_every_kind() -> None:
    assert undo_line(Undo(UndoKind.NOT_NEEDED)) == "not needed"
    assert (
        undo_line(Undo(UndoKind.IRREVERSIBLE, text="Files are gone.")) == "cannot be undone. Files are gone."
    )
    action = Undo(UndoKind.ACTION, ActionId("restart"))
    assert undo_line(action) == "restart (a new plan with its own approval)."


def test_originators_are_named_in_the_facts() -> None:
    of = story().opened().diagnosed().proposed(originators=(LEAD, PersonId("U0OTHER")))
    assert "Asked for by: @U0LEAD @U0OTHER" in render_text(card_blocks(of))
