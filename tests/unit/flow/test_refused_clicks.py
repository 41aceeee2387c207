"""What stays of a click that did not count, and what a full limit, a lost store or a slow roster says."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.decision import Click, Code, Refused, RosterAnswer
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import IncidentId, PersonId, PlanId, RosterName
from bot.domain.policy import Role
from bot.flow.approval import judge, read_rosters
from bot.flow.control import go_on, pause, resume, stop
from bot.flow.table import table
from bot.ports.records import Loaded, Refusal
from tests.fakes.busy import limited
from tests.fakes.content import COLLEAGUE, LEAD, ONCALL, SENIOR
from tests.fakes.house import house
from tests.fakes.incidents import MemoryIncidents
from tests.fakes.world import START


async def test_every_refusal_is_kept_with_its_incident_plan_person_and_code() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    state = await home.plan(incident)
    assert isinstance(await home.click(incident, COLLEAGUE), Refused)
    unknown = Click(True, PlanId("plan-999999"), 2, "0" * 12, "C0", "1.1")
    assert await judge(home.ports, table, unknown, ONCALL) == Refused(Code.WRONG_MESSAGE)
    now = home.clock.now()
    assert home.store.incidents.refused == [
        Refusal(incident, f"{state.plan.id}:1", COLLEAGUE, Code.NOT_AUTHORISED, now),
        Refusal(None, "plan-999999:2", ONCALL, Code.WRONG_MESSAGE, now),
    ]


@pytest.mark.parametrize("code", [Code.MALFORMED, Code.WRONG_ACTION])
async def test_a_click_that_the_door_could_make_nothing_of_is_kept_too_once_a_minute(code: Code) -> None:
    home = house()
    for _ in range(3):
        assert await judge(home.ports, table, Refused(code), ONCALL) == Refused(code)
    kept = Refusal(None, "-", ONCALL, code, home.clock.now())
    assert home.store.incidents.refused == [kept]


async def test_a_refusal_that_cannot_be_kept_is_still_told_for_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = house()
    incident = await home.fires()
    await home.work()

    async def lost(*_: object) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(MemoryIncidents, "refuse", lost)
    said = await home.click(incident, COLLEAGUE)
    assert isinstance(said, Refused)
    assert said.code is Code.NOT_AUTHORISED


async def test_a_full_limit_is_said_in_its_words_and_a_lost_store_says_that_nothing_was_kept() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    limited(home, executions_per_incident=0)
    said = await home.click(incident)
    assert isinstance(said, Refused)
    assert said.code is Code.RATE_LIMIT
    assert said.detail.startswith("at most 0 executions in one incident")
    state, ref = await home.plan(incident), await home.posted(incident)
    click = Click(True, state.plan.id, 1, state.digest[:12], ref.channel, ref.ts)
    home.store.shelf.down = True
    assert await judge(home.ports, table, click, ONCALL) == Refused(Code.STORE_UNAVAILABLE)


class Slow:
    """A roster of which one list never answers."""

    async def read(self, name: RosterName, role: Role) -> RosterAnswer:
        if role is Role.LEAD:
            await asyncio.Event().wait()
        return RosterAnswer(role, name, "list", (PersonId(f"U0{role.upper()}"),), START)


async def test_a_roster_that_does_not_answer_in_two_seconds_names_nobody_and_the_others_count() -> None:
    home = house()
    home.ports = replace(home.ports, roster=Slow())
    service = home.content.fixed_inventory.services[0]
    oncall, lead, senior = await read_rosters(home.ports, service)
    assert (oncall.role, oncall.members) == (Role.ONCALL, (ONCALL,))
    assert lead == RosterAnswer(
        Role.LEAD, service.lead, "", (), home.clock.now(), error="no answer within 2 s"
    )
    assert (senior.role, senior.members) == (Role.SENIOR, (SENIOR,))
    assert await read_rosters(home.ports, None) == ()


async def test_a_service_without_a_senior_roster_is_asked_for_two() -> None:
    home = house()
    service = replace(home.content.fixed_inventory.services[0], senior=RosterName(""))
    answers = await read_rosters(home.ports, service)
    assert [one.role for one in answers] == [Role.ONCALL, Role.LEAD]


async def test_a_refusal_names_who_or_what_stands_behind_it() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await stop(home.ports, incident, COLLEAGUE)
    assert await home.click(incident) == Refused(Code.PAUSED, "this incident", COLLEAGUE)
    await go_on(home.ports, table, incident, LEAD, "looked at it")
    await pause(home.ports, "all", COLLEAGUE, "careful")
    assert await home.click(incident) == Refused(Code.PAUSED, "all")
    await resume(home.ports, "all", LEAD, "looked at it")
    home.roster.members["checkout-oncall"] = ()
    assert await home.click(incident) == Refused(Code.ROSTER_UNAVAILABLE, "checkout-oncall: nobody is in it")
    home.roster.members["checkout-oncall"] = (ONCALL,)
    state, ref = await home.plan(incident), await home.posted(incident)
    assert not isinstance(await home.click(incident, approve=False, reason="not this one"), Refused)
    again = Click(True, state.plan.id, 1, state.digest[:12], ref.channel, ref.ts)
    assert await judge(home.ports, table, again, LEAD) == Refused(Code.DECIDED, by=ONCALL)


async def test_a_click_is_judged_by_the_time_of_its_append_not_by_that_of_its_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    load = MemoryIncidents.load

    async def slowly(self: MemoryIncidents, name: IncidentId) -> Loaded:
        home.clock.advance(31)
        return await load(self, name)

    monkeypatch.setattr(MemoryIncidents, "load", slowly)
    said = await home.click(incident)
    assert said == Refused(Code.ROSTER_UNAVAILABLE, "checkout-oncall: its answer is older than 30 s")
    assert not (await home.plan(incident)).decisions
