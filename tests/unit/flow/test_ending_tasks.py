"""A lease's renewal must end with the walk, even where a library below it loses a cancellation."""

import asyncio
from contextlib import suppress

import pytest

from bot.flow.conductor import leased
from bot.flow.ending_tasks import beside, ended
from bot.ports.records import Lease
from tests.fakes.house import house
from tests.fakes.incidents import MemoryIncidents


async def test_a_task_that_loses_cancellations_is_ended_all_the_same() -> None:
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                lost += 1
                if lost > 2:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await ended(task)
    assert (task.cancelled(), lost) == (True, 3)


async def test_what_it_raised_is_not_raised_again() -> None:
    async def broken() -> None:
        raise OSError

    task = asyncio.create_task(broken())
    async with asyncio.timeout(10):
        await ended(task)
    await asyncio.sleep(0)
    assert task.done()


async def test_a_walk_ends_although_the_renewal_of_its_lease_lost_the_word_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.flow.conductor.LEASE_SECONDS", 0.03)
    home = house()
    incident = await home.fires()
    swallowed = asyncio.Event()

    async def renew(self: MemoryIncidents, lease: Lease, seconds: int) -> bool:
        del self, lease, seconds
        if not swallowed.is_set():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            swallowed.set()
        return True

    monkeypatch.setattr(MemoryIncidents, "renew", renew)
    async with asyncio.timeout(10):
        async with leased(home.ports, incident, 0.0) as lease:
            assert lease is not None
            await asyncio.sleep(0.1)
    assert swallowed.is_set()
    assert await home.store.incidents.lease(incident, 5) is not None


async def test_what_goes_on_beside_a_block_ends_with_it_however_it_ends() -> None:
    ends: list[str] = []

    async def work() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ends.append("ended")

    async with beside(work()):
        await asyncio.sleep(0)
        assert ends == []

    async def broken() -> None:
        async with beside(work()):
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await broken()
    assert ends == ["ended", "ended"]
