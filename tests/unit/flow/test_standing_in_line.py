"""At most so many investigations at once; the others wait in sight, the most severe first."""

import asyncio
from dataclasses import replace

from bot.domain.grouping import AlertRules
from bot.domain.ids import IncidentId
from bot.domain.incident import Phase
from bot.flow.conductor import walk
from bot.flow.standing_in_line import investigating
from bot.flow.table import table
from bot.ports.records import WorkerRole
from tests.fakes.house import House, alert, house
from tests.unit.flow.test_intake_groups import service_named


async def three(home: House) -> list[IncidentId]:
    """Incidents of three services: a warning, then two critical ones."""
    home.content.fixed_alert_rules = AlertRules(parallel_investigations=1)
    service_named(home, "payments")
    service_named(home, "stock")
    warning = replace(alert("fp-0"), severity="warning")
    seen = (warning, alert("fp-1", service="payments"), alert("fp-2", service="stock"))
    return [await home.fires(one) for one in seen]


async def test_who_waits_is_left_alone_and_shows_its_place() -> None:
    home = house()
    first, second, third = await three(home)
    async with investigating(home.ports, await home.incident(first)) as my_turn:
        assert my_turn
        for waiting in (second, third):
            await walk(home.ports, waiting, WorkerRole.THINK, table)
            assert (await home.incident(waiting)).phase is Phase.DETECTED
        _, shown = await home.store.cards.progress(third)
        assert shown is not None
        assert shown.tasks == (("Wait for an investigation to end (1 before it)", "in_progress"),)
        assert (WorkerRole.THINK, second, 1) not in home.store.queue.waiting[3:]


async def test_an_unchanged_place_is_not_worth_another_edit() -> None:
    home = house()
    first, second, _ = await three(home)
    async with investigating(home.ports, await home.incident(first)):
        await walk(home.ports, second, WorkerRole.THINK, table)
        number, _ = await home.store.cards.progress(second)
        for _ in range(5):
            await walk(home.ports, second, WorkerRole.THINK, table)
        assert (await home.store.cards.progress(second))[0] == number


async def test_waiting_is_no_attempt_that_failed() -> None:
    home = house()
    first, second, _ = await three(home)
    async with investigating(home.ports, await home.incident(first)):
        for _ in range(10):
            await walk(home.ports, second, WorkerRole.THINK, table)
    await home.work()
    assert (await home.incident(second)).diagnosis is not None


async def test_the_most_severe_goes_first_and_is_called_when_a_slot_is_free() -> None:
    home = house()
    warning, blocker, critical = await three(home)
    async with investigating(home.ports, await home.incident(blocker)):
        for waiting in (warning, critical):
            await walk(home.ports, waiting, WorkerRole.THINK, table)
        home.store.queue.waiting.clear()
    assert home.store.queue.waiting == [(WorkerRole.THINK, critical, 1)]


async def test_all_are_investigated_in_the_end() -> None:
    home = house()
    found = await three(home)
    await asyncio.gather(*(walk(home.ports, one, WorkerRole.THINK, table) for one in found))
    await home.work()
    assert all([(await home.incident(one)).diagnosis for one in found])
