"""Log lines of a window from a file and its rotated predecessor, read from the end."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.shapes import mapping
from bot.adapters.tail import Tail, tail
from bot.domain.ids import SECOND, At
from bot.ports.world import Window

MAX_BYTES = 4_000_000
TIME_FIELDS = ("ts", "time", "timestamp", "@timestamp", "t", "at")
MILLISECONDS_FROM = 100_000_000_000
"""A larger number of seconds would be past the year 5000: it is milliseconds."""

LEADING = re.compile(
    r"\W{0,2}(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class LogLines:
    """The lines of a window, oldest first; `cut` says that the cap hid earlier ones of the window."""

    lines: tuple[str, ...]
    cut: bool


def read_window(path: Path, window: Window, max_bytes: int = MAX_BYTES) -> LogLines:
    """The lines of a window; blocks, raises OSError where the file cannot be read.

    A line without a time belongs to the line before it, as the lines of a stack trace do; in a file
    without any times all lines count.
    """
    newest = tail(path, max_bytes)
    lines = newest.lines
    left = max_bytes - sum(len(line) for line in lines)
    first = next((at for line in lines if (at := time_of(line)) is not None), None)
    cut = newest.cut
    if not newest.cut and left > 0 and (first is None or first > window.start):
        older = _rotated(path, left)
        lines, cut = older.lines + lines, older.cut
        first = next((at for line in lines if (at := time_of(line)) is not None), None)
    return LogLines(within(lines, window), cut and (first is None or first > window.start))


def within(lines: Iterable[str], window: Window) -> tuple[str, ...]:
    """The lines of a window; a line without a time goes with the line before it."""
    kept: list[str] = []
    inside = True
    for line in lines:
        at = time_of(line)
        if at is not None:
            inside = window.start <= at <= window.end
        if inside:
            kept.append(line)
    return tuple(kept)


def time_of(line: str) -> At | None:
    """When a line was written, by its JSON field or by the date at its beginning; without a zone, UTC."""
    if line.startswith("{"):
        try:
            parsed: object = json.loads(line)
        except (ValueError, RecursionError):
            return None
        fields = mapping(parsed)
        return moment(next((fields[name] for name in TIME_FIELDS if name in fields), None))
    found = LEADING.match(line)
    return moment(found[1]) if found else None


def moment(raw: object) -> At | None:
    """A moment from ISO 8601 text or from a number of seconds or milliseconds."""
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        seconds = raw / SECOND if raw >= MILLISECONDS_FROM else raw
        return At(round(seconds * SECOND)) if 0 <= seconds < MILLISECONDS_FROM else None
    if not isinstance(raw, str):
        return None
    try:
        parsed = datetime.fromisoformat(raw.strip().replace(",", "."))
    except ValueError:
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return At(round(aware.timestamp() * SECOND))


def _rotated(path: Path, max_bytes: int) -> Tail:
    try:
        return tail(path.with_name(f"{path.name}.1"), max_bytes)
    except FileNotFoundError:
        return Tail((), cut=False)
