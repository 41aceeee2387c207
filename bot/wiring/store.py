"""The store as one thing: a server (embedded unless a URL is set) and the ports that live on it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.adapters.chain import read_or_create_key
from bot.adapters.embedded import EmbeddedServer
from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_client import Link, connected
from bot.adapters.redis_incidents import RedisIncidents
from bot.adapters.redis_seen import RedisBlobs, RedisSeen
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that lives in the store, and the URL under which the queue finds it too."""

    url: str
    link: Link
    incidents: RedisIncidents
    cards: RedisCards
    seen: RedisSeen
    blobs: RedisBlobs


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncGenerator[Store]:
    """Attach to the store; an embedded server is started where none runs, and again whenever it dies."""
    settings.data.mkdir(mode=0o700, exist_ok=True)
    async with _server(settings) as url, connected(url) as link:
        key = _key(settings)
        yield Store(url, link, RedisIncidents(link, key), RedisCards(link), RedisSeen(link), RedisBlobs(link))


def _key(settings: Settings) -> bytes:
    if settings.audit_key is not None:
        return settings.audit_key.get_secret_value().encode()
    return read_or_create_key(settings.data / "audit.key")


@asynccontextmanager
async def _server(settings: Settings) -> AsyncGenerator[str]:
    if settings.redis_url is not None:
        yield settings.redis_url.get_secret_value()
        return
    server = EmbeddedServer(settings.data / "store", settings.valkey_bin)
    url = await server.start()
    watching = asyncio.create_task(server.watch())
    try:
        yield url
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await server.stop()
