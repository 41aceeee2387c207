"""Redaction over fake secrets and over ordinary log lines: what stays, what is altered, how quick."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bot.commands.eval_material import NoMaterialError, Row, rows, text
from bot.redaction.redactor import Redactor

WINDOW = 4_000_000
"""Characters of the window whose redaction is timed: what the eyes read of a log at most."""

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A secret that is still there after redaction, by what kind it is and where it was found."""

    kind: str
    source: str


def kept_secrets(found: Sequence[Row], redact: Redact) -> tuple[Kept, ...]:
    """The secrets that stay; a row that names no secret in its text counts where nothing is replaced."""
    return tuple(
        Kept(str(row["kind"]), str(row["source"]))
        for row in found
        if row["label"] == "secret" and _stays(row, redact(str(row["text"])))
    )


def _stays(row: Row, shown: str) -> bool:
    secret = cast("str | None", row.get("secret"))
    return shown == row["text"] if secret is None else secret in shown


def secrets_report(root: Path) -> Row:
    """`summary` of recall and false alteration, with the kinds that stay and the speed."""
    redact = Redactor()
    found = rows(root / "secrets" / "secrets.jsonl.xz")
    secrets = sum(row["label"] == "secret" for row in found)
    alike = [str(row["text"]) for row in found if row["label"] != "secret"]
    ordinary = [line for path in sorted((root / "loghub").glob("*.log*")) for line in text(path).splitlines()]
    if not secrets or not ordinary:
        raise NoMaterialError("no material: secrets/secrets.jsonl.xz and loghub/*.log.xz are needed")
    stay = kept_secrets(found, redact)
    altered = sum(redact(line) != line for line in ordinary)
    return {
        "summary": {
            "recall": round(1 - len(stay) / secrets, 4),
            "false_alteration": round(altered / len(ordinary), 6),
            "secrets": secrets,
            "ordinary_lines": len(ordinary),
            "look_alikes_altered": sum(redact(line) != line for line in alike),
            "look_alikes": len(alike),
            "mb_per_second": round(_speed(redact, "\n".join(ordinary)[:WINDOW]), 1),
        },
        "stay": [{"kind": one.kind, "source": one.source} for one in stay],
    }


def _speed(redact: Redact, window: str) -> float:
    began = time.process_time()
    redact(window)
    return len(window.encode()) / 1e6 / max(time.process_time() - began, 1e-9)
