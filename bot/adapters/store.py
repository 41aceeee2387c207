"""The whole store and its queue, put together: an embedded server where there is no other."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.adapters import chain
from bot.adapters.embedded import EmbeddedServer
from bot.adapters.queue import DocketQueue
from bot.adapters.queue import opened as opened_queue
from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_client import PREFIX, Link, connected
from bot.adapters.redis_incidents import RedisIncidents
from bot.adapters.redis_line import RedisLine
from bot.adapters.redis_seen import RedisBlobs, RedisSeen


@dataclass(frozen=True, slots=True)
class StorePlan:
    """Where the store is: a URL, or nothing for a server of our own in `data`; `secret` keys the chain."""

    data: Path
    url: str | None = None
    secret: str | None = None
    binary: Path | None = None
    prefix: str = PREFIX
    connections: int = 64


@dataclass(frozen=True, slots=True)
class Store:
    """All ports of the store, and the address that workers of the queue need."""

    incidents: RedisIncidents
    cards: RedisCards
    seen: RedisSeen
    blobs: RedisBlobs
    line: RedisLine
    queue: DocketQueue
    link: Link
    url: str


@asynccontextmanager
async def opened(plan: StorePlan) -> AsyncGenerator[Store]:
    """The store for as long as the block lasts.

    Raises StoreUnavailableError, EmbeddedServerError, ChainKeyError.
    """
    async with AsyncExitStack() as stack:
        url = plan.url or await stack.enter_async_context(embedded(plan))
        key = await asyncio.to_thread(key_of, plan)
        link = await stack.enter_async_context(connected(url, plan.prefix, plan.connections))
        await _same_key(link, key)
        queue = await stack.enter_async_context(opened_queue(url, plan.prefix, plan.connections))
        cards = RedisCards(link)
        stack.push_async_callback(cards.close)
        yield Store(
            incidents=RedisIncidents(link, key),
            cards=cards,
            seen=RedisSeen(link),
            blobs=RedisBlobs(link),
            line=RedisLine(link),
            queue=queue,
            link=link,
            url=url,
        )


@asynccontextmanager
async def embedded(plan: StorePlan) -> AsyncGenerator[str]:
    """The URL of the server in the plan's directory, attached to or started."""
    server = EmbeddedServer(plan.data / "store", plan.binary)
    url = await server.start()
    watching = asyncio.create_task(server.watch())
    try:
        yield url
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        await server.stop()


def key_of(plan: StorePlan) -> bytes:
    """The key of the chain; made where there is none. Raises ChainKeyError."""
    if plan.secret is not None:
        return hashlib.sha256(plan.secret.encode()).digest()
    return chain.read_or_create_key(plan.data / "chain.key")


async def _same_key(link: Link, key: bytes) -> None:
    """Two keys in one store would break every chain at their seam: the first one counts."""
    mine = chain.key_id(key)
    await link.call("SET", link.key("chain-key"), mine, "NX")
    if (await link.call("GET", link.key("chain-key"))).decode() != mine:
        raise chain.ChainKeyError("This store's events are chained with another key than the one given.")
