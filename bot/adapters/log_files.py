"""Log lines of a window from a file and its rotated predecessor, read from the end."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import final

import httpx2

from bot.adapters.log_reading import MAX_BYTES, LogAsk, LogBatch
from bot.adapters.shapes import mapping
from bot.adapters.tail import Stretch
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.domain.service import Source
from bot.ports.world import Window

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


async def read_files(source: Source, ask: LogAsk, _: httpx2.AsyncClient) -> AsyncGenerator[LogBatch]:
    """The lines of a window from a file and its rotated predecessor; raises SourceUnavailableError."""
    batches = stream_window(Path(source.setting("path")), ask.window, ask.max_bytes)
    try:
        while (batch := await asyncio.to_thread(next, batches, None)) is not None:
            yield batch
    except OSError as error:
        raise SourceUnavailableError(f"A log cannot be read ({error.strerror}).") from error


def read_window(path: Path, window: Window, max_bytes: int = MAX_BYTES) -> LogLines:
    """The lines of a window at once; blocks, raises OSError where the file cannot be read."""
    batches = list(stream_window(path, window, max_bytes))
    return LogLines(
        tuple(line for batch in batches for line in batch.lines), any(batch.cut for batch in batches)
    )


def stream_window(path: Path, window: Window, max_bytes: int = MAX_BYTES) -> Iterator[LogBatch]:
    """The lines of a window, a batch at a time; blocks, raises OSError where the file cannot be read.

    A line without a time belongs to the line before it, as the lines of a stack trace do; in a file
    without any times all lines count.
    """
    newest = Stretch(path, max_bytes)
    parts = [newest]
    if not newest.cut and newest.size < max_bytes and _begins_after(newest, window):
        with suppress(FileNotFoundError):
            parts = [Stretch(path.with_name(f"{path.name}.1"), max_bytes - newest.size), newest]
    inside = Inside(window)
    yield LogBatch((), parts[0].cut and _begins_after(parts[0], window))
    for part in parts:
        for lines in part.batches():
            yield LogBatch(inside.kept(lines))


def _begins_after(part: Stretch, window: Window) -> bool:
    """Whether the first line with a time is later than the window's start; true where there is none."""
    first = next(
        (at for lines in part.batches() for line in lines if (at := time_of(line)) is not None), None
    )
    return first is None or first > window.start


def within(lines: Iterable[str], window: Window) -> tuple[str, ...]:
    """The lines of a window; a line without a time goes with the line before it."""
    return Inside(window).kept(lines)


@final
@dataclass(slots=True)
class Inside:
    """Keeps the lines of a window, batch after batch; a line without a time goes with the line before it."""

    window: Window
    now: bool = True

    def kept(self, lines: Iterable[str]) -> tuple[str, ...]:
        """The lines of a batch that belong to the window."""
        return tuple(line for line in lines if self._belongs(line))

    def _belongs(self, line: str) -> bool:
        at = time_of(line)
        if at is not None:
            self.now = self.window.start <= at <= self.window.end
        return self.now


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
