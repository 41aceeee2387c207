"""A freeze: no approval counts, nothing starts, and a running plan stops before its next step."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.decision import Code, Refused
from bot.domain.events import Decided, PlanEnd
from bot.domain.finding import Option, Remediation
from bot.domain.freeze import FreezeKind, FreezeWindow, Once
from bot.domain.ids import EnvironmentId
from bot.domain.incident import Phase, StepStatus
from bot.domain.plan import Step
from bot.slack.faces import status_text
from bot.slack.scenery import Scenery
from bot.slack.views.cards import cards_of
from tests.fakes.content import LEAD, SENIOR
from tests.fakes.house import RAISE, ROLLBACK, House, house

YEARS = Once(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - read on the window's own zone
NOW = FreezeWindow("Year end", FreezeKind.DENY, ZoneInfo("UTC"), YEARS, (EnvironmentId("shop-production"),))
ELSEWHERE = replace(NOW, environments=(EnvironmentId("shop-staging"),))
SAID = "shop-production is frozen by 'Year end' until 2040-01-01 00:00 UTC"


def freeze(home: House, *windows: FreezeWindow) -> None:
    """The windows come into force, with no change of the file's hash."""
    home.content.fixed_policy = replace(home.content.fixed_policy, freezes=windows)


@pytest.mark.parametrize(("window", "counts"), [(NOW, False), (ELSEWHERE, True)])
async def test_an_approval_counts_only_where_nothing_is_frozen(window: FreezeWindow, *, counts: bool) -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    freeze(home, window)
    said = await home.click(incident)
    assert isinstance(said, Decided) is counts
    if isinstance(said, Refused):
        assert (said.code, said.detail) == (Code.FROZEN, SAID.removeprefix("shop-production is "))


async def test_what_was_approved_before_the_freeze_does_not_start_in_it_and_expires() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    freeze(home, NOW)
    await home.pass_time(119)
    assert (await home.incident(incident)).phase is Phase.APPROVED
    await home.pass_time(3)
    assert (await home.plan(incident)).ended is PlanEnd.EXPIRED
    assert home.hands.performed == []


async def test_a_freeze_that_ends_in_time_lets_the_plan_start() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    freeze(home, NOW)
    await home.pass_time(60)
    freeze(home)
    await home.pass_time(2)
    assert [done.step.action for done in home.hands.performed] == ["increase_pool_size"]
    assert (await home.incident(incident)).phase is Phase.EXECUTED


async def test_a_freeze_that_begins_between_two_steps_stops_the_plan_there() -> None:
    home = house()
    both = Option("Both", (*RAISE.steps, *ROLLBACK.steps), "First one, then the other.")
    home.team.remediations.clear()
    home.team.remediations.append(Remediation((both,)))
    incident = await home.fires()
    await home.work()

    def and_then_it_freezes(_: Step) -> None:
        freeze(home, NOW)

    home.hands.effect = and_then_it_freezes
    for person in (LEAD, SENIOR):
        await home.click(incident, person)
    await home.pass_time(5)
    first, second = (await home.plan(incident)).steps
    assert (first.status, second.status) == (StepStatus.DONE, StepStatus.NOT_RUN)
    assert (second.code, second.detail) == ("PAUSED", SAID)
    assert (await home.incident(incident)).phase is Phase.STOPPED
    assert len(home.hands.performed) == 1


async def test_the_status_says_what_is_frozen_and_until_when() -> None:
    home = house()
    scenery = Scenery(home.store.incidents, home.roster, home.content, home.clock, cards_of)
    freeze(home, ELSEWHERE)
    assert scenery.freezes() == ()
    freeze(home, NOW)
    assert status_text((), (), scenery.freezes()).splitlines()[-1] == f"No changes: {SAID}."
