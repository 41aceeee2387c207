"""Tampering shows: five kinds of edit at every position of a log, each found by the chain."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache

import pytest

from bot.adapters import chain, codec
from bot.domain.events import Asked, Entry
from bot.domain.ids import SECOND, At, PersonId
from tests.fakes.story import INCIDENT, story
from tests.fakes.world import START

KEY = bytes(range(32))


class Kind(StrEnum):
    """What somebody with the store, but without the key, does to the record."""

    EDIT = "edit"
    DELETION = "deletion"
    SWAP = "swap"
    INSERTION = "insertion"
    TRUNCATION = "truncation"


@dataclass(slots=True)
class Tampered:
    """How many edits were made, and which were not found."""

    tried: int = 0
    missed: list[str] = field(default_factory=list[str])


def log(entries: int) -> tuple[bytes, ...]:
    """The stored elements of one incident: a whole story, then questions up to the number."""
    told = story().opened().diagnosed().proposed().approved().executed().verified()
    kept = list(told.entries)
    for number in itertools.count(len(kept) + 1):
        if number > entries:
            break
        question = Asked(PersonId("U0ONCALL"), f"1790000000.{number:06d}", f"what now, {number}?")
        kept.append(Entry(number, At(START + number * SECOND), None, question))
    return chain.sealed(KEY, chain.genesis(KEY, INCIDENT), [codec.entry_bytes(one) for one in kept[:entries]])


def tampered(elements: Sequence[bytes], kind: Kind, place: int) -> list[bytes]:
    """The log after one edit at a place (from 0), as well-made as it can be without the key."""
    log = list(elements)
    match kind:
        case Kind.EDIT:
            log[place] = _edited(log[place], place)
        case Kind.DELETION:
            del log[place]
        case Kind.SWAP:
            other = place + 1 if place + 1 < len(log) else place - 1
            log[place], log[other] = log[other], log[place]
        case Kind.INSERTION:
            log.insert(place, log[place] if place % 2 else _edited(log[place], place))
        case Kind.TRUNCATION:
            del log[place:]
    return log


def _edited(element: bytes, place: int) -> bytes:
    """One bit of the entry or of its MAC turned, at a byte that wanders with the place."""
    at = 8 + place * 7 % (len(element) - 9)
    return element[:at] + bytes([element[at] ^ 1]) + element[at + 1 :]


def run(entries: int, places: range) -> Tampered:
    """Every kind of edit at these places of a log of this length."""
    elements = log(entries)
    head = _mac(elements[-1])
    assert chain.problems(KEY, INCIDENT, elements, [_number(one) for one in elements], head) == ()
    result = Tampered()
    with pytest.MonkeyPatch.context() as patch:
        # the same elements are asked for again at every place: each is taken apart and hashed once
        patch.setattr(chain, "_mac", cache(chain._mac))
        patch.setattr(chain, "opened", cache(chain.opened))
        for place, kind in itertools.product(places, Kind):
            result.tried += 1
            if not found(tampered(elements, kind, place), kind, head):
                result.missed.append(f"{kind} at place {place + 1}")
    return result


def found(elements: Sequence[bytes], kind: Kind, head: str) -> bool:
    """Whether the check finds something; a lost end shows against a head that was printed on a card."""
    if kind is not Kind.TRUNCATION and any(True for _ in _first_problem(elements)):
        return True
    numbers = [_number(element) for element in elements]
    return bool(chain.problems(KEY, INCIDENT, elements, numbers, head))


def _first_problem(elements: Sequence[bytes]) -> Iterator[str]:
    """The problems that `chain.problems` lists, but one at a time, since one is enough."""
    numbers = [_number(element) for element in elements]
    return chain._broken(KEY, INCIDENT, elements, numbers, [])


def _mac(element: bytes) -> str:
    parts = chain.opened(element)
    assert parts is not None
    return parts.mac


@lru_cache(maxsize=50_000)
def _number(element: bytes) -> int | None:
    """The number that an entry carries, as the store's own check reads it."""
    parts = chain.opened(element)
    if parts is None:
        return None
    try:
        return codec.entry_from(parts.entry).number
    except codec.UnreadableBytesError:
        return None
