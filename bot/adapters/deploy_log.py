"""The log of deployments: one JSON object a line, `{"at", "who", "service", "what", "from", "to", …}`."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from bot.adapters.change_reading import ChangeAsk, Deploys, printable
from bot.adapters.log_files import moment
from bot.adapters.shapes import mapping
from bot.adapters.tail import tail
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change
from bot.domain.ids import SECOND, At

MAX_BYTES = 1_000_000
DEPLOY, ROLLBACK = "deploy", "rollback"


async def read_deploy_log(ask: ChangeAsk, _: httpx2.AsyncClient) -> Deploys:
    """The changes of the service in a log of deployments; raises SourceUnavailableError."""
    try:
        return await asyncio.to_thread(read_deploys, Path(ask.source.setting("path")), ask.service.name)
    except OSError as error:
        raise SourceUnavailableError(f"A log of changes cannot be read ({error.strerror}).") from error


def read_deploys(path: Path, service: str) -> Deploys:
    """All changes of a service that the end of the log holds; blocks, raises OSError."""
    parsed = [_change(line) for line in tail(path, MAX_BYTES).lines]
    found = (change for change in parsed if change is not None and change.service == service)
    return Deploys(tuple(sorted(found, key=lambda change: change.at)), parsed.count(None))


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
    service = printable(fields.get("service"))
    if at is None or not service:
        return None
    note = " ".join(
        part for part in (printable(fields.get("commit")), printable(fields.get("message"))) if part
    )
    return Change(
        at=At(at),
        who=printable(fields.get("who")),
        what=printable(fields.get("what")),
        before=printable(fields.get("from")),
        after=printable(fields.get("to")),
        service=service,
        note=note,
    )
