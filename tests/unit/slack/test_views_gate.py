"""What stands on a plan's card beside its facts: calls, freezes, what changed, Edit and Undo, said once."""

import json
from dataclasses import replace

import pytest

from bot.domain.editing import bounds_of, editable, problem, problems_of
from bot.domain.events import Decided
from bot.domain.ids import MINUTE, At
from bot.domain.incident import Incident
from bot.domain.paging import PageKind, PageRule, PageTarget, Paging
from bot.domain.teamwork import Paged, PageReason
from bot.slack.gate_scene import gate_scene
from bot.slack.views.answers import answer
from bot.slack.views.cards import cards_of
from bot.slack.views.phrases import environment_words
from bot.slack.views.rework_modals import edit_modal
from bot.slack.views.scene import Card, GateScene, Scene
from tests.fakes.content import LEAD, ONCALL, PROCESS, example_catalogue
from tests.fakes.house import House, house

SHOP = Paging((PageTarget("shop", PageKind.WEBHOOK, "env:SHOP"),), (PageRule("shop"),))


def card(incident: Incident, gate: GateScene, name: str = "plan:1", now: At | None = None) -> Card:
    scene = Scene(now=now or incident.updated_at, approvers=(ONCALL,), gate=gate)
    return next(one for one in cards_of(incident, scene) if one.name == name)


def said(one: Card) -> str:
    return json.dumps(one.message.blocks, ensure_ascii=False)


async def proposed() -> tuple[House, Incident]:
    home = house()
    name = await home.fires()
    await home.work()
    return home, await home.incident(name)


@pytest.mark.parametrize(
    ("name", "production", "words"),
    [
        ("production", True, "production"),
        ("staging", False, "staging (not production)"),
        ("shop-production", True, "shop-production (production)"),
        ("production", False, "production (not production)"),
    ],
)
def test_an_environment_called_by_its_kind_is_said_once(name: str, *, production: bool, words: str) -> None:
    assert environment_words(name, production=production) == words


async def test_the_card_says_who_is_called_when_or_that_nobody_is() -> None:
    _, incident = await proposed()
    assert "*shop* is called" in said(card(incident, GateScene(page="shop")))
    assert "nobody is called" in said(card(incident, GateScene(page="")))
    assert "called" not in said(card(incident, GateScene()))


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (("shop", True, "answered 202"), "*shop* was called"),
        (("shop", False, "answered 500"), "*could not be called* (answered 500)"),
        (("nobody", False, "no rule"), "*Nobody was called:*"),
    ],
)
async def test_after_half_the_time_it_says_what_became_of_the_call(
    page: tuple[str, bool, str], words: str
) -> None:
    _, incident = await proposed()
    state = incident.current
    assert state is not None
    call = Paged(page[0], PageReason.HALF_TIME, page[1], page[2], state.digest)
    paged = replace(incident, pages=((incident.updated_at, call),))
    assert words in said(card(paged, GateScene(page="shop")))


async def test_edit_is_offered_where_a_step_has_bounds_and_only_while_the_plan_is_open() -> None:
    home, incident = await proposed()
    gate = gate_scene(incident, home.content.policy(), home.content.catalogue(), home.clock.now())
    assert gate.editable == (0,)
    assert '"plan_edit"' in said(card(incident, gate))
    assert '"plan_edit"' not in said(card(incident, GateScene()))
    assert isinstance(await home.click(incident.id), Decided)
    after = await home.incident(incident.id)
    assert gate_scene(after, home.content.policy(), home.content.catalogue(), home.clock.now()).editable == ()
    assert '"plan_edit"' not in said(card(after, gate))


async def test_a_policy_that_changed_since_shows_both_hashes() -> None:
    home, incident = await proposed()
    home.content.fixed_policy = replace(home.content.fixed_policy, sha256="d4" * 32)
    shown = said(
        card(
            incident, gate_scene(incident, home.content.policy(), home.content.catalogue(), home.clock.now())
        )
    )
    assert "policy.yaml: approved c3c3c3c3c3c3 → now d4d4d4d4d4d4" in shown


async def test_a_freeze_is_said_on_the_card() -> None:
    _, incident = await proposed()
    shown = said(card(incident, GateScene(frozen="frozen by 'Year end' until Monday")))
    assert "*No changes now:* frozen by 'Year end' until Monday." in shown


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (None, "Act by hand."),
        (29, "Approve it after that, or act by hand."),
        (30, "This plan expires before that: mention me for a new one then, or act by hand."),
    ],
)
async def test_a_full_limit_is_said_on_the_card_with_its_end_and_what_to_do(
    minutes: int | None, words: str
) -> None:
    _, incident = await proposed()
    until = None if minutes is None else At(incident.updated_at + minutes * MINUTE)
    full = "2 failed or unknown executions in a row on checkout/process: proposals only"
    shown = said(card(incident, GateScene(full=full, full_until=until)))
    assert f"*An approval would not count now:* {full}" in shown
    assert "may approve, but not now." in shown
    assert words in shown
    assert ("until <!date^" in shown) == (minutes is not None)
    assert '"decide_reject"' in shown
    told = answer(incident, Scene(incident.updated_at, gate=GateScene(full=full)), "who can approve?")
    assert told is not None
    assert f"No approval counts now: {full}." in told[0]


async def test_the_card_says_that_one_approval_must_come_from_a_senior() -> None:
    _, incident = await proposed()
    assert "One approval must come from a senior." in said(card(incident, GateScene(one_of="senior")))
    assert "must come from" not in said(card(incident, GateScene()))


async def test_undo_is_offered_on_the_newest_plan_that_ran_and_not_while_it_is_measured() -> None:
    home, incident = await proposed()
    home.eyes.set_samples("error_rate", "0.5", "0.0")
    await home.click(incident.id)
    await home.work()
    measuring = await home.incident(incident.id)
    assert '"plan_undo"' not in said(card(measuring, GateScene()))
    await home.pass_time(10)
    over = await home.incident(incident.id)
    assert over.closed is not None
    assert '"plan_undo"' in said(card(over, GateScene()))


async def test_an_escalation_says_the_five_things_and_whom_the_call_reached() -> None:
    home, incident = await proposed()
    home.content.fixed_policy = replace(home.content.fixed_policy, paging=SHOP)
    home.clock.advance(1800)
    await home.work()
    found = await home.incident(incident.id)
    gate = gate_scene(found, home.content.policy(), home.content.catalogue(), home.clock.now())
    number = next(e.number for e in found.entries if type(e.event).__name__ == "Escalated")
    shown = said(card(found, gate, f"notice:{number}"))
    for word in ("*This needs a person.*", "*Summary:*", "*Impact:*", "*So far:*", "*Next:*"):
        assert word in shown
    assert "shop could not be called" in shown
    assert "expired" in shown


def test_the_catalogue_alone_tells_what_a_value_must_be() -> None:
    action = example_catalogue().action("increase_pool_size")
    assert action is not None
    assert editable(action)
    spec = action.parameters[0]
    assert problem(spec, str(spec.minimum)) is None
    assert problem(spec, str(spec.maximum)) is None
    assert spec.minimum is not None
    assert spec.maximum is not None
    for text in (str(spec.minimum - 1), str(spec.maximum + 1), "", " 20", "020", "2e1", "20\n", "²", "-0"):
        assert problem(spec, text) is not None, text
    assert problems_of(action, (("pool_size", "20"), ("more", "1")))
    assert problems_of(action, ())
    assert problems_of(None, (("pool_size", "20"),))
    assert problems_of(action, (("pool_size", "20"),)) == {}
    assert not editable(example_catalogue().action("restart"))


async def test_a_form_offers_only_versions_that_were_seen() -> None:
    home, incident = await proposed()
    await home.click(incident.id, approve=False, reason="roll back instead")
    await home.work()
    state = await home.plan(incident.id)
    action = home.content.fixed_catalogue.action(state.plan.steps[0].action)
    assert action is not None
    (bound,) = bounds_of(action, state.plan.steps[0])
    assert bound.choices == ("41", "42", "43")
    form = json.dumps(edit_modal(state, 0, action, (LEAD,), ("C0ALERTS", "1.1")))
    assert "static_select" in form
    assert "You will not be able to approve it yourself" in form
    assert PROCESS in form
