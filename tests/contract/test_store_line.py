"""The line of investigations, twin and real server alike."""

from collections.abc import AsyncGenerator

import pytest

from bot.adapters.redis_client import connected
from bot.adapters.redis_line import RedisLine
from bot.domain.ids import IncidentId
from bot.ports.line import Line
from tests.contract.stores import RealClock
from tests.fakes.line import MemoryLine
from tests.servers import fresh_prefix

ONE, TWO, THREE, FOUR = (IncidentId(f"inc-{number}") for number in range(1, 5))


@pytest.fixture
async def line(url: str) -> AsyncGenerator[Line]:
    if not url:
        yield MemoryLine(RealClock())
        return
    async with connected(url, fresh_prefix()) as link:
        yield RedisLine(link)


async def test_as_many_as_allowed_enter_and_the_others_stand_in_line(line: Line) -> None:
    assert [await line.enter(name, 1, 2) for name in (ONE, TWO, THREE, FOUR)] == [0, 0, 1, 2]


async def test_who_is_inside_stays_inside_and_who_waits_keeps_its_place(line: Line) -> None:
    await line.enter(ONE, 1, 1)
    await line.enter(TWO, 2, 1)
    await line.enter(THREE, 3, 1)
    assert [await line.enter(name, order, 1) for name, order in ((ONE, 1), (THREE, 3), (TWO, 2))] == [0, 2, 1]


async def test_the_lower_order_goes_first_however_late_it_came(line: Line) -> None:
    await line.enter(ONE, 9, 1)
    assert await line.enter(TWO, 5, 1) == 1
    assert await line.enter(THREE, 2, 1) == 1
    assert await line.enter(TWO, 5, 1) == 2
    assert await line.leave(ONE) == THREE
    # the free slot is kept for the one that is called: this one is the next after it
    assert await line.enter(TWO, 5, 1) == 1
    assert await line.enter(THREE, 2, 1) == 0


async def test_leaving_frees_the_slot_and_leaving_twice_is_harmless(line: Line) -> None:
    await line.enter(ONE, 1, 1)
    assert await line.leave(ONE) is None
    assert await line.leave(ONE) is None
    assert await line.enter(TWO, 2, 1) == 0


async def test_a_lowered_limit_lets_nobody_in_until_enough_have_left(line: Line) -> None:
    await line.enter(ONE, 1, 2)
    await line.enter(TWO, 2, 2)
    assert await line.enter(THREE, 3, 1) == 1
    await line.leave(ONE)
    assert await line.enter(THREE, 3, 1) == 1
    await line.leave(TWO)
    assert await line.enter(THREE, 3, 1) == 0
