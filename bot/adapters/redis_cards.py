"""The incident's Slack messages in Redis or Valkey: which lag behind, what was sent, whose turn it is."""

import asyncio
import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any, cast

from pydantic import TypeAdapter
from redis.exceptions import RedisError

from bot.adapters.redis_client import Link, store_errors
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import IncidentId
from bot.ports.cards import MessageRef, Progress, SentCard

TURN_MILLISECONDS = 10_000
"""How long the cards of a killed process stay unsent; a living one renews at a third of it."""

GIVE_BACK_SECONDS = (0.2, 0.4, 0.8, 1.6)
"""When to try again to end a turn that the store did not hear the end of."""

PROGRESS_KEPT_SECONDS = 24 * 3600

_SENT = TypeAdapter(SentCard)
_PROGRESS = TypeAdapter(Progress)


class RedisCards:
    """What the incident's messages are and which of them lag behind."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._ears: Any = None
        self._listening = asyncio.Lock()

    async def dirty(self, limit: int) -> dict[IncidentId, int]:
        """Those that lag behind, newest change first, each with the server's time of its last mark (ms)."""
        found = await self._link.call("ZREVRANGE", self._link.key("dirty"), 0, limit - 1, "WITHSCORES")
        return {IncidentId(name.decode()): int(float(marked)) for name, marked in found[:limit]}

    async def wait(self, seconds: float) -> None:
        """Return at a mark, at the latest after this time; one waiter per process.

        The first call, and the first after an outage, returns at once: marks before it went unheard.
        """
        async with self._listening:
            try:
                with store_errors():
                    await self._hear(seconds)
            except StoreUnavailableError:
                await self.close()
                raise

    async def _hear(self, seconds: float) -> None:
        if self._ears is None:
            ears = cast("Any", self._link.redis).pubsub()
            await ears.subscribe(self._link.key("wake"))
            await ears.get_message(timeout=seconds)
            self._ears = ears
            return
        if await self._ears.get_message(timeout=seconds) is None:
            return
        # One wake is as good as many: drop those that have piled up.
        while await self._ears.get_message(timeout=0) is not None:
            pass

    async def close(self) -> None:
        """Stop listening; harmless where nobody does."""
        ears, self._ears = self._ears, None
        if ears is not None:
            with suppress(RedisError, OSError):
                await ears.aclose()

    async def mark(self, incident: IncidentId) -> None:
        """Mark the cards; a clean that began before does not take this mark away."""
        await self._mark(incident, b"")

    async def report_progress(self, incident: IncidentId, progress: Progress) -> None:
        """Keep the newest progress and mark the cards."""
        await self._mark(incident, _PROGRESS.dump_json(progress))

    async def _mark(self, incident: IncidentId, body: bytes) -> None:
        keys = (self._link.key("dirty"), self._link.key("progress", incident))
        await self._link.run("mark", keys, (incident, self._link.key("wake"), PROGRESS_KEPT_SECONDS, body))

    async def progress(self, incident: IncidentId) -> tuple[int, Progress | None]:
        """The newest progress with its number."""
        key = self._link.key("progress", incident)
        number, body = await self._link.call("HMGET", key, "number", "body")
        return int(number or 0), None if body is None else _PROGRESS.validate_json(body)

    async def clean(self, incident: IncidentId, version: int, progress: int) -> bool:
        """Take the mark away if nothing has changed."""
        keys = (
            self._link.key("dirty"),
            self._link.key("progress", incident),
            self._link.key("entries", incident),
        )
        return bool(await self._link.run("clean", keys, (incident, version, progress)))

    def turn(self, incident: IncidentId) -> AbstractAsyncContextManager[bool]:
        """Be the only one to send this incident's cards."""
        return self._turn(incident)

    @asynccontextmanager
    async def _turn(self, incident: IncidentId) -> AsyncGenerator[bool]:
        key, token = self._link.key("turn", incident), secrets.token_hex(8)
        if not await self._link.run("mine", (key,), (token, TURN_MILLISECONDS)):
            yield False
            return
        renewing = asyncio.create_task(self._keep(key, token))
        try:
            yield True
        finally:
            renewing.cancel()
            await self._give_back(key, token)

    async def _give_back(self, key: str, token: str) -> None:
        """Also after a short outage; where the store stays away, the turn ends by itself."""
        for seconds in (*GIVE_BACK_SECONDS, 0.0):
            with suppress(StoreUnavailableError):
                await self._link.run("give_back", (key,), (token,))
                return
            await asyncio.sleep(seconds)

    async def _keep(self, key: str, token: str) -> None:
        held = True
        while held:
            await asyncio.sleep(TURN_MILLISECONDS / 3000)
            with suppress(StoreUnavailableError):
                held = bool(await self._link.run("extend", (key,), (token, TURN_MILLISECONDS)))

    async def sent(self, incident: IncidentId) -> dict[str, SentCard]:
        """The cards that were sent or begun, by name."""
        kept = await self._link.call("HGETALL", self._link.key("sent", incident))
        return {name.decode(): _SENT.validate_json(body) for name, body in kept.items()}

    async def begin(self, incident: IncidentId, card: str) -> None:
        """Note that a card is about to be posted; whoever has the turn may."""
        earlier = (await self.sent(incident)).get(card, SentCard(None, ""))
        await self._note(incident, card, replace(earlier, intent=True))

    async def record(self, incident: IncidentId, card: str, sent: SentCard) -> None:
        """Note what was sent."""
        if sent.ref is not None:
            where = json.dumps([incident, card])
            await self._link.call("HSET", self._link.key("messages"), _message(sent.ref), where)
        await self._note(incident, card, sent)

    async def _note(self, incident: IncidentId, card: str, sent: SentCard) -> None:
        await self._link.call("HSET", self._link.key("sent", incident), card, _SENT.dump_json(sent))

    async def find(self, ref: MessageRef) -> tuple[IncidentId, str] | None:
        """Which incident's which card a message is."""
        found = await self._link.call("HGET", self._link.key("messages"), _message(ref))
        if found is None:
            return None
        incident, card = json.loads(found)
        return IncidentId(incident), card


def _message(ref: MessageRef) -> str:
    return json.dumps([ref.channel, ref.ts])
