"""Numbers in claims: each is compared with what the cited evidence measured."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.domain.evidence import Change, Fact, LogPattern, MetricReading, Sighting, StateFact

MIN_SIGNATURE = 6
PERCENT = Decimal(100)
SIZES = r"(?:[KMGT]i?B?|[kmg]b)"
TIMES = r"(?:ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)"
SAID = re.compile(
    rf"(?<![\w.,:#-])(?P<value>\d[\d_,]*(?:\.\d+)?)(?:\s?(?P<percent>%)|(?:\s?(?P<time>{TIMES})|{SIZES})\b)?"
    r"(?![\w:…-]|[.,]\d)",
    re.ASCII,
)
"""Numbers of a sentence; names such as 5xx or v42, clock times and dates are none."""

UNSHOWN = "(?)"
"""What stands in the place of a number that no evidence shows."""

WRITTEN = re.compile(r"\d+(?:[,_]\d{3})*(?:\.\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as a team states it, with the query that gives it: a metric, an observed field, a log line."""

    value: str
    query: str


def shown_by(number: Number, sightings: Iterable[Sighting]) -> bool:
    """Whether a cited sighting has this number for this query, rounded as far as it was stated."""
    stated = _stated(number.value)
    facts = [fact for sighting in sightings for fact in sighting.facts]
    return stated is not None and any(
        _same(stated, known) for fact in facts for known in _answers(fact, number.query.strip())
    )


def all_shown(statement: str, numbers: tuple[Number, ...], sightings: tuple[Sighting, ...]) -> bool:
    """Whether every number of a sentence stands in the cited evidence.

    Stretches of time are left out: they are reckoned between two times and stand nowhere.
    """
    declared = {number.value.strip().rstrip("%").strip() for number in numbers}
    open_ones = [
        found
        for found in SAID.finditer(statement)
        if not found["time"] and found["value"].replace(",", "").replace("_", "") not in declared
    ]
    if not open_ones:
        return True
    known = _known(sightings)
    return all(_stands(found, known) for found in open_ones)


def without_unshown(sentence: str, sightings: tuple[Sighting, ...]) -> tuple[str, int]:
    """A sentence whose numbers all stand in the evidence, and how many were taken out of it for that."""
    spans = [found for found in SAID.finditer(sentence) if not found["time"]]
    if not spans:
        return sentence, 0
    known = _known(sightings)
    wrong = [found.span("value") for found in spans if not _stands(found, known)]
    for start, end in reversed(wrong):
        sentence = f"{sentence[:start]}{UNSHOWN}{sentence[end:]}"
    return sentence, len(wrong)


def _stands(found: re.Match[str], known: frozenset[Decimal]) -> bool:
    stated = _stated(found["value"] + (found["percent"] or ""))
    return stated is not None and any(_same(stated, one) for one in known)


def _known(sightings: tuple[Sighting, ...]) -> frozenset[Decimal]:
    # A log repeats its numbers: as words they are collected first, and each is read once.
    written, known = set[str](), set[Decimal]()
    for sighting in sightings:
        written.update(WRITTEN.findall(sighting.text))
        # How many there are may be said, too.
        known.add(Decimal(len(sighting.facts)))
        for fact in sighting.facts:
            known.update(_numbers(fact))
            # A digest may have left a line out that is kept as an example.
            if isinstance(fact, LogPattern):
                written.update(WRITTEN.findall(fact.example))
    known.update(Decimal(word.replace(",", "").replace("_", "")) for word in written)
    return frozenset(known)


def _numbers(fact: Fact) -> Iterator[Decimal]:
    match fact:
        case LogPattern(_, count):
            yield Decimal(count)
        case MetricReading():
            ends = (fact.value, fact.before, fact.peak, fact.normal_low, fact.normal_high)
            yield from (one for one in ends if one is not None)
        case StateFact(_, _, value):
            yield from _parsed(value)
        case Change(_, _, _, before, after):
            yield from (*_parsed(before), *_parsed(after))


def _answers(fact: Fact, query: str) -> Iterator[Decimal]:
    """The numbers that a fact gives for a query; none where it is about something else."""
    match fact:
        case MetricReading(name, _, asked) if query in {name, asked}:
            yield from _numbers(fact)
        case StateFact(target, name, _) if query in {name, f"{target}.{name}", f"{target} {name}"}:
            yield from _numbers(fact)
        case LogPattern(template, count, _, _, _, example) if len(query) >= MIN_SIGNATURE:
            if query.casefold() in template.casefold() or query.casefold() in example.casefold():
                yield Decimal(count)
        case Change(_, _, what) if query == what:
            yield from _numbers(fact)
        case _:
            return


@dataclass(frozen=True, slots=True)
class _Stated:
    value: Decimal
    places: int
    percent: bool


def _stated(text: str) -> _Stated | None:
    words = text.strip()
    percent = words.endswith("%")
    bare = words.rstrip("%").strip().replace(",", "").replace("_", "")
    found = next(_parsed(bare), None)
    if found is None:
        return None
    return _Stated(found, len(bare.partition(".")[2]), percent)


def _parsed(text: str) -> Iterator[Decimal]:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return
    if value.is_finite() and abs(value.adjusted()) < 30:  # noqa: PLR2004 - no measured value is longer
        yield value


def _same(stated: _Stated, known: Decimal) -> bool:
    """A percentage may stand for a share of one, and either may have been rounded."""
    if _rounded(known, stated.places) == stated.value:
        return True
    return stated.percent and _rounded(known * PERCENT, stated.places) == stated.value


def _rounded(value: Decimal, places: int) -> Decimal:
    try:
        return round(value, places)
    except InvalidOperation:
        return value
