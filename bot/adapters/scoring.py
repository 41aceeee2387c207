"""How well each failure mode explains what was seen: signatures in the logs, conditions on the metrics."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.adapters.log_words import is_quiet, tells_recovery
from bot.adapters.patterns import Patterns
from bot.domain.evidence import Change, EvidenceKind, LogPattern, MetricReading, Sighting
from bot.domain.ids import HOUR, MINUTE, SECOND, At, EvidenceId
from bot.domain.verification import number
from bot.ports.content import FailureMode, MetricCondition

STRONG = 1.5
"""Points from which the logs speak for a failure mode at all."""

LOUD = {"fatal": 3.0, "error": 3.0, "warn": 2.0, "": 2.0, "info": 0.4, "debug": 0.2}
METRIC_POINTS = 3.0
LATER_SIGNATURE = 0.5
MAX_HITS = 5
FAR_BEHIND = 20
CHANGE_BEFORE = HOUR
QUIET_GAPS = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A log pattern that a signature of the mode matches."""

    pattern: LogPattern
    evidence: EvidenceId
    points: float


@dataclass(frozen=True, slots=True)
class Score:
    """What speaks for one failure mode."""

    mode: FailureMode
    hits: tuple[Hit, ...]
    readings: tuple[tuple[MetricReading, EvidenceId], ...]
    log_points: float

    @property
    def points(self) -> float:
        """All points; a metric alone says little, a metric beside log lines much."""
        metrics = METRIC_POINTS if self.hits else STRONG / 2
        return self.log_points + metrics * min(len(self.readings), 2)

    @property
    def strong(self) -> bool:
        """Whether the logs speak for it."""
        return self.log_points >= STRONG or (bool(self.hits) and bool(self.readings))


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts of all sightings that succeeded, each with its evidence."""

    logs: tuple[tuple[LogPattern, EvidenceId], ...]
    metrics: tuple[tuple[MetricReading, EvidenceId], ...]
    changes: tuple[tuple[Change, EvidenceId], ...]
    kinds: frozenset[EvidenceKind]


def seen(sightings: Iterable[Sighting]) -> Seen:
    """Sort the facts by their kind."""
    good = [sighting for sighting in sightings if not sighting.evidence.failed]
    pairs = [(fact, sighting.evidence.id) for sighting in good for fact in sighting.facts]
    return Seen(
        logs=tuple((fact, known) for fact, known in pairs if isinstance(fact, LogPattern)),
        metrics=tuple((fact, known) for fact, known in pairs if isinstance(fact, MetricReading)),
        changes=tuple((fact, known) for fact, known in pairs if isinstance(fact, Change)),
        kinds=frozenset(sighting.evidence.kind for sighting in good),
    )


def scores(modes: Sequence[FailureMode], facts: Seen) -> tuple[Score, ...]:
    """Every mode that anything speaks for, best first."""
    found = [_score(mode, facts) for mode in modes]
    return tuple(
        sorted((one for one in found if one.hits or one.readings), key=lambda one: (-one.points, one.mode.id))
    )


def _score(mode: FailureMode, facts: Seen) -> Score:
    hits = sorted(_hits(mode, facts), key=lambda hit: -hit.points)[:MAX_HITS]
    readings = {name.metric: name for name in mode.conditions}
    holding = tuple(
        (reading, known)
        for reading, known in facts.metrics
        if reading.name in readings and holds(readings[reading.name], reading, facts)
    )
    # Further hits count less and less: ten ways to say one thing are not ten reasons.
    points = sum(hit.points / (place + 1) for place, hit in enumerate(hits))
    return Score(mode, tuple(hits), holding, points)


def _hits(mode: FailureMode, facts: Seen) -> Iterator[Hit]:
    signatures, excludes = Patterns(mode.signatures), Patterns(mode.excludes)
    for place, (pattern, known) in enumerate(facts.logs):
        matched = signatures.matching(pattern.example)
        if not matched or excludes.matching(pattern.example) or is_quiet(pattern.example):
            continue
        # Signatures stand in the order of how much they say.
        said = 1.0 if matched[0] < len(mode.signatures) / 2 else 1.0 - LATER_SIGNATURE / 2
        often = 1 + math.log10(max(pattern.count, 1)) / 4
        # The loudest patterns come first; what stands far behind them is rarely the cause.
        front = 1 / (1 + place / FAR_BEHIND)
        yield Hit(pattern, known, LOUD.get(pattern.level, 1.0) * said * often * front)


def holds(condition: MetricCondition, reading: MetricReading, facts: Seen) -> bool:
    """Whether a reading is as the condition says; what is unknown is not."""
    if reading.value is None:
        return False
    if condition.is_ == "abnormal":
        return reading.abnormal()
    limit = _limit(condition, facts)
    if limit is None:
        return False
    return reading.value > limit if condition.is_ == "above" else reading.value < limit


def _limit(condition: MetricCondition, facts: Seen) -> Decimal | None:
    value = number(condition.value.removesuffix("%"))
    if value is None or not condition.percent_of:
        return value
    other = next((one.value for one, _ in facts.metrics if one.name == condition.percent_of), None)
    return None if other is None else other * value / 100


def recent_change(facts: Seen, service: str | None, since: At, now: At) -> tuple[Change, EvidenceId] | None:
    """The newest change of the service in the hour before it began to fail."""
    mine = [
        (change, known)
        for change, known in facts.changes
        if change.service == service and since - CHANGE_BEFORE <= change.at <= min(now, since + 2 * MINUTE)
    ]
    return max(mine, key=lambda pair: pair[0].at, default=None)


def is_over(hits: Sequence[Hit], facts: Seen) -> bool:
    """Whether it has ended: the log says so afterwards, or a burst is followed by silence.

    Silence counts where metrics were read as well: a log alone may simply hold no more.
    """
    lasts = [hit.pattern.last_at for hit in hits]
    if any(last is None for last in lasts):
        return False
    end = max(last for last in lasts if last is not None)
    measured = any(reading.value is not None for reading, _ in facts.metrics)
    return _said_over(end, facts) or (measured and _silent_since(end, hits, facts))


def _said_over(end: At, facts: Seen) -> bool:
    later = (each for each, _ in facts.logs if each.last_at is not None and each.last_at >= end)
    return any(tells_recovery(each.example) for each in later)


def _silent_since(end: At, hits: Sequence[Hit], facts: Seen) -> bool:
    """No more of it for ten times its usual gap, while the log went on."""
    patterns = [hit.pattern for hit in hits]
    count = sum(each.count for each in patterns)
    if count < MAX_HITS:
        return False
    start = min(each.first_at for each in patterns if each.first_at is not None)
    others = [each.last_at for each, _ in facts.logs if each not in patterns and each.last_at is not None]
    return bool(others) and max(others) - end > max((end - start) / count * QUIET_GAPS, 2 * SECOND)
