"""The record as an auditor reads it: nothing is written, and everything is held against the chain."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from bot.adapters import chain, codec
from bot.adapters.redis_client import ForeignKeyError, Link, connected
from bot.adapters.redis_incidents import RedisIncidents
from bot.adapters.redis_seen import RedisBlobs
from bot.adapters.shapes import mapping
from bot.adapters.store import StorePlan, embedded, key_of
from bot.domain.apply import replay
from bot.domain.errors import GreenlightError, IllegalEventError, PlanRefusedError
from bot.domain.events import Entry, EvidenceGathered
from bot.domain.evidence import Evidence
from bot.domain.ids import IncidentId
from bot.ports.records import Refusal

ALL_REFUSALS = 10_000


class NoStoreError(GreenlightError):
    """There is no store here yet: nothing was ever recorded."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One stored entry with the MAC that chains it to those before it; no entry where it cannot be read."""

    mac: str
    body: bytes
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record of all incidents, to be read only."""

    link: Link
    incidents: RedisIncidents
    blobs: RedisBlobs

    async def names(self) -> tuple[IncidentId, ...]:
        """Every incident of which anything is left, oldest first: its entries, or only a note of it."""
        found = set[str]()
        for family in ("entries", "incident"):
            found |= {name async for name in self._scanned(self.link.key(family, ""))}
        return tuple(IncidentId(name) for name in sorted(found))

    async def _scanned(self, start: str) -> AsyncGenerator[str]:
        cursor: bytes | int = 0
        while True:
            cursor, keys = await self.link.call("SCAN", cursor, "MATCH", f"{start}*", "COUNT", 1000)
            for key in keys:
                yield key.decode(errors="backslashreplace").removeprefix(start)
            if int(cursor) == 0:
                return

    async def sealed(self, incident: IncidentId) -> tuple[Sealed, ...]:
        """The entries of an incident as they are stored; none where something else stands in their place."""
        try:
            elements = await self.link.call("LRANGE", self.link.key("entries", incident), 0, -1)
        except ForeignKeyError:
            return ()
        return tuple(_sealed(element) for element in elements)

    async def problems(self, incident: IncidentId, head: str | None = None) -> tuple[str, ...]:
        """What is wrong with a record, in words: chain, machine, evidence; nothing where it is whole."""
        try:
            found = await self.incidents.verify(incident, head)
        except ForeignKeyError as error:
            return (error.message,)
        if found:
            return found
        entries = [one.entry for one in await self.sealed(incident) if one.entry is not None]
        try:
            replay(entries)
        except (IllegalEventError, PlanRefusedError) as error:
            return (f"the entries do not add up: {error.message}",)
        return tuple([problem async for problem in self._evidence(entries)])

    async def _evidence(self, entries: list[Entry]) -> AsyncGenerator[str]:
        """Evidence whose bytes are not those of the record; bytes that are gone have outlived their time."""
        for entry in entries:
            for one in entry.event.evidence if isinstance(entry.event, EvidenceGathered) else ():
                problem = await self._of_evidence(one)
                if problem is not None:
                    yield f"evidence {one.id}: {problem}"

    async def _of_evidence(self, one: Evidence) -> str | None:
        try:
            kept = await self.blobs.get(one.id)
        except (codec.UnreadableBytesError, ForeignKeyError):
            return "its bytes cannot be read any more"
        if kept is None or hashlib.sha256(kept.text.encode("utf-8", "replace")).hexdigest() == one.sha256:
            return None
        return "its bytes are not those that were recorded"

    async def refusals(self, incident: IncidentId | None = None) -> tuple[Refusal, ...]:
        """The refused clicks that are still kept, oldest first."""
        kept = reversed(await self.incidents.refusals(ALL_REFUSALS))
        return tuple(one for one in kept if incident is None or one.incident == incident)

    async def pauses(self) -> tuple[dict[str, object], ...]:
        """Who paused and resumed what, oldest first; these lines stand in no chain."""
        kept = await self.link.call("XRANGE", self.link.key("pause-history"), "-", "+")
        read = (_row(fields.get(b"pause", b"")) for _, fields in kept)
        return tuple(dict(one) for one in read if one)


@asynccontextmanager
async def reading(plan: StorePlan) -> AsyncGenerator[Ledger]:
    """The record for as long as the block lasts, beside running processes or without them.

    Raises NoStoreError, ChainKeyError, StoreUnavailableError, EmbeddedServerError.
    """
    here = plan.url is not None or await asyncio.to_thread((plan.data / "store").is_dir)
    if not here:
        raise NoStoreError(f"There is no store in {plan.data}: nothing was ever recorded there.")
    if plan.secret is None and not await asyncio.to_thread((plan.data / "chain.key").is_file):
        raise chain.ChainKeyError(f"The key of the chain is missing: {plan.data / 'chain.key'}.")
    async with AsyncExitStack() as stack:
        url = plan.url or await stack.enter_async_context(embedded(plan))
        key = await asyncio.to_thread(key_of, plan)
        link = await stack.enter_async_context(connected(url, plan.prefix, plan.connections))
        used = await link.call("GET", link.key("chain-key"))
        if used is not None and used.decode() != chain.key_id(key):
            raise chain.ChainKeyError("This store's events are chained with another key than the one given.")
        yield Ledger(link, RedisIncidents(link, key), RedisBlobs(link))


def _row(data: bytes) -> Mapping[str, object]:
    """A line of a stream; nothing for what is no JSON object."""
    try:
        return mapping(json.loads(data))
    except ValueError:
        return {}


def _sealed(element: bytes) -> Sealed:
    parts = chain.opened(element)
    if parts is None:
        return Sealed("", element, None)
    try:
        return Sealed(parts.mac, parts.entry, codec.entry_from(parts.entry))
    except codec.UnreadableBytesError:
        return Sealed(parts.mac, parts.entry, None)
