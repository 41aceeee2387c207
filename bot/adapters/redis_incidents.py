"""The record of all incidents in Redis or Valkey: one script appends, checks claims and keeps the indices."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from bot.adapters import chain, codec
from bot.adapters.redis_client import Link
from bot.domain.alert import Place
from bot.domain.claims import Claim, Index, fingerprint_key
from bot.domain.errors import (
    ClaimRefusedError,
    ConflictError,
    FencedError,
    StoreUnavailableError,
    UnknownIncidentError,
)
from bot.domain.events import Decided, Entry, StepStarted
from bot.domain.ids import MINUTE, At, Fence, IncidentId, PersonId, PlanId
from bot.domain.incident import Phase
from bot.ports.records import Appended, Lease, Loaded, Pause, Refusal

HEADS_REMEMBERED = 1000
LONGEST_STREAM = 10_000
ATTEMPTS_KEPT_SECONDS = 7 * 24 * 3600
REFUSAL_MARK_SECONDS = 120
MUST_BE_ON_DISK = (Decided, StepStarted)
"""After these nothing may act until the disk has confirmed them."""

_PAUSE = TypeAdapter(Pause)
_REFUSAL = TypeAdapter(Refusal)


class RedisIncidents:
    """The record of all incidents; the key of the chain stays in the process."""

    def __init__(self, link: Link, key: bytes) -> None:
        self._link = link
        self._key = key
        self._heads: OrderedDict[tuple[IncidentId, int], str] = OrderedDict()

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        """Append entries, claims and indices in one script; a repeat of the very same append succeeds."""
        before = await self._head_at(incident, version)
        elements = chain.sealed(self._key, before, [codec.entry_bytes(entry) for entry in entries])
        after = _mac(elements[-1]) if elements else before
        ask = _request(incident, version, entries, claims, index)
        ask |= {"prefix": self._link.prefix, "before": before, "head": after}
        if fence is not None:
            ask["fence"] = fence
        args = (codec.compact(ask), *elements)
        if any(isinstance(entry.event, MUST_BE_ON_DISK) for entry in entries):
            answer, durable = await self._link.run_durably("append", (self._entries(incident),), args)
        else:
            answer = await self._link.run("append", (self._entries(incident),), args)
            durable = (await self._link.durability()).always
        self._judge(answer, incident, version)
        self._remember(incident, version + len(entries), after)
        return Appended(version + len(entries), after, durable)

    async def refusing(self, incident: IncidentId, claims: Sequence[Claim]) -> ClaimRefusedError | None:
        """Why an append with these claims would be refused now, by the very script that would refuse it."""
        ask: dict[str, Any] = {"incident": incident, "prefix": self._link.prefix, "asks": True}
        ask |= {"version": 0, "claims": [asdict(claim) for claim in claims]}
        try:
            answer = await self._link.run("append", (self._entries(incident),), (codec.compact(ask),))
            self._judge(answer, incident, 0)
        except ClaimRefusedError as refused:
            return refused
        return None

    def _judge(self, answer: list[Any], incident: IncidentId, version: int) -> None:
        match answer:
            case [b"ok", _]:
                return
            case [b"conflict", _]:
                self._heads.pop((incident, version), None)
                raise ConflictError
            case [b"fenced", _]:
                raise FencedError
            case [b"refused", bytes(code), bytes(holder), bytes(limit), bytes(until)]:
                over = int(until) if until else None
                raise ClaimRefusedError(code.decode(), holder.decode(), limit.decode(), over)
            case _:
                raise RuntimeError(f"The append script answered {answer!r}.")

    async def load(self, incident: IncidentId) -> Loaded:
        """All entries and the head of their chain."""
        return self._loaded(incident, await self._elements(incident))

    async def examined(self, incident: IncidentId) -> tuple[Loaded, tuple[str, ...]]:
        """What `load` gives, and what is wrong with the chain of these very bytes."""
        elements = await self._elements(incident)
        numbers = [_number(element) for element in elements]
        found = chain.problems(self._key, incident, elements, numbers, None)
        return self._loaded(incident, elements), found

    def _loaded(self, incident: IncidentId, elements: list[bytes]) -> Loaded:
        if not elements:
            raise UnknownIncidentError
        entries = tuple(codec.entry_from(_opened(element).entry) for element in elements)
        head = _mac(elements[-1])
        self._remember(incident, len(entries), head)
        return Loaded(entries, head)

    async def verify(self, incident: IncidentId, expected_head: str | None = None) -> tuple[str, ...]:
        """What is wrong with an incident's record, in words; nothing where it is whole."""
        elements = await self._elements(incident)
        if not elements:
            return ("there is no such incident, or all of it was deleted",)
        numbers = [_number(element) for element in elements]
        found = chain.problems(self._key, incident, elements, numbers, expected_head)
        noted = await self._link.call("HGET", self._meta(incident), "head")
        last = chain.opened(elements[-1])
        if noted is not None and (last is None or noted.decode() != last.mac):
            found = (*found, "the store's own note of the head names another entry: cut short or rewritten")
        return found

    async def confirmed(self, incident: IncidentId) -> bool:
        """Whether the disk has confirmed what was written until now; the file of writes is one sequence."""
        _, durable = await self._link.run_durably("confirm", (self._meta(incident),))
        return durable

    async def lease(self, incident: IncidentId, seconds: int) -> Lease | None:
        """Take the lease; the server's clock ends it."""
        keys = (self._link.key("lease", incident), self._meta(incident))
        fence = await self._link.run("lease", keys, (seconds * 1000,))
        return None if fence is None else Lease(incident, Fence(int(fence)))

    async def renew(self, lease: Lease, seconds: int) -> bool:
        """Hold the lease longer."""
        keys = (self._link.key("lease", lease.incident),)
        return bool(await self._link.run("extend", keys, (str(lease.fence), seconds * 1000)))

    async def release(self, lease: Lease) -> None:
        """Give the lease back."""
        await self._link.run("give_back", (self._link.key("lease", lease.incident),), (str(lease.fence),))

    async def due(self, now: At, limit: int) -> tuple[tuple[IncidentId, int], ...]:
        """Those whose time has come, earliest first."""
        return await self._due(now, limit, "")

    async def waiting(self, now: At, limit: int) -> tuple[tuple[IncidentId, int], ...]:
        """Those whose time has come and that nobody walks now, for the reconciler."""
        return await self._due(now, limit, self._link.key("lease", ""))

    async def _due(self, now: At, limit: int, leases: str) -> tuple[tuple[IncidentId, int], ...]:
        args = (now, limit, self._link.key("entries", ""), leases)
        found = await self._link.run("due", (self._link.key("due"),), args)
        return tuple((IncidentId(name.decode()), int(version)) for name, version in found)

    async def opened(self, limit: int = 100) -> tuple[IncidentId, ...]:
        """The open ones, newest first."""
        names = await self._link.call("ZREVRANGE", self._link.key("open"), 0, limit - 1)
        return tuple(IncidentId(name.decode()) for name in names[:limit])

    async def by_phase(self, phase: Phase) -> frozenset[IncidentId]:
        """Those that are in a phase now."""
        names = await self._link.call("SMEMBERS", self._link.key("phase", phase))
        return frozenset(IncidentId(name.decode()) for name in names)

    async def by_thread(self, place: Place) -> IncidentId | None:
        """The newest of a thread."""
        thread = thread_field(place.workspace, place.channel, place.thread)
        return await self._named("threads", thread)

    async def by_fingerprint(self, fingerprint: str) -> IncidentId | None:
        """The open one that holds a fingerprint: the claim is the index."""
        return await self._named("claims", fingerprint_key(fingerprint))

    async def last_closed(self, fingerprint: str) -> IncidentId | None:
        """The incident with this fingerprint that was closed last."""
        return await self._named("closed", fingerprint)

    async def by_plan(self, plan: PlanId) -> IncidentId | None:
        """The one of a plan."""
        return await self._named("plans", plan)

    async def attempt(self, incident: IncidentId, version: int) -> int:
        """Count an attempt at this version's stage."""
        key = self._link.key("attempts", incident)
        many = await self._link.call("HINCRBY", key, str(version), 1)
        await self._link.call("EXPIRE", key, ATTEMPTS_KEPT_SECONDS)
        return int(many)

    async def attempt_ended(self, incident: IncidentId, version: int) -> None:
        """Forget the attempts at this version's stage."""
        await self._link.call("HDEL", self._link.key("attempts", incident), str(version))

    async def last_counted(self, key: str) -> At | None:
        """When something was last counted under this key."""
        found = await self._link.call("ZREVRANGE", self._link.key("window", key), 0, 0, "WITHSCORES")
        return (
            At(int(float(found[0][1] if isinstance(found[0], list | tuple) else found[1]))) if found else None
        )

    async def count_duplicate(self, incident: IncidentId) -> int:
        """Count a further message of the same alert."""
        return int(await self._link.call("HINCRBY", self._meta(incident), "duplicates", 1))

    async def duplicates(self, incident: IncidentId) -> int:
        """How many further messages came."""
        return int(await self._link.call("HGET", self._meta(incident), "duplicates") or 0)

    async def refuse(self, refusal: Refusal) -> None:
        """Record a refusal in the refusals' own bounded stream."""
        same = json.dumps([refusal.person, refusal.plan, refusal.code, refusal.at // MINUTE])
        mark = self._link.key("refused", sha256(same.encode()).hexdigest()[:32])
        keys = (mark, self._link.key("refusals"))
        await self._link.run(
            "refuse", keys, (REFUSAL_MARK_SECONDS, LONGEST_STREAM, _REFUSAL.dump_json(refusal))
        )

    async def refusals(self, limit: int = 100) -> tuple[Refusal, ...]:
        """The newest refusals, newest first; rows of another shape are nobody's refusal."""
        kept = await self._link.call("XREVRANGE", self._link.key("refusals"), "+", "-", "COUNT", limit)
        read = (_refusal_in(fields.get(b"refusal", b"")) for _, fields in kept)
        return tuple(one for one in read if one is not None)

    async def set_pause(self, pause: Pause) -> None:
        """Pause a scope."""
        body = _PAUSE.dump_json(pause)
        await self._write_pause(pause.scope, body, {"paused": True, **asdict(pause)})

    async def lift_pause(self, scope: str, person: PersonId, reason: str, at: At) -> None:
        """Resume a scope."""
        await self._write_pause(scope, b"", {"paused": False, **asdict(Pause(scope, person, reason, at))})

    async def _write_pause(self, scope: str, body: bytes, line: dict[str, Any]) -> None:
        keys = (self._link.key("pauses"), self._link.key("pause-history"))
        await self._link.run("pause", keys, (scope, body, LONGEST_STREAM, json.dumps(line)))

    async def pauses(self) -> tuple[Pause, ...]:
        """The pauses in force; raises StoreUnavailableError, also for one that cannot be read (rule 14)."""
        kept = cast("dict[bytes, bytes]", await self._link.call("HGETALL", self._link.key("pauses")))
        try:
            return tuple(_PAUSE.validate_json(kept[scope]) for scope in sorted(kept))
        except ValidationError as error:
            raise StoreUnavailableError("A pause in the store cannot be read.") from error

    async def _head_at(self, incident: IncidentId, version: int) -> str:
        """The MAC of the entry at this version, or the incident's genesis."""
        if version == 0:
            return chain.genesis(self._key, incident)
        known = self._heads.get((incident, version))
        if known is not None:
            return known
        element = await self._link.call("LINDEX", self._entries(incident), version - 1)
        if element is None:
            raise ConflictError
        return _mac(element)

    def _remember(self, incident: IncidentId, version: int, head: str) -> None:
        self._heads[incident, version] = head
        while len(self._heads) > HEADS_REMEMBERED:
            self._heads.popitem(last=False)

    async def _elements(self, incident: IncidentId) -> list[bytes]:
        return cast("list[bytes]", await self._link.call("LRANGE", self._entries(incident), 0, -1))

    async def _named(self, table: str, field: str) -> IncidentId | None:
        found = await self._link.call("HGET", self._link.key(table), field)
        return None if found is None else IncidentId(found.decode())

    def _entries(self, incident: IncidentId) -> str:
        return self._link.key("entries", incident)

    def _meta(self, incident: IncidentId) -> str:
        return self._link.key("incident", incident)


def _request(
    incident: IncidentId, version: int, entries: Sequence[Entry], claims: Sequence[Claim], index: Index
) -> dict[str, Any]:
    ask: dict[str, Any] = {
        "incident": incident,
        "version": version,
        "claims": [asdict(claim) for claim in claims],
        "plans": codec.plan_ids(tuple(entries)),
        "phase": index.phase,
        "open": index.open,
        "opened": entries[0].at if entries else 0,
        "thread": thread_field(index.workspace, index.channel, index.thread),
        **found_by(tuple(entries), index),
    }
    # A JSON null would be a value of its own in Lua: what is nothing is left out.
    return ask if index.due is None else ask | {"due": index.due}


def found_by(entries: tuple[Entry, ...], index: Index) -> dict[str, Any]:
    """The further threads of an incident, and the fingerprints under which it can be found once closed."""
    places = codec.more_places(entries)
    closed = index.fingerprints if codec.closes(entries) else ()
    return {
        "threads": [thread_field(place.workspace, place.channel, place.thread) for place in places],
        "closed": list(closed),
    }


def thread_field(workspace: str, channel: str, thread: str) -> str:
    """The field of the index of threads."""
    return json.dumps([workspace, channel, thread])


def _opened(element: bytes) -> chain.Element:
    parts = chain.opened(element)
    if parts is None:
        raise codec.UnreadableBytesError("A stored element is no entry.")
    return parts


def _mac(element: bytes) -> str:
    return _opened(element).mac


def _number(element: bytes) -> int | None:
    parts = chain.opened(element)
    if parts is None:
        return None
    try:
        return codec.entry_from(parts.entry).number
    except codec.UnreadableBytesError:
        return None


def _refusal_in(data: bytes) -> Refusal | None:
    try:
        return _REFUSAL.validate_json(data)
    except ValidationError:
        return None
