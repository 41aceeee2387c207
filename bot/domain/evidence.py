"""What was seen: every observation has an id, a source, a query, a time range and a hash."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.domain.ids import At, EvidenceId


class EvidenceKind(StrEnum):
    """What kind of thing was looked at."""

    LOGS = "logs"
    METRICS = "metrics"
    CHANGES = "changes"
    STATE = "state"
    HISTORY = "history"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One observation, without its bytes, which are kept beside it under its id."""

    id: EvidenceId
    kind: EvidenceKind
    source: str
    query: str
    start: At
    end: At
    sha256: str
    summary: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class LogPattern:
    """Log lines of one shape: how many, when first and last, how loud, and one real line."""

    template: str
    count: int
    first_at: At | None
    last_at: At | None
    level: str
    example: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class MetricReading:
    """One metric against its normal range; `before` is its median before the alert began."""

    name: str
    unit: str
    query: str
    value: Decimal | None
    before: Decimal | None
    peak: Decimal | None
    normal_low: Decimal | None
    normal_high: Decimal | None
    at: At
    points: tuple[tuple[At, Decimal], ...] = ()
    """The samples of the window, oldest first, to be drawn."""

    def abnormal(self) -> bool:
        """Whether the value lies outside its normal range; unknown values are not abnormal."""
        if self.value is None:
            return False
        too_low = self.normal_low is not None and self.value < self.normal_low
        too_high = self.normal_high is not None and self.value > self.normal_high
        return too_low or too_high


@dataclass(frozen=True, slots=True)
class Change:
    """Something that somebody changed."""

    at: At
    who: str
    what: str
    before: str
    after: str
    service: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class StateFact:
    """One observed field of a target."""

    target: str
    name: str
    value: str


Fact = LogPattern | MetricReading | Change | StateFact


@dataclass(frozen=True, slots=True)
class Sighting:
    """An observation whole: the evidence, the text that quotes are checked against, and its facts."""

    evidence: Evidence
    text: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Observation:
    """The observed state of one target at one moment: field names and values as decimal strings or words."""

    target: str
    at: At
    fields: tuple[tuple[str, str], ...]

    def field(self, name: str) -> str | None:
        """One observed field."""
        return dict(self.fields).get(name)


def observation_in(sighting: Sighting) -> Observation | None:
    """The observed state that was kept as evidence; nothing where it is evidence of another kind."""
    facts = tuple(fact for fact in sighting.facts if isinstance(fact, StateFact))
    if not facts:
        return None
    fields = tuple((fact.name, fact.value) for fact in facts)
    return Observation(facts[0].target, sighting.evidence.end, fields)


def state_sighting(evidence: EvidenceId, seen: Observation) -> Sighting:
    """An observed state as evidence: one line per field."""
    text = "\n".join(f"{name} = {value}" for name, value in seen.fields)
    return Sighting(
        evidence=Evidence(
            id=evidence,
            kind=EvidenceKind.STATE,
            source=seen.target,
            query=f"observe {seen.target}",
            start=seen.at,
            end=seen.at,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            summary=", ".join(f"{name} {value}" for name, value in seen.fields)[:200],
        ),
        text=text,
        facts=tuple(StateFact(seen.target, name, value) for name, value in seen.fields),
    )
