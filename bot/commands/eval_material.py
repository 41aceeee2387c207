"""Recorded incidents and other rows to measure with: where they are, and how each becomes a case."""

import gzip
import hashlib
import json
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from bot.adapters.condenser import condense
from bot.domain.alert import Alert, AlertStatus
from bot.domain.evidence import Evidence, EvidenceKind, Fact, Sighting
from bot.domain.ids import At, EvidenceId, Fingerprint, IncidentId
from bot.ports.content import Content
from bot.ports.team import Case

Row = dict[str, object]
NOW = At(1_790_000_000_000)
BUDGET = 12_000
MAX_FILE = 200_000_000
"""Bytes of one file, after decompression."""

SETTING = "GREENLIGHT_MATERIAL"
NO_EVIDENCE = {"alert_payload", "datadog_monitors", "issue_data"}
"""The alert itself, and definitions of alerts: what was asked, not what was seen."""

READABLE = (".txt", ".log", ".json", ".jsonl", ".yaml", ".yml", ".gz", ".xz")


class NoMaterialError(Exception):
    """There is nothing to measure with."""


def folder(given: str | None = None) -> Path:
    """The folder of the material: the argument, else the setting; raises NoMaterialError."""
    path = given or os.environ.get(SETTING, "")
    if not path:
        raise NoMaterialError(f"no material: name the folder, or set {SETTING} to it")
    if not Path(path).is_dir():
        raise NoMaterialError(f"no material: {path} is no folder")
    return Path(path)


def rows(path: Path) -> tuple[Row, ...]:
    """One JSON object a line; raises NoMaterialError where the file is missing or unreadable."""
    try:
        lines = text(path).splitlines()
    except OSError as error:
        raise NoMaterialError(f"no material: {path.name}: {error.strerror or error}") from error
    found = list[Row]()
    for number, line in enumerate(lines, 1):
        try:
            row: object = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise NoMaterialError(f"{path.name}, line {number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise NoMaterialError(f"{path.name}, line {number}: expected an object")
        found.append(cast("Row", row))
    return tuple(found)


def text(path: Path) -> str:
    """A file as text, decompressed by its suffix."""
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "rb") as file:
        return file.read(MAX_FILE).decode(errors="replace")


def parts(case: Row, kind: str) -> list[Row]:
    """The files of one kind that belong to a case."""
    return cast("list[Row]", case.get(kind) or [])


def flat(raw: object) -> Iterator[str]:
    """Each innermost object of a JSON answer as one line, as a log of it would read."""
    if isinstance(raw, dict):
        table = cast("Row", raw)
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


def event(table: Row) -> str:
    """An event as the line that a log of it would hold: time, level, reason, message, object."""
    names = ("last_time", "timestamp", "type", "level", "reason", "message", "involved_object")
    return " ".join(str(table[name]) for name in names if name in table)


def lines(path: Path) -> list[str]:
    """A file as log lines; JSON is flattened."""
    whole = text(path)
    if path.suffix == ".json":
        try:
            return list(flat(json.loads(whole)))
        except ValueError:
            pass
    return whole.splitlines()


def sighting(number: int, kind: EvidenceKind, seen: str, facts: tuple[Fact, ...]) -> Sighting:
    """Evidence of a case, as the eyes would have made it."""
    digest = hashlib.sha256(seen.encode()).hexdigest()
    evidence = Evidence(EvidenceId(f"ev-{number}"), kind, "material", "", NOW, NOW, digest, seen[:80])
    return Sighting(evidence, seen, facts)


def sightings(case: Row, root: Path) -> tuple[Sighting, ...]:
    """Logs, and what the cluster told about the workload, each condensed as the eyes do it."""
    found = list[Sighting]()
    for kind in ("logs", "context"):
        paths = [
            root / str(part["path"])
            for part in parts(case, kind)
            if part.get("status") not in {"error", "no_data"} and part.get("tool") not in NO_EVIDENCE
        ]
        raw = [line for path in paths if path.suffix in READABLE for line in lines(path)]
        if raw:
            condensed = condense(raw, BUDGET)
            found.append(sighting(len(found), EvidenceKind.LOGS, condensed.text, condensed.patterns))
    return tuple(found)


def asked(case: Row, root: Path, content: Content) -> Case:
    """The question that a team is asked about a recorded incident."""
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
    return Case(IncidentId(str(case["id"])), alert, None, sightings(case, root), content.catalogue(), NOW)
