"""What a team says, and the check that stands between any team and any card."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.evidence import EvidenceKind, MetricReading, Sighting
from bot.domain.ids import ActionId, EvidenceId, TargetId
from bot.domain.numbers import Number, all_shown, shown_by, without_unshown

MIN_QUOTE = 8
MAX_STATEMENT = 300
MAX_CLAIMS = 12
INDEPENDENT_KINDS = 2
NUMBERS_OUT = "A number of the cause stood in no evidence and was taken out."


class Verdict(StrEnum):
    """What the evidence allows to say."""

    CAUSE = "cause"
    INCONCLUSIVE = "inconclusive"
    HEALTHY = "healthy"


class Confidence(StrEnum):
    """How sure code lets a team be."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement, the evidence it rests on, for logs the words that stand there, its numbers."""

    statement: str
    evidence: tuple[EvidenceId, ...]
    quote: str = ""
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a team found out: a verdict, one cause in words, a known failure mode, and its claims."""

    verdict: Verdict
    cause: str
    mode: str | None
    confidence: Confidence
    claims: tuple[Claim, ...]
    team: str
    checked: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    dropped: int = 0
    service: str | None = None
    notes: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    """What contradicts it."""


@dataclass(frozen=True, slots=True)
class ProposedStep:
    """A step as a team proposes it: names and raw values, nothing of it trusted yet."""

    action: ActionId
    target: TargetId
    parameters: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Option:
    """One way to help: its steps, a short title, and why, in the team's own words."""

    title: str
    steps: tuple[ProposedStep, ...]
    explanation: str = ""
    raise_tier: bool = False
    """The team asks for more care than the rules do; nothing asks for less."""


@dataclass(frozen=True, slots=True)
class Remediation:
    """The ways that a team sees, the one that it proposes first; none where nothing fits."""

    options: tuple[Option, ...]
    note: str = ""
    raise_tier: bool = False
    """The same for all options."""


def normalised(text: str) -> str:
    """Text as quotes are compared: NFKC, one space for white space, no case."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().casefold()


def holds(claim: Claim, sightings: Mapping[EvidenceId, Sighting]) -> bool:
    """Whether a claim cites evidence that exists, quotes words that stand there, states numbers it shows."""
    cited = tuple(sightings[known] for known in claim.evidence if known in sightings)
    if not cited or len(cited) != len(claim.evidence) or not claim.statement.strip():
        return False
    if not all(shown_by(number, cited) for number in claim.numbers):
        return False
    if not all_shown(claim.statement, claim.numbers, cited):
        return False
    if not claim.quote:
        return all(sighting.evidence.kind != EvidenceKind.LOGS for sighting in cited)
    quote = normalised(claim.quote)
    return len(quote) >= MIN_QUOTE and any(quote in normalised(sighting.text) for sighting in cited)


def checked(diagnosis: Diagnosis, sightings: tuple[Sighting, ...]) -> Diagnosis:
    """The diagnosis without the claims that do not hold, its confidence capped by rules.

    High needs a known failure mode, two kinds of evidence, and nothing that contradicts it; a cause without
    any claim is inconclusive. A number of the cause that stands in no evidence is taken out and counted.
    """
    by_id = {sighting.evidence.id: sighting for sighting in sightings}
    kept = tuple(claim for claim in diagnosis.claims[:MAX_CLAIMS] if holds(claim, by_id))
    against = tuple(dict.fromkeys((*diagnosis.against, *_contradictions(diagnosis, sightings))))
    cause, wrong = without_unshown(diagnosis.cause[:MAX_STATEMENT], sightings)
    doubted = bool(against) or bool(wrong)
    result = replace(
        diagnosis,
        cause=cause,
        claims=kept,
        dropped=diagnosis.dropped + len(diagnosis.claims) - len(kept) + wrong,
        against=against,
        confidence=_capped(diagnosis, kinds=_independent(kept, by_id), against=doubted),
        notes=(*diagnosis.notes, *([NUMBERS_OUT] if wrong else [])),
    )
    if diagnosis.verdict is Verdict.CAUSE and not kept:
        return replace(
            result,
            verdict=Verdict.INCONCLUSIVE,
            confidence=Confidence.LOW,
            missing=(*diagnosis.missing, "evidence for the suspected cause: no claim held up"),
        )
    return result


def _contradictions(diagnosis: Diagnosis, sightings: tuple[Sighting, ...]) -> tuple[str, ...]:
    """What was measured against it: nobody may call healthy what lies outside of its normal range."""
    if diagnosis.verdict is not Verdict.HEALTHY:
        return ()
    readings = (fact for sighting in sightings for fact in sighting.facts if isinstance(fact, MetricReading))
    names = dict.fromkeys(reading.name for reading in readings if reading.abnormal())
    return tuple(f"{name} is outside of its normal range" for name in names)


def _independent(claims: tuple[Claim, ...], by_id: Mapping[EvidenceId, Sighting]) -> int:
    """How many kinds of sources speak for the claims; one that did not answer does not speak."""
    cited = (by_id[known].evidence for claim in claims for known in claim.evidence)
    return len({evidence.kind for evidence in cited if not evidence.failed})


def _capped(diagnosis: Diagnosis, kinds: int, *, against: bool) -> Confidence:
    cap = Confidence.HIGH
    if diagnosis.mode is None or kinds < INDEPENDENT_KINDS or against:
        cap = Confidence.MEDIUM
    if kinds == 0 or diagnosis.verdict is Verdict.INCONCLUSIVE:
        cap = Confidence.LOW
    return min(diagnosis.confidence, cap, key=RANK.__getitem__)
