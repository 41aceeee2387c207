"""Indices and claims written anew from the events, which alone are believed."""

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from bot.adapters import codec
from bot.adapters.ledger import Ledger
from bot.adapters.redis_incidents import found_by, thread_field
from bot.domain.apply import apply
from bot.domain.claims import Claim, ClaimKind, claims_of, index_of
from bot.domain.events import Entry
from bot.domain.ids import DAY, At, IncidentId
from bot.domain.incident import Incident, Phase
from bot.domain.policy import Limits

TRIES = 5
ROW_KEPT = 90 * DAY


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of one incident: nothing in `problem` means that its indices are as its events say."""

    incident: IncidentId
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One execution that a sliding window counts."""

    key: str
    holder: str
    at: At
    window: int


async def rebuild(ledger: Ledger, limits: Limits) -> tuple[Rebuilt, ...]:
    """Every incident, oldest first, beside running processes; raises StoreUnavailableError.

    What the chain does not vouch for is left as it is: a rebuilt note of the head would hide a truncation.
    """
    return tuple([await _rebuilt(ledger, name, limits) for name in await ledger.names()])


async def _rebuilt(ledger: Ledger, incident: IncidentId, limits: Limits) -> Rebuilt:
    for _ in range(TRIES):
        problems = await ledger.problems(incident)
        if problems:
            return Rebuilt(incident, f"left as it is, since its record is not whole: {problems[0]}")
        sealed = await ledger.sealed(incident)
        entries = tuple(one.entry for one in sealed if one.entry is not None)
        ask = _request(ledger, entries, sealed[-1].mac, limits)
        keys = (ledger.link.key("entries", incident),)
        match await ledger.link.run("rebuild", keys, (codec.compact(ask),)):
            case [b"ok"]:
                return Rebuilt(incident)
            case [b"claimed", bytes(key), bytes(holder)]:
                return Rebuilt(
                    incident, f"{key.decode()} is held by {holder.decode()}, and by its own events"
                )
            case _:
                continue
    return Rebuilt(incident, "it never stood still; try again")


def _request(ledger: Ledger, entries: tuple[Entry, ...], head: str, limits: Limits) -> dict[str, Any]:
    steps = tuple(_applied(entries, limits))
    incident = steps[-1][1]
    index = index_of(incident)
    now = At(time.time_ns() // 1_000_000)
    ask: dict[str, Any] = {
        "prefix": ledger.link.prefix,
        "incident": incident.id,
        "version": len(entries),
        "head": head,
        "held": sorted(_held(steps)),
        "runs": [asdict(run) for run in _runs(steps, now)],
        "failed": [asdict(run) for run in _rows(steps, ClaimKind.FAIL) if run.at > now - ROW_KEPT],
        "mended": [asdict(run) for run in _rows(steps, ClaimKind.MEND)],
        "phase": index.phase,
        "phases": list(Phase),
        "open": index.open,
        "opened": incident.opened_at,
        "thread": thread_field(index.workspace, index.channel, index.thread),
        "plans": codec.plan_ids(entries),
        **found_by(entries, index),
        "fence": max((entry.fence or 0 for entry in entries), default=0),
        "now": now,
    }
    # A JSON null would be a value of its own in Lua: what is nothing is left out.
    return ask if index.due is None else ask | {"due": index.due}


Step = tuple[At, Incident, tuple[Claim, ...]]


def _applied(entries: tuple[Entry, ...], limits: Limits) -> Iterator[Step]:
    """Every entry's moment, the incident after it, and the claims that it made."""
    incident: Incident | None = None
    for entry in entries:
        claims = claims_of(incident, (entry.event,), limits)
        incident = apply(incident, entry)
        yield entry.at, incident, claims


def _held(steps: tuple[Step, ...]) -> set[str]:
    held = set[str]()
    for _, _, claims in steps:
        for claim in claims:
            if claim.kind is ClaimKind.TAKE:
                held.add(claim.key)
            elif claim.kind is ClaimKind.RELEASE:
                held.discard(claim.key)
    return held


def _runs(steps: tuple[Step, ...], now: At) -> Iterator[Run]:
    for at, _, claims in steps:
        for claim in claims:
            if claim.kind is ClaimKind.COUNT and at > now - claim.window:
                yield Run(claim.key, claim.holder, at, claim.window)


def _rows(steps: tuple[Step, ...], kind: ClaimKind) -> Iterator[Run]:
    for at, _, claims in steps:
        for claim in claims:
            if claim.kind is kind:
                yield Run(claim.key, claim.holder, at, 0)
