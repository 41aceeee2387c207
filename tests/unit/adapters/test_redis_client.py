"""The door to the store: errors in our own words, and no cancellation lost among them."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.adapters.redis_client import store_errors
from bot.domain.errors import StoreUnavailableError


async def swallowed(error: Exception) -> None:
    """What redis-py does where a cancellation meets its own time-out: only the time-out is left."""
    with store_errors():
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            raise error from None


@pytest.mark.parametrize("error", [RedisTimeoutError("slow"), RedisConnectionError("gone"), OSError("gone")])
async def test_a_cancellation_that_the_library_loses_is_one_all_the_same(error: Exception) -> None:
    task = asyncio.create_task(swallowed(error))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()


async def test_our_own_time_out_is_a_time_out_and_leaves_the_task_as_it_was() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await swallowed(RedisTimeoutError("slow"))
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.parametrize("error", [RedisTimeoutError("slow"), RedisConnectionError("gone"), OSError("gone")])
async def test_without_a_cancellation_the_store_is_said_to_be_away(error: Exception) -> None:
    with pytest.raises(StoreUnavailableError), store_errors():
        raise error
