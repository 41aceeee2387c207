"""Clicks on plans and stores that are not there."""

from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from bot.domain.decision import UNSURE, Click, Code, Refused
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Asked, Decided, Entry
from bot.domain.ids import IncidentId, PlanId
from bot.domain.incident import Phase
from bot.flow.approval import judge
from bot.flow.table import table
from bot.ports.records import Incidents, WorkerRole
from bot.slack.views.errors import refusal
from tests.fakes.content import COLLEAGUE, ONCALL
from tests.fakes.house import House, house
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


@dataclass(slots=True)
class Losing:
    """A store whose answer to the append of a decision is lost, before or after it was written."""

    within: Incidents
    after: bool
    again: bool = False
    """The client asks once more, as its library does; somebody else wrote in between."""
    blind: bool = False
    """It cannot be read afterwards either."""
    lost: bool = False

    async def append(self, *args: Any) -> Any:
        decides = any(isinstance(entry.event, Decided) for entry in args[2])
        if not decides or self.lost:
            return await self.within.append(*args)
        self.lost = True
        if self.after:
            await self.within.append(*args)
        if self.again:
            question = Asked(COLLEAGUE, "1790000000.000900", "and now?")
            entry = Entry(args[1] + 2, args[2][0].at, None, question)
            await self.within.append(args[0], args[1] + 1, [entry], [], args[4], None)
            return await self.within.append(*args)
        raise StoreUnavailableError("gone")

    async def load(self, incident: IncidentId) -> Any:
        if self.blind and self.lost:
            raise StoreUnavailableError("gone")
        return await self.within.load(incident)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.within, name)


def losing(home: House, **how: bool) -> House:
    kept = cast("Incidents", Losing(home.store.incidents, **how))
    home.ports = replace(home.ports, incidents=kept)
    return home


async def test_a_decision_whose_answer_was_lost_and_that_was_sent_again_counts_once() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    said = await losing(home, after=True, again=True).click(incident)
    assert isinstance(said, Decided)
    assert said.person == ONCALL
    assert len((await home.plan(incident)).approvals) == 1


async def test_a_decision_that_was_written_without_an_answer_is_found_in_the_record() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    assert isinstance(await losing(home, after=True).click(incident), Decided)


@pytest.mark.parametrize("after", [True, False])
async def test_whoever_cannot_know_does_not_say_that_nothing_was_recorded(after: bool) -> None:  # noqa: FBT001
    home = house()
    incident = await home.fires()
    await home.work()
    said = await losing(home, after=after, blind=True).click(incident)
    assert isinstance(said, Refused)
    assert said == Refused(Code.STORE_UNAVAILABLE, UNSURE)
    assert "nothing was recorded" not in refusal(said).casefold()
    assert "click again" in refusal(said)


async def test_a_decision_is_none_the_less_for_a_queue_that_is_away() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.ports = replace(home.ports, queue=NoQueue())
    assert isinstance(await home.click(incident), Decided)
    assert (await home.incident(incident)).phase is Phase.APPROVED


class NoQueue:
    async def add(self, role: WorkerRole, incident: IncidentId, version: int) -> None:
        del role, incident, version
        raise StoreUnavailableError("gone")
