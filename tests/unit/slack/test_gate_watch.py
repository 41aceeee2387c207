"""Cards of open plans follow what keeps an approval from counting, without an event of their own."""

import asyncio
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.domain.events import Decided
from bot.domain.freeze import FreezeKind, FreezeWindow, Once
from bot.domain.ids import IncidentId
from bot.slack.gate_watch import GateWatch
from bot.slack.scenery import Scenery
from bot.slack.views.cards import cards_of
from tests.fakes.busy import BROKEN, fired, proposes
from tests.fakes.house import House, house
from tests.waiting import eventually

YEARS = Once(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - read on the window's own zone
FREEZE = FreezeWindow("Year end", FreezeKind.DENY, ZoneInfo("UTC"), YEARS)


def watch_of(home: House) -> GateWatch:
    scenery = Scenery(home.store.incidents, home.roster, home.content, home.clock, cards_of)
    return GateWatch(home.ports.incidents, home.ports.cards, scenery.gate)


async def watched(home: House, number: int = 1) -> tuple[IncidentId, GateWatch]:
    """An open plan that was drawn and looked at once."""
    proposes(home, 30 + number)
    name = await fired(home, number)
    watch = watch_of(home)
    watch.note(await home.incident(name))
    await watch.look()
    home.store.shelf.dirty.clear()
    return name, watch


def freeze(home: House, *windows: FreezeWindow) -> None:
    home.content.fixed_policy = replace(home.content.fixed_policy, freezes=windows)


async def test_a_freeze_that_begins_and_ends_is_drawn_each_time_and_once() -> None:
    home = house()
    name, watch = await watched(home)
    await watch.look()
    assert not home.store.shelf.dirty
    for windows in ((FREEZE,), ()):
        freeze(home, *windows)
        await watch.look()
        assert set(home.store.shelf.dirty) == {name}
        home.store.shelf.dirty.clear()
        await watch.look()
        assert not home.store.shelf.dirty


async def test_what_fails_on_a_target_draws_the_other_open_plans_on_it_and_its_end_does_so_again() -> None:
    home = house()
    name, watch = await watched(home)
    for number in (2, 3):
        proposes(home, 30 + number)
        fails = await fired(home, number)
        home.hands.answers.append(BROKEN)
        assert isinstance(await home.click(fails), Decided)
        await home.work()
    home.store.shelf.dirty.clear()
    await watch.look()
    assert set(home.store.shelf.dirty) == {name}
    home.store.shelf.dirty.clear()
    home.clock.advance(3600)
    await watch.look()
    assert set(home.store.shelf.dirty) == {name}


async def test_a_plan_that_is_over_is_watched_no_more() -> None:
    home = house()
    name, watch = await watched(home)
    assert isinstance(await home.click(name, approve=False, reason="not now"), Decided)
    watch.note(await home.incident(name))
    freeze(home, FREEZE)
    home.store.shelf.dirty.clear()
    await watch.look()
    assert not home.store.shelf.dirty


async def test_open_plans_of_a_process_before_are_taken_up_and_an_outage_is_outlived() -> None:
    home = house()
    proposes(home, 31)
    name = await fired(home, 1)
    home.store.shelf.dirty.clear()
    home.store.shelf.down = True
    running = asyncio.create_task(replace(watch_of(home), seconds=0.01).run())

    async def drawn() -> bool:
        return name in home.store.shelf.dirty

    try:
        for _ in range(3):
            await asyncio.sleep(0)
        assert not running.done()
        home.store.shelf.down = False
        await eventually(drawn)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
