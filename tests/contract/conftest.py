"""One store per test, of each kind; after each test no key may be left that would stay for ever."""

from collections.abc import AsyncGenerator, Generator

import pytest

from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_client import connected
from bot.adapters.redis_incidents import RedisIncidents
from bot.adapters.redis_seen import RedisBlobs, RedisSeen
from tests.contract.stores import RealClock, Store
from tests.fakes.store import memory_store
from tests.needs import need
from tests.servers import fresh_prefix, leaks, running

KEY = bytes(range(32))


@pytest.fixture(scope="session")
def embedded_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running(tmp_path_factory.mktemp("valkey")) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running(tmp_path_factory.mktemp("redis"), need("redis-server")) as url:
        yield url


@pytest.fixture(params=["memory", "embedded", "redis-server"])
def url(request: pytest.FixtureRequest) -> str:
    fixture = {"embedded": "embedded_url", "redis-server": "redis_server_url"}.get(request.param)
    return "" if fixture is None else request.getfixturevalue(fixture)


@pytest.fixture
async def store(url: str) -> AsyncGenerator[Store]:
    if not url:
        twin = memory_store(RealClock())
        yield Store(twin.incidents, twin.incidents, twin.cards, twin.seen, twin.blobs, RealClock())
        return
    prefix = fresh_prefix()
    async with connected(url, prefix) as link, connected(url, prefix) as other:
        cards = RedisCards(link)
        yield Store(
            incidents=RedisIncidents(link, KEY),
            other=RedisIncidents(other, KEY),
            cards=cards,
            seen=RedisSeen(link),
            blobs=RedisBlobs(link),
            clock=RealClock(),
        )
        await cards.close()
        assert await leaks(link) == []
