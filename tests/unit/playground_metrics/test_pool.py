"""The connection pool of the service."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.playground.service.app import Checkout
from bot.playground.service.config import BadConfigError, Config, read_config
from bot.playground.service.pool import Connection, ConnectionPool, PoolTimeout
from bot.playground.service.releases import v41, v42
from bot.playground.service.shop import GatewayUnreachableError, Order, Outcome, Shop


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[ConnectionPool]:
    made = ConnectionPool(tmp_path / "orders.db", 2, 0.05)
    yield made
    made.close()


async def in_line(pool: ConnectionPool, count: int) -> None:
    """Lets the others run until so many wait."""
    while pool.waiting < count:  # noqa: ASYNC110 - the pool has no event for this, and needs none
        await asyncio.sleep(0)


class Gateway:
    """A payment provider that answers as told."""

    def __init__(self, *, answer: bool | Exception) -> None:
        self._answer = answer

    async def charge(self, order: Order) -> bool:
        del order
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def test_a_full_pool_times_out_and_says_how_full_it_is(pool: ConnectionPool) -> None:
    await pool.acquire()
    await pool.acquire()
    with pytest.raises(PoolTimeout, match=r"connection pool exhausted: .* \(in_use=2 max=2\)"):
        await pool.acquire()
    assert (pool.in_use, pool.waiting) == (2, 0)


async def test_a_released_connection_goes_to_whoever_waits_first(pool: ConnectionPool) -> None:
    pool.timeout = 5.0
    first, _ = await pool.acquire(), await pool.acquire()
    got: list[int] = []

    async def wait(number: int) -> Connection:
        connection = await pool.acquire()
        got.append(number)
        return connection

    waiting = [asyncio.create_task(wait(number)) for number in (1, 2)]
    await in_line(pool, 2)
    pool.release(first)
    pool.release(await waiting[0])
    await waiting[1]
    assert got == [1, 2]


async def test_a_larger_bound_lets_the_waiting_in_without_a_restart(pool: ConnectionPool) -> None:
    pool.timeout = 5.0
    await pool.acquire()
    await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await in_line(pool, 1)
    pool.resize(3)
    await waiting
    assert (pool.in_use, pool.size) == (3, 3)


async def test_a_smaller_bound_closes_connections_when_they_come_back(pool: ConnectionPool) -> None:
    first, second = await pool.acquire(), await pool.acquire()
    pool.resize(1)
    pool.release(first)
    pool.release(second)
    assert (pool.in_use, pool.opened) == (0, 1)


async def test_a_cancelled_waiter_leaves_the_line(pool: ConnectionPool) -> None:
    pool.timeout = 5.0
    first, _ = await pool.acquire(), await pool.acquire()
    waiting = asyncio.create_task(pool.acquire())
    await in_line(pool, 1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    pool.release(first)
    assert (pool.in_use, pool.waiting) == (1, 0)


ORDER = Order("o-1", 100, "4000000000000002")


async def test_version_42_leaks_a_connection_when_a_card_is_declined_and_41_does_not(
    pool: ConnectionPool,
) -> None:
    shop = Shop(pool, Gateway(answer=False))
    assert await v41.checkout(ORDER, shop) == Outcome(402, "card declined")
    assert pool.in_use == 0
    assert await v42.checkout(Order("o-2", 100, ORDER.card), shop) == Outcome(402, "card declined")
    assert pool.in_use == 1


@pytest.mark.parametrize("checkout", [v41.checkout, v42.checkout])
async def test_paid_and_failed_charges_give_the_connection_back_in_both(
    pool: ConnectionPool, checkout: Checkout
) -> None:
    assert await checkout(ORDER, Shop(pool, Gateway(answer=True))) == Outcome(200, "order paid")
    with pytest.raises(GatewayUnreachableError):
        await checkout(Order("o-3", 1, ""), Shop(pool, Gateway(answer=GatewayUnreachableError("down"))))
    assert pool.in_use == 0


def test_the_two_releases_differ_in_one_line() -> None:
    sound, leaking = (Path(str(module.__file__)).read_text().splitlines() for module in (v41, v42))
    missing = list(sound)
    missing.remove("        shop.pool.release(connection)")
    assert len(sound) - len(leaking) == 1
    assert [line for line in sound if line not in leaking] == []
    assert sorted(leaking) == sorted(missing)


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"pool_size": "20"}', '{"pool_size": 0}', '{"pool_size": true}', '{"acquire_timeout": 0}'],
)
def test_unusable_settings_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "checkout.json"
    path.write_text(content)
    with pytest.raises(BadConfigError):
        read_config(path)


def test_settings_have_defaults(tmp_path: Path) -> None:
    path = tmp_path / "checkout.json"
    path.write_text(json.dumps({"pool_size": 50}))
    assert read_config(path) == Config(pool_size=50)
