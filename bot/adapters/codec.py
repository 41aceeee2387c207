"""Entries and sightings as bytes and back: every event tagged with its class name and a schema number."""

import json
from dataclasses import dataclass
from typing import Any, cast, get_args

from pydantic import TypeAdapter, ValidationError

from bot.domain.alert import Place
from bot.domain.errors import GreenlightError
from bot.domain.events import Entry, Event, IncidentClosed, PlanProposed
from bot.domain.evidence import Evidence, Fact, Sighting
from bot.domain.ids import At, Fence
from bot.domain.teamwork import AlertJoined, Reopened

SCHEMA = 1

# The adapters' own types cannot be spelled for a union of classes that is only known at run time.
_EVENTS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}
_FACTS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Fact)}
_EVIDENCE = TypeAdapter(Evidence)


class UnreadableBytesError(GreenlightError):
    """Stored bytes are not what this version of Greenlight writes."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    number: int
    at: int
    fence: int | None
    type: str
    schema: int
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Tagged:
    type: str
    fact: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Bundle:
    schema: int
    evidence: dict[str, Any]
    text: str
    facts: tuple[_Tagged, ...]


_ENVELOPE = TypeAdapter(_Envelope)
_BUNDLE = TypeAdapter(_Bundle)


def entry_bytes(entry: Entry) -> bytes:
    """An entry as compact JSON; the same entry always gives the same bytes."""
    kind = type(entry.event).__name__
    head = {
        "number": entry.number,
        "at": entry.at,
        "fence": entry.fence,
        "type": kind,
        "schema": SCHEMA,
        "event": _EVENTS[kind].dump_python(entry.event, mode="json"),
    }
    return compact(head)


def entry_from(data: bytes) -> Entry:
    """The entry in these bytes; raises UnreadableBytesError."""
    try:
        raw = _ENVELOPE.validate_json(data, strict=True)
        adapter = _adapter(_EVENTS, raw.type, raw.schema)
        event = cast("Event", adapter.validate_python(raw.event))
    except ValidationError as error:
        raise UnreadableBytesError(f"An entry cannot be read: {_first(error)}.") from error
    fence = None if raw.fence is None else Fence(raw.fence)
    return Entry(raw.number, At(raw.at), fence, event)


def plan_ids(entries: tuple[Entry, ...]) -> tuple[str, ...]:
    """The plans that these entries propose, for the index."""
    return tuple(entry.event.plan for entry in entries if isinstance(entry.event, PlanProposed))


def more_places(entries: tuple[Entry, ...]) -> tuple[Place, ...]:
    """Where else people may speak of the incident: the threads of alerts that joined or came back."""
    return tuple(entry.event.place for entry in entries if isinstance(entry.event, AlertJoined | Reopened))


def closes(entries: tuple[Entry, ...]) -> bool:
    """Whether these entries close the incident, for the index of what was closed last."""
    return any(isinstance(entry.event, IncidentClosed) for entry in entries)


def sighting_bytes(sighting: Sighting) -> bytes:
    """A sighting as compact JSON, each fact tagged with its class name."""
    facts = [
        {"type": type(fact).__name__, "fact": _FACTS[type(fact).__name__].dump_python(fact, mode="json")}
        for fact in sighting.facts
    ]
    evidence = _EVIDENCE.dump_python(sighting.evidence, mode="json")
    return compact({"schema": SCHEMA, "evidence": evidence, "text": sighting.text, "facts": facts})


def sighting_from(data: bytes) -> Sighting:
    """The sighting in these bytes; raises UnreadableBytesError."""
    try:
        raw = _BUNDLE.validate_json(data)
        evidence = _EVIDENCE.validate_python(raw.evidence)
        facts = tuple(
            cast("Fact", _adapter(_FACTS, tagged.type, raw.schema).validate_python(tagged.fact))
            for tagged in raw.facts
        )
    except ValidationError as error:
        raise UnreadableBytesError(f"A sighting cannot be read: {_first(error)}.") from error
    return Sighting(evidence, raw.text, facts)


def _adapter(known: dict[str, TypeAdapter[Any]], kind: str, schema: int) -> TypeAdapter[Any]:
    if schema != SCHEMA:
        raise UnreadableBytesError(f"Schema {schema} is not {SCHEMA}: a newer Greenlight wrote this.")
    if kind not in known:
        raise UnreadableBytesError(f"Nothing is known of {kind!r}: a newer Greenlight wrote this.")
    return known[kind]


def compact(value: object) -> bytes:
    """Compact JSON; half a surrogate pair, which JSON can smuggle in and no reader takes, becomes `?`."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", errors="replace")


def _first(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc']) or 'the whole'}: {problem['msg']}"
