"""The log of deployments: one JSON object a line, `{"at", "who", "service", "what", "from", "to", …}`."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.log_files import moment
from bot.adapters.shapes import mapping
from bot.adapters.tail import tail
from bot.domain.evidence import Change
from bot.domain.ids import SECOND, At
from bot.ports.world import Window

MAX_BYTES = 1_000_000
MAX_FIELD = 200
DEPLOY, ROLLBACK = "deploy", "rollback"


@dataclass(frozen=True, slots=True)
class Deploys:
    """The changes of one service, oldest first, and how many lines could not be read."""

    changes: tuple[Change, ...]
    unreadable: int


def read_deploys(path: Path, service: str) -> Deploys:
    """All changes of a service that the end of the log holds; blocks, raises OSError."""
    parsed = [_change(line) for line in tail(path, MAX_BYTES).lines]
    found = (change for change in parsed if change is not None and change.service == service)
    return Deploys(tuple(sorted(found, key=lambda change: change.at)), parsed.count(None))


def inside(changes: tuple[Change, ...], window: Window) -> tuple[Change, ...]:
    """The changes of a window."""
    return tuple(change for change in changes if window.start <= change.at <= window.end)


def previous_version(changes: tuple[Change, ...], version: str) -> str | None:
    """What ran before this version was deployed; going back to a version is no deployment of it."""
    deployed = (change for change in reversed(changes) if change.what != ROLLBACK)
    newest = next((change for change in deployed if change.after == version), None)
    return newest.before if newest else None


def append_deploy(path: Path, change: Change) -> None:
    """Add one line in a single write and bring it to disk; blocks, raises OSError."""
    at = datetime.fromtimestamp(change.at / SECOND, UTC).isoformat(timespec="milliseconds")
    body = {
        "at": at,
        "who": change.who,
        "service": change.service,
        "what": change.what,
        "from": change.before,
        "to": change.after,
        "commit": "",
        "message": change.note,
    }
    line = (json.dumps(body) + "\n").encode()
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def _change(line: str) -> Change | None:
    try:
        parsed: object = json.loads(line)
    except (ValueError, RecursionError):
        return None
    fields = mapping(parsed)
    at = moment(fields.get("at"))
    service = _text(fields, "service")
    if at is None or not service:
        return None
    note = " ".join(part for part in (_text(fields, "commit"), _text(fields, "message")) if part)
    return Change(
        at=At(at),
        who=_text(fields, "who"),
        what=_text(fields, "what"),
        before=_text(fields, "from"),
        after=_text(fields, "to"),
        service=service,
        note=note,
    )


def _text(fields: Mapping[str, object], name: str) -> str:
    raw = fields.get(name, "")
    text = raw if isinstance(raw, str) else str(raw) if isinstance(raw, int) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text[:MAX_FIELD])
