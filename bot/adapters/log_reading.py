"""What every reader of logs is asked and answers, whatever kind of source it reads."""

from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

import httpx2

from bot.adapters.log_shapes import LEVELS, shaped
from bot.adapters.patterns import Patterns
from bot.domain.service import Source
from bot.ports.world import Window

MAX_BYTES: Final = 4_000_000
MOST_BYTES: Final = 2_000_000_000
BATCH: Final = 2_000
"""Lines that go on together."""

RANKS = ("debug", "info", "warn", "error", "fatal")
"""Levels, quietest first."""

WITHIN = "within"
"""A second pattern, which an agent asks for; no inventory can set it."""


@dataclass(frozen=True, slots=True)
class LogAsk:
    """The window, the quietest level (empty for all), RE2 patterns (empty for all) and the cap in bytes.

    A line must match both patterns; a reader may hand the first one to its server.
    """

    window: Window
    level: str = ""
    pattern: str = ""
    max_bytes: int = MAX_BYTES
    within: str = ""


@dataclass(frozen=True, slots=True)
class LogBatch:
    """Lines, oldest first; `cut` says that a cap hid earlier lines of the window."""

    lines: tuple[str, ...]
    cut: bool = False


LogReader = Callable[[Source, LogAsk, httpx2.AsyncClient], AsyncGenerator[LogBatch]]
"""Yields the lines of the window oldest first, at most `max_bytes` of them; raises SourceUnavailableError.

What it leaves out where the cap is met are the oldest lines. Level and pattern are applied by whoever asks;
a reader may hand them to its server to be sent less.
"""


def ask_of(source: Source, window: Window) -> LogAsk:
    """What a source's own settings ask for in a window; the inventory has checked them."""
    given = int(source.setting("max_bytes", str(MAX_BYTES)))
    level = LEVELS.get(source.setting("level").lower(), "")
    most = max(1, min(given, MOST_BYTES))
    return LogAsk(window, level, source.setting("pattern"), most, source.setting(WITHIN))


def narrowed(source: Source, level: str, pattern: str) -> Source:
    """The source with less in it: the louder of both levels, and what its own pattern leaves of this one.

    The level is one of RANKS or empty, the pattern RE2 or empty; the caller has checked them.
    """
    settings = dict(source.settings)
    own = LEVELS.get(settings.get("level", "").lower(), "")
    loudest = max((one for one in (own, level) if one), key=RANKS.index, default="")
    if loudest:
        settings["level"] = loudest
    if pattern:
        settings[WITHIN if settings.get("pattern") else "pattern"] = pattern
    return replace(source, settings=tuple(settings.items()))


def place_of(source: Source) -> str:
    """Where the source's lines come from, as evidence names it."""
    names = ("path", "unit", "selector", "index", "deployment", "workload", "name")
    found = next((source.setting(name) for name in names if source.setting(name)), source.kind)
    asked = [
        f"{name} {source.setting(name)}"
        for name in ("level", "pattern", WITHIN, "query")
        if source.setting(name)
    ]
    return ", ".join([Path(found).name if source.kind == "file" else found, *asked])


@final
class Sieve:
    """Keeps the lines that are loud enough and match; a line without a level goes with the line before it."""

    def __init__(self, ask: LogAsk) -> None:
        patterns = [one for one in (ask.pattern, ask.within) if one]
        self._all = tuple(range(len(patterns)))
        self._patterns = Patterns(patterns) if patterns else None
        self._least = RANKS.index(ask.level) if ask.level else 0
        self._loud = True

    def kept(self, lines: tuple[str, ...]) -> tuple[str, ...]:
        """The lines of a batch that are wanted, in their order."""
        if self._patterns is None and not self._least:
            return lines
        return tuple(line for line in lines if self._wanted(line))

    def _wanted(self, line: str) -> bool:
        if self._least and (level := shaped(line).level):
            self._loud = RANKS.index(level) >= self._least
        return self._loud and (self._patterns is None or self._patterns.matching(line) == self._all)


@final
class Newest:
    """Collects lines that come newest first until the cap is met, and gives them back oldest first."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._lines = deque[str]()
        self.full = False

    def add(self, line: str) -> bool:
        """Take the next older line; false where there is no room for it."""
        self._left -= len(line.encode("utf-8", "replace")) + 1
        if self._left < 0:
            self.full = True
            return False
        self._lines.appendleft(line)
        return True

    def batches(self, *, cut: bool = False) -> Iterator[LogBatch]:
        """What was taken, oldest first; it is let go of on the way."""
        first = cut or self.full
        if first and not self._lines:
            yield LogBatch((), cut=True)
        while self._lines:
            count = min(BATCH, len(self._lines))
            yield LogBatch(tuple(self._lines.popleft() for _ in range(count)), first)
