"""Bar 3: causes that the rules team names on real incidents, and its silence on healthy ones."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from bot.adapters.condenser import condense
from bot.adapters.content import FileContent
from bot.adapters.rules_team import RulesTeam
from bot.domain.alert import Alert, AlertStatus
from bot.domain.evidence import Evidence, EvidenceKind, Fact, Sighting
from bot.domain.finding import Diagnosis, Verdict, checked
from bot.domain.ids import At, EvidenceId, Fingerprint, IncidentId
from bot.ports.team import Case
from tests.evals import material

RUNBOOKS = Path(__file__).resolve().parents[2] / "runbooks"
NOW = At(1_790_000_000_000)
BUDGET = 12_000
BAR = 0.70
NO_EVIDENCE = {"alert_payload", "datadog_monitors", "issue_data"}
"""The alert itself, and definitions of alerts: what was asked, not what was seen."""

READABLE = (".txt", ".log", ".json", ".jsonl", ".yaml", ".yml", ".gz", ".xz")


def sighting(number: int, kind: EvidenceKind, text: str, facts: tuple[Fact, ...]) -> Sighting:
    digest = hashlib.sha256(text.encode()).hexdigest()
    evidence = Evidence(EvidenceId(f"ev-{number}"), kind, "material", "", NOW, NOW, digest, text[:80])
    return Sighting(evidence, text, facts)


def flat(raw: object) -> Iterator[str]:
    """Each innermost object of a JSON answer as one line, as a log of it would read."""
    if isinstance(raw, dict):
        table = cast("dict[str, object]", raw)
        if isinstance(table.get("message"), str) and table["message"]:
            yield event(table)
            return
        plain = {key: value for key, value in table.items() if not isinstance(value, dict | list)}
        if plain:
            yield " ".join(f"{key}={value}" for key, value in plain.items())
        for value in table.values():
            yield from flat(value)
    elif isinstance(raw, list):
        for item in cast("list[object]", raw):
            yield from flat(item)


def event(table: dict[str, object]) -> str:
    """An event as the line that a log of it would hold: time, level, reason, message, object."""
    parts = ("last_time", "timestamp", "type", "level", "reason", "message", "involved_object")
    return " ".join(str(table[part]) for part in parts if part in table)


def lines(path: Path) -> list[str]:
    text = material.text(path)
    if path.suffix == ".json":
        try:
            return list(flat(json.loads(text)))
        except ValueError:
            pass
    return text.splitlines()


def sightings(case: material.Case, root: Path) -> tuple[Sighting, ...]:
    """Logs, and what the cluster told about the workload, each condensed as the eyes do it."""
    found = list[Sighting]()
    for kind in ("logs", "context"):
        parts = [
            root / str(part["path"])
            for part in material.parts(case, kind)
            if part.get("status") not in {"error", "no_data"} and part.get("tool") not in NO_EVIDENCE
        ]
        raw = [line for path in parts if path.suffix in READABLE for line in lines(path)]
        if raw:
            condensed = condense(raw, BUDGET)
            found.append(sighting(len(found), EvidenceKind.LOGS, condensed.text, condensed.patterns))
    return tuple(found)


def asked(case: material.Case, root: Path) -> Case:
    alert = Alert(
        source="material",
        status=AlertStatus.FIRING,
        severity=None,
        service=str(case["service"]),
        title=str(case["alert_text"]),
        labels=(),
        fingerprint=Fingerprint("f"),
        started_at=NOW,
    )
    content = FileContent((RUNBOOKS,), {})
    return Case(IncidentId(str(case["id"])), alert, None, sightings(case, root), content.catalogue(), NOW)


async def diagnosed(case: material.Case, root: Path) -> Diagnosis:
    team = RulesTeam(FileContent((RUNBOOKS,), {}))
    question = asked(case, root)
    return checked(await team.diagnose(question), question.sightings)


def names(diagnosis: Diagnosis, case: material.Case) -> bool:
    wanted = cast("list[list[str]]", case["must_mention"])
    forbidden = cast("list[str]", case["must_not_claim"] or [])
    said = diagnosis.cause
    return (
        diagnosis.verdict is Verdict.CAUSE
        and len(said) <= 300
        and all(any(re.search(one, said, re.IGNORECASE) for one in group) for group in wanted)
        and not any(re.search(rf"\b{re.escape(one)}\b", said, re.IGNORECASE) for one in forbidden)
    )


def gated(case: material.Case) -> bool:
    return bool(
        case["kind"] == "incident"
        and case["must_mention"]
        and case["cause_visible_in_logs"]
        and case["tier"] != "injected-fault-telemetry"
    )


async def test_the_rules_team_names_most_causes_that_logs_show() -> None:
    root = material.folder()
    named, missed = list[str](), list[str]()
    for case in filter(gated, material.cases(root)):
        diagnosis = await diagnosed(case, root)
        (named if names(diagnosis, case) else missed).append(str(case["id"]))
        if case["id"] in missed:
            print(f"missed {case['id']}: {diagnosis.verdict} {diagnosis.mode}: {diagnosis.cause}")
    share = len(named) / (len(named) + len(missed))
    print(f"cause named in {len(named)} of {len(named) + len(missed)} incidents ({share:.0%})")
    assert share >= BAR


async def test_the_rules_team_invents_no_cause_and_no_plan_where_nothing_is_wrong() -> None:
    root = material.folder()
    team = RulesTeam(FileContent((RUNBOOKS,), {}))
    invented = list[str]()
    healthy = [case for case in material.cases(root) if case["kind"] == "healthy"]
    for case in healthy:
        question = asked(case, root)
        diagnosis = checked(await team.diagnose(question), question.sightings)
        remediation = await team.remedy(question)
        if diagnosis.verdict is Verdict.CAUSE or remediation.options:
            invented.append(f"{case['id']}: {diagnosis.mode}: {diagnosis.cause}")
    print(f"{len(invented)} of {len(healthy)} healthy cases got a cause: {invented}")
    assert not invented
