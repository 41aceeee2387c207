"""Another plan in words: an open plan is left alone until the asker presses the button."""

from dataclasses import replace

import pytest

from bot.adapters.rules_team import RulesTeam
from bot.domain.events import Asked, Decided
from bot.domain.incident import Incident, Phase
from bot.flow.followup import asked
from bot.flow.followup_plans import ASKED_ALREADY, ONLY_THE_ASKER, propose
from bot.flow.responders import NOT_A_RESPONDER
from bot.flow.table import table
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL
from tests.fakes.crews import proposed
from tests.fakes.house import PLACE, House, house

TS = "1790000050.000100"


async def ask(home: House, text: str, person: str = ONCALL, ts: str = TS) -> None:
    question = Asked(ONCALL if person == ONCALL else person, ts, text)  # pyright: ignore[reportArgumentType]
    await asked(home.ports, table, lambda _, __: ("known", ()), question, PLACE)
    await home.work()


async def with_plan() -> tuple[House, Incident]:
    home = house()
    before = await proposed(home)
    home.ports = replace(home.ports, team=RulesTeam(home.content))
    return home, before


async def test_a_wish_leaves_an_open_plan_alone_and_offers_a_button() -> None:
    home, before = await with_plan()
    await ask(home, "use a pool of 80")
    after = await home.incident(before.id)
    assert (after.phase, after.current) == (Phase.PROPOSED, before.current)
    assert after.questions[0].offers
    assert "have not touched" in (after.questions[0].answer or "")
    assert isinstance(await home.click(before.id), Decided)


async def test_the_button_makes_a_new_revision_with_the_asker_as_originator() -> None:
    home, before = await with_plan()
    await ask(home, "use a pool of 80")
    assert await propose(home.ports, table, before.id, TS, ONCALL) is None
    await home.work()
    after = await home.incident(before.id)
    assert after.current is not None
    assert after.current.plan.revision == 2
    assert after.current.plan.originators == (ONCALL,)
    assert after.current.plan.steps[0].parameters == (("pool_size", 80),)
    assert await propose(home.ports, table, before.id, TS, ONCALL) == ASKED_ALREADY


async def test_only_the_asker_and_only_a_responder_can_press_it() -> None:
    home, before = await with_plan()
    await ask(home, "use a pool of 80")
    assert await propose(home.ports, table, before.id, TS, LEAD) == ONLY_THE_ASKER
    assert await propose(home.ports, table, before.id, TS, GUEST) == NOT_A_RESPONDER
    assert (await home.incident(before.id)).current == before.current


async def test_a_wish_beyond_the_bounds_is_answered_and_the_plan_stays() -> None:
    home, before = await with_plan()
    await ask(home, "use a pool of 9000")
    assert await propose(home.ports, table, before.id, TS, ONCALL) is None
    await home.work()
    after = await home.incident(before.id)
    assert after.current == before.current
    assert "must be within 1 and 200" in (after.questions[1].answer or "")


async def test_what_code_does_not_understand_is_said_to_need_a_model() -> None:
    home, before = await with_plan()
    await ask(home, "drain the queue instead")
    await propose(home.ports, table, before.id, TS, ONCALL)
    await home.work()
    after = await home.incident(before.id)
    assert after.current == before.current
    assert "needs a model" in (after.questions[1].answer or "")


@pytest.mark.parametrize("text", ["why not use a pool of 80?", "should we restart", "the restart helped"])
async def test_a_question_touches_nothing_and_offers_nothing(text: str) -> None:
    home, before = await with_plan()
    await ask(home, text, COLLEAGUE)
    after = await home.incident(before.id)
    assert after.current == before.current
    assert not after.questions[0].offers


async def test_where_no_plan_is_open_a_wish_is_planned_at_once() -> None:
    home, before = await with_plan()
    await home.click(before.id, approve=False)
    await home.work()
    found = await home.incident(before.id)
    state = found.current
    if state is not None and state.alive:
        await home.pass_time(3_600)
    await ask(home, "roll back")
    after = await home.incident(before.id)
    assert after.current is not None
    assert after.current.plan.steps[0].action == "rollback_deployment"
    assert ONCALL in after.current.plan.originators
