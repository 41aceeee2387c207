"""`greenlight parse`: how Slack messages, one JSON object with an `event` a line, are read as alerts."""

import argparse
import json
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from bot.domain.ids import SECOND, At
from bot.slack.alerts.parsing import parse

MAX_LINE = 2_000_000
"""Bytes of one line; Slack's events are far smaller."""

UNREADABLE = 2


class UnreadableLineError(Exception):
    """The line is no JSON object with an `event` object."""


def main(argv: list[str]) -> int:
    """Print what each line is; 2 where a line, or the file, could not be read."""
    file = _arguments(argv)
    code = 0
    try:
        with _opened(file) as lines:
            for number, line in _numbered(lines):
                code = _shown(number, line) or code
    except OSError as error:
        print(f"greenlight parse: cannot read {file}: {error.strerror or error}", file=sys.stderr)
        return UNREADABLE
    return code


def described(row: Mapping[str, object], event: Mapping[str, object], received_at: At) -> dict[str, object]:
    """The reading of one event, as plain JSON; nulls where there is no alert or the message does not say."""
    alert = parse(event, received_at)
    return {
        "id": row.get("id", event.get("ts")),
        "is_alert": alert is not None,
        "source": alert.source if alert else None,
        "status": alert.status.value if alert else None,
        "severity": alert.severity if alert else None,
        "title": alert.title if alert else None,
        "service": alert.service if alert else None,
        "labels": dict(alert.labels) if alert else {},
        "fingerprint": alert.fingerprint if alert else None,
    }


def _arguments(argv: list[str]) -> str:
    parser = argparse.ArgumentParser(
        prog="greenlight parse",
        description="Read Slack messages as alerts: one JSON object with an `event` key a line in, one out.",
    )
    parser.add_argument("file", metavar="FILE", help="the file to read; - is standard input")
    return cast("str", parser.parse_args(argv).file)


@contextmanager
def _opened(file: str) -> Generator[BinaryIO]:
    if file == "-":
        yield sys.stdin.buffer
        return
    with Path(file).open("rb") as opened:
        yield opened


def _numbered(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number; of a line beyond the limit just more than that much."""
    number = 0
    while line := lines.readline(MAX_LINE + 1):
        number += 1
        yield number, line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = lines.readline(MAX_LINE + 1)


def _shown(number: int, line: bytes) -> int:
    if not line.strip():
        return 0
    try:
        row, event = _read(line)
    except UnreadableLineError as error:
        print(f"line {number}: {error}", file=sys.stderr)
        return UNREADABLE
    print(json.dumps(described(row, event, At(int(time.time() * SECOND)))), flush=True)
    return 0


def _read(line: bytes) -> tuple[dict[str, object], dict[str, object]]:
    if len(line) > MAX_LINE:
        raise UnreadableLineError(f"longer than {MAX_LINE} bytes")
    try:
        row: object = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise UnreadableLineError(f"not JSON: {error}") from error
    event = cast("dict[str, object]", row).get("event") if isinstance(row, dict) else None
    if not isinstance(event, dict):
        raise UnreadableLineError("expected a JSON object with an object under `event`")
    return cast("dict[str, object]", row), cast("dict[str, object]", event)
