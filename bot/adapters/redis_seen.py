"""What came in from Slack and the bytes of evidence, in Redis or Valkey; all of it ends by itself."""

import json
import secrets

from bot.adapters import codec
from bot.adapters.redis_client import Link
from bot.adapters.spoken_bytes import spoken_bytes, spoken_from
from bot.domain.evidence import Sighting
from bot.domain.ids import At, EvidenceId, IncidentId
from bot.domain.spoken import Spoken
from bot.ports.cards import Announcement

EVENTS_KEPT_SECONDS = 7 * 24 * 3600
ANNOUNCEMENTS_KEPT = 500
FIRST_KEPT_SECONDS = 24 * 3600
BLOBS_KEPT_SECONDS = 90 * 24 * 3600
TOKEN = 16
"""The digits that name one call, so that it knows its own write again where its first answer was lost."""


class RedisSeen:
    """What came in from Slack, stored before anything else."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def store(self, key: str, body: str) -> bool:
        """Keep a raw event once."""
        keys = (self._link.key("seen", key), self._link.key("unfinished"))
        args = (key, secrets.token_hex(TOKEN // 2) + body, EVENTS_KEPT_SECONDS, TOKEN)
        return bool(await self._link.run("keep", keys, args))

    async def done(self, key: str) -> None:
        """Note that an event was handled; its key stays, its body goes."""
        await self._link.call("ZREM", self._link.key("unfinished"), key)
        await self._link.call("SET", self._link.key("seen", key), "", "XX", "KEEPTTL")

    async def unfinished(self, older_than: At, limit: int) -> tuple[tuple[str, str], ...]:
        """Stored and not handled, oldest first."""
        waiting = self._link.key("unfinished")
        names = await self._link.call("ZRANGEBYSCORE", waiting, "-inf", older_than, "LIMIT", 0, limit)
        if not names:
            return ()
        keys = [name.decode() for name in names]
        bodies = await self._link.call("MGET", *(self._link.key("seen", key) for key in keys))
        return tuple((key, body[TOKEN:].decode()) for key, body in zip(keys, bodies, strict=True) if body)

    async def first(self, key: str) -> bool:
        """Whether this key is new; kept for a day."""
        args = (secrets.token_hex(TOKEN // 2), FIRST_KEPT_SECONDS * 1000)
        return bool(await self._link.run("mine", (self._link.key("first", key),), args))

    async def last_ts(self, channel: str) -> str | None:
        """The newest message handled in a channel."""
        found = await self._link.call("HGET", self._link.key("last-ts"), channel)
        return None if found is None else found.decode()

    async def note_ts(self, channel: str, ts: str) -> None:
        """Move forward, never back."""
        await self._link.run("forward", (self._link.key("last-ts"),), (channel, ts))

    async def announce(self, channel: str, said: Announcement) -> None:
        """Keep what was said, once; old ones go."""
        key = self._link.key("announced", channel)
        row = json.dumps([said.at, said.who, said.text])
        await self._link.call("ZADD", key, said.at, row)
        await self._link.call("ZREMRANGEBYRANK", key, 0, -ANNOUNCEMENTS_KEPT - 1)
        await self._link.call("EXPIRE", key, EVENTS_KEPT_SECONDS)

    async def announced(self, channel: str, since: At) -> tuple[Announcement, ...]:
        """What was said from a moment on, oldest first."""
        rows = await self._link.call("ZRANGEBYSCORE", self._link.key("announced", channel), since, "+inf")
        return tuple(Announcement(At(at), who, text) for at, who, text in map(json.loads, rows))


class RedisBlobs:
    """The bytes of evidence, kept for 90 days."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def put(self, sighting: Sighting) -> None:
        """Keep a sighting under its evidence id."""
        key = self._link.key("blob", sighting.evidence.id)
        await self._link.call("SET", key, codec.sighting_bytes(sighting), "EX", BLOBS_KEPT_SECONDS)

    async def get(self, evidence: EvidenceId) -> Sighting | None:
        """The sighting of that id."""
        found = await self._link.call("GET", self._link.key("blob", evidence))
        return None if found is None else codec.sighting_from(found)

    async def keep_spoken(self, spoken: Spoken) -> None:
        """Keep what the models were asked and answered in one run."""
        key = self._link.key("spoken", f"{spoken.incident}:{spoken.key}")
        await self._link.call("SET", key, spoken_bytes(spoken), "EX", BLOBS_KEPT_SECONDS)

    async def spoken(self, incident: IncidentId, key: str) -> Spoken | None:
        """What was said in the run of that key; nothing where it was not kept, or no longer."""
        found = await self._link.call("GET", self._link.key("spoken", f"{incident}:{key}"))
        return None if found is None else spoken_from(incident, key, found)
