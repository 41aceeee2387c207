"""What `greenlight audit` prints: JSON lines, change records, and an incident entry by entry."""

import json
from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any, cast

from bot.adapters.ledger import Sealed
from bot.commands.plainly import plain
from bot.domain.apply import replay
from bot.domain.errors import GreenlightError, IllegalEventError, PlanRefusedError
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.domain.record import Refusals, moment, record_of
from bot.wiring.auditing import Audit
from bot.wiring.tell import event_name


class UnreadableRecordError(GreenlightError):
    """The entries of this incident do not add up; `greenlight audit export` shows them as they are."""


async def exported(audit: Audit, incident: IncidentId) -> AsyncGenerator[str]:
    """Every entry and refusal as one JSON object a line; `redacted` says that the MAC covers other bytes."""
    for sealed in await audit.ledger.sealed(incident):
        yield _line(audit, incident, sealed)
    for refusal in await audit.ledger.refusals(incident):
        yield json.dumps({"stream": "refusals", **clean(audit, asdict(refusal))})


async def unplaced(audit: Audit) -> tuple[str, ...]:
    """The refusals that belong to no incident of the record, as of a plan that nobody knows."""
    known = set(await audit.ledger.names())
    kept = await audit.ledger.refusals()
    strangers = (one for one in kept if one.incident not in known)
    return tuple(json.dumps({"stream": "refusals", **clean(audit, asdict(one))}) for one in strangers)


def _line(audit: Audit, incident: IncidentId, sealed: Sealed) -> str:
    head = {"stream": "entries", "incident": incident, "mac": sealed.mac}
    try:
        body: object = json.loads(sealed.body)
    except ValueError:
        return json.dumps({**head, "unreadable": True})
    if not isinstance(body, dict):
        return json.dumps({**head, "unreadable": True})
    was = json.dumps(body)
    told = clean(audit, cast("dict[str, Any]", body))
    return json.dumps({**head, **told, "redacted": json.dumps(told) != was})


def clean(audit: Audit, value: Any) -> Any:
    """Every text inside, redacted by itself, so that the lines stay JSON."""
    if isinstance(value, str):
        return audit.redact(value)
    if isinstance(value, list):
        return [clean(audit, one) for one in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: clean(audit, one) for name, one in cast("dict[str, Any]", value).items()}
    return value


async def recorded(audit: Audit, incident: IncidentId) -> AsyncGenerator[str]:
    """The change record; raises UnreadableRecordError."""
    sealed = await audit.ledger.sealed(incident)
    found = _replayed(sealed)
    for line in record_of(found, sealed[-1].mac, await _refusals(audit, incident), audit.people):
        yield plain(audit.redact(line))
    yield ""


async def shown(audit: Audit, incident: IncidentId) -> AsyncGenerator[str]:
    """Entry by entry: number, moment, kind, lease, the first digits of its MAC, and what it says."""
    for sealed in await audit.ledger.sealed(incident):
        if sealed.entry is None:
            yield plain(f"?    unreadable  {sealed.mac[:12]}")
            continue
        entry = sealed.entry
        lease = f"  lease {entry.fence}" if entry.fence is not None else ""
        yield f"{entry.number:<4} {moment(entry.at)}  {event_name(entry)}  {sealed.mac[:12]}{lease}"
        for name, value in asdict(entry.event).items():
            text = value if isinstance(value, str) else json.dumps(value, default=str)
            if text not in {"", "[]", "null"}:
                yield plain(f"       {name}: {audit.redact(text)}")
    for at, person, plan, code in await _refusals(audit, incident):
        yield plain(f"-    {moment(at)}  refused  {person} on {plan}: {code}")


async def _refusals(audit: Audit, incident: IncidentId) -> Refusals:
    kept = await audit.ledger.refusals(incident)
    return tuple((one.at, one.person, one.plan, one.code) for one in kept)


def _replayed(sealed: tuple[Sealed, ...]) -> Incident:
    entries = [one.entry for one in sealed]
    if None in entries or not entries:
        raise UnreadableRecordError
    try:
        found = replay([entry for entry in entries if entry is not None])
    except (IllegalEventError, PlanRefusedError) as error:
        raise UnreadableRecordError from error
    assert found is not None
    return found
