"""Clicks on plans and stores that are not there."""

from bot.domain.decision import Click, Code, Refused
from bot.domain.ids import PlanId
from bot.flow.approval import judge
from bot.flow.table import table
from tests.fakes.content import ONCALL
from tests.fakes.house import house
from tests.integrity.oracle import Message, Pause, Plan, Situation
from tests.integrity.through_flow import clicked
from tests.integrity.worlds import meeting


async def test_an_unknown_plan_on_a_message_that_is_no_card_of_ours_is_the_wrong_message() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    ref = await home.posted(incident)
    ours = Click(True, PlanId("plan-999999"), 1, "0" * 12, ref.channel, ref.ts)
    elsewhere = Click(True, PlanId("plan-999999"), 1, "0" * 12, ref.channel, "1790000000.000001")
    assert await judge(home.ports, table, ours, ONCALL) == Refused(Code.UNKNOWN_PLAN)
    assert await judge(home.ports, table, elsewhere, ONCALL) == Refused(Code.WRONG_MESSAGE)


async def test_pauses_that_cannot_be_read_are_a_pause() -> None:
    s = Situation(pause=Pause.UNREADABLE)
    assert (await clicked(s, meeting(s))).code == Code.PAUSED


async def test_a_wrong_message_is_said_before_an_unknown_plan() -> None:
    s = Situation(plan=Plan.UNKNOWN, message=Message.WRONG_CHANNEL)
    assert (await clicked(s, meeting(s))).code == Code.WRONG_MESSAGE
