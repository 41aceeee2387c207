"""The team without a model: failure modes scored on evidence, remedies from their pages, or no answer."""

from dataclasses import dataclass, replace
from typing import final

from bot.adapters.causes import cause_of, claims_of, unknown_cause
from bot.adapters.remedies import remedies
from bot.adapters.scoring import Score, Seen, is_over, recent_change, scores, seen
from bot.domain.evidence import Change, EvidenceKind, MetricReading
from bot.domain.finding import Claim, Confidence, Diagnosis, Remediation, Verdict
from bot.domain.ids import At, EvidenceId
from bot.domain.orders import understood
from bot.domain.service import Inventory
from bot.ports.content import Content
from bot.ports.team import Case

TEAM = "rules"
OFTEN = 3
RELATED = 3
TITLE = 80
LOOKED_AT = (EvidenceKind.LOGS, EvidenceKind.METRICS, EvidenceKind.CHANGES, EvidenceKind.STATE)


@dataclass(frozen=True, slots=True)
class Picture:
    """A case with its facts and what was changed shortly before it began."""

    case: Case
    facts: Seen
    change: tuple[Change, EvidenceId] | None

    @property
    def service(self) -> str:
        """The service by the inventory's name, else by the sender's word."""
        return str(self.case.service.name if self.case.service else self.case.alert.service or "the service")

    @property
    def abnormal(self) -> tuple[tuple[MetricReading, EvidenceId], ...]:
        """Metrics outside of their normal range."""
        return tuple((reading, known) for reading, known in self.facts.metrics if reading.abnormal())


@final
class RulesTeam:
    """Answers from the runbooks alone; says so when they do not suffice."""

    def __init__(self, content: Content) -> None:
        self._content = content

    async def diagnose(self, case: Case) -> Diagnosis:
        """The best failure mode where the logs speak for one, else what is missing."""
        found = self._found(case)
        return replace(found, notes=(*found.notes, *_related(case, self._content.inventory())))

    def _found(self, case: Case) -> Diagnosis:
        facts = seen(case.sightings)
        found = scores(self._content.failure_modes(), facts)
        best = found[0] if found and found[0].strong else None
        if best is not None and not best.readings and is_over(best.hits, facts):
            return _passed(_picture(case, facts, best), best)
        if best is not None:
            return _known(_picture(case, facts, best), best)
        picture = _picture(case, facts, None)
        if _all_normal(picture):
            return _healthy(picture)
        cause = unknown_cause(case.sightings, picture.service, picture.change)
        return _inconclusive(picture, found) if cause is None else _named(picture, *cause)

    async def remedy(self, case: Case) -> Remediation:
        """The remedies of the diagnosed failure mode, in the order of its page; or what a person wishes."""
        if case.wish:
            return _as_wished(case)
        wanted = case.diagnosis.mode if case.diagnosis else None
        mode = next((mode for mode in self._content.failure_modes() if mode.id == wanted), None)
        if mode is None or case.service is None:
            return Remediation(
                (), "No failure mode of the runbooks was recognised, so there is no known remedy."
            )
        facts = seen(case.sightings)
        began = case.alert.started_at
        found = scores((mode,), facts)
        if found:
            began = _began(case, found[0])
        change = recent_change(facts, case.service.name, began, case.now)
        return remedies(mode, case, change[0] if change else None)


def _as_wished(case: Case) -> Remediation:
    if case.service is None:
        return Remediation((), "The alert names no service of the inventory, so nothing can be planned.")
    found = understood(case.wish, case.service, case.catalogue, case.observations)
    return Remediation((), found) if isinstance(found, str) else Remediation((found,))


def _picture(case: Case, facts: Seen, best: Score | None) -> Picture:
    name = case.service.name if case.service else None
    return Picture(case, facts, recent_change(facts, name, _began(case, best), case.now))


def _began(case: Case, best: Score | None) -> At:
    """When it began: the first line that shows it, but never after the alert."""
    firsts = [hit.pattern.first_at for hit in best.hits] if best else []
    return min([case.alert.started_at, *(first for first in firsts if first is not None)])


def _known(picture: Picture, best: Score) -> Diagnosis:
    return Diagnosis(
        verdict=Verdict.CAUSE,
        cause=cause_of(picture.service, best, picture.case.sightings, picture.change),
        mode=best.mode.id,
        confidence=_confidence(picture, best),
        claims=claims_of(best, picture.case.sightings, picture.change, picture.abnormal),
        team=TEAM,
        checked=_checked(picture),
        missing=_missing(picture),
        service=picture.service,
    )


def _confidence(picture: Picture, best: Score) -> Confidence:
    """High: often in the logs and metrics confirm; medium: one thing beside the logs; low: logs alone."""
    often = sum(hit.pattern.count for hit in best.hits) >= OFTEN
    if often and best.readings:
        return Confidence.HIGH
    if picture.abnormal or picture.change or best.readings:
        return Confidence.HIGH if often and picture.abnormal and picture.change else Confidence.MEDIUM
    return Confidence.LOW


def _named(picture: Picture, cause: str, claims: tuple[Claim, ...]) -> Diagnosis:
    return Diagnosis(
        verdict=Verdict.CAUSE,
        cause=cause,
        mode="bad-deploy" if picture.change else None,
        confidence=Confidence.LOW,
        claims=claims,
        team=TEAM,
        checked=_checked(picture),
        missing=("a failure mode of the runbooks that fits: this is the loudest line, not a known cause",),
        service=picture.service,
    )


def _passed(picture: Picture, best: Score) -> Diagnosis:
    count = sum(hit.pattern.count for hit in best.hits)
    return Diagnosis(
        verdict=Verdict.HEALTHY,
        cause=f"{picture.service} works again: {count} lines of “{best.mode.title.lower()}”, and none since.",
        mode=None,
        confidence=Confidence.MEDIUM,
        claims=claims_of(best, picture.case.sightings, None, ()),
        team=TEAM,
        checked=_checked(picture),
        service=picture.service,
    )


def _all_normal(picture: Picture) -> bool:
    """Whether metrics were read, their symptom among them, and all lie in their normal range."""
    readings = [reading for reading, _ in picture.facts.metrics if reading.value is not None]
    symptom = picture.case.service.symptom if picture.case.service else None
    known = symptom is None or any(reading.name == symptom for reading in readings)
    return bool(readings) and known and not picture.abnormal


def _healthy(picture: Picture) -> Diagnosis:
    read = [(reading, known) for reading, known in picture.facts.metrics if reading.value is not None]
    ids = tuple(dict.fromkeys(known for _, known in read))
    return Diagnosis(
        verdict=Verdict.HEALTHY,
        cause=f"{picture.service}: all {len(read)} metrics are normal and no known failure shows.",
        mode=None,
        confidence=Confidence.MEDIUM,
        claims=(Claim(f"{len(read)} metrics are in their normal range", ids),),
        team=TEAM,
        checked=_checked(picture),
        missing=_missing(picture),
        service=picture.service,
    )


def _inconclusive(picture: Picture, found: tuple[Score, ...]) -> Diagnosis:
    weak = tuple(f"more signs of “{score.mode.title.lower()}”" for score in found[:2])
    return Diagnosis(
        verdict=Verdict.INCONCLUSIVE,
        cause="",
        mode=None,
        confidence=Confidence.LOW,
        claims=(),
        team=TEAM,
        checked=_checked(picture),
        missing=(*_missing(picture), *weak, "a log line that names a failure"),
        service=picture.service,
    )


def _checked(picture: Picture) -> tuple[str, ...]:
    return tuple(
        f"{sighting.evidence.kind}: {sighting.evidence.summary}"
        for sighting in picture.case.sightings
        if not sighting.evidence.failed
    )


def _related(case: Case, inventory: Inventory) -> tuple[str, ...]:
    """What else fires in this incident at services that this one depends on, or that depend on it."""
    own = case.service
    said = list[str]()
    for one in case.related:
        other = inventory.service(one.alert.service)
        if own is None or other is None:
            continue
        if other.name in own.depends_on:
            said.append(f"{other.name}, which {own.name} depends on: {one.alert.title[:TITLE]}")
        elif own.name in other.depends_on:
            said.append(f"{other.name}, which depends on {own.name}: {one.alert.title[:TITLE]}")
    more = f" (and {len(said) - RELATED} more)" if len(said) > RELATED else ""
    return (f"Also firing: {'; '.join(said[:RELATED])}{more}",) if said else ()


def _missing(picture: Picture) -> tuple[str, ...]:
    failed = tuple(
        f"{sighting.evidence.kind}: {sighting.evidence.summary}"
        for sighting in picture.case.sightings
        if sighting.evidence.failed
    )
    present = {sighting.evidence.kind for sighting in picture.case.sightings}
    return failed + tuple(f"{kind}: nothing was looked at" for kind in LOOKED_AT if kind not in present)
