"""All log sources of a service as one digest: read, redacted and condensed a batch at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol

import httpx2

from bot.adapters.log_readers import LOG_READERS
from bot.adapters.log_reading import LogBatch, LogReader, Sieve, ask_of
from bot.adapters.sightings import Redact, Seen
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import LogPattern
from bot.domain.service import Source
from bot.ports.world import Window

BUDGET = 12_000
"""Characters of the digest."""

SECONDS = 15.0
BEGINS, ENDS = "-----BEGIN ", "-----END "
MAX_HELD = 500
"""Lines that are held back, so that a key that is spread over two batches is seen whole."""


class Condensed(Protocol):
    """Log lines as patterns, and the text that shows them."""

    @property
    def patterns(self) -> tuple[LogPattern, ...]:
        """The patterns, most telling first."""
        ...

    @property
    def text(self) -> str:
        """The patterns as text within the budget."""
        ...


class Condensing(Protocol):
    """Takes lines as they come; how much it keeps does not depend on how many there are."""

    def add(self, lines: Iterable[str], /) -> None:
        """Take more lines, in the order of the log."""
        ...

    def result(self, budget: int, /) -> Condensed:
        """What was seen, with a text of at most `budget` characters."""
        ...


Condense = Callable[[], Condensing]


@dataclass(slots=True)
class _Count:
    lines: int = 0
    cut: bool = False
    failed: list[SourceUnavailableError] = field(default_factory=list[SourceUnavailableError])

    def summary(self, patterns: int) -> str:
        """How much there was, and what was not seen."""
        cut = "; earlier lines of the window were not read" if self.cut else ""
        unseen = "".join(f"; not seen: {error.message}" for error in self.failed)
        return f"{self.lines} lines in {patterns} patterns{cut}{unseen}"


@dataclass(frozen=True, slots=True)
class LogDigest:
    """Reads and condenses; what takes time or blocks runs in threads, and no log is ever held whole."""

    condense: Condense
    redact: Redact
    client: httpx2.AsyncClient
    readers: Mapping[str, LogReader] = field(default_factory=lambda: LOG_READERS)
    seconds: float = SECONDS

    async def of(self, sources: tuple[Source, ...], window: Window) -> Seen:
        """The digest of a window; raises SourceUnavailableError where not one source could be read."""
        if not sources:
            raise SourceUnavailableError("The inventory names no logs.")
        condensing, count = self.condense(), _Count()
        try:
            async with asyncio.timeout(self.seconds):
                for source in sources:
                    await self._one(source, window, condensing, count)
                return await asyncio.to_thread(self._seen, condensing, count, len(sources))
        except TimeoutError as error:
            raise SourceUnavailableError(f"The logs were not read within {self.seconds:g} s.") from error

    async def _one(self, source: Source, window: Window, condensing: Condensing, count: _Count) -> None:
        """One source; that it fails is noted, and what it had told by then stays."""
        reader = self.readers.get(source.kind)
        if reader is None:
            count.failed.append(
                SourceUnavailableError(f"There is no reader for logs of kind {source.kind!r}.")
            )
            return
        ask = ask_of(source, window)
        sieve = Sieve(ask)
        try:
            async with aclosing(reader(source, ask, self.client)) as batches:
                async for lines in _whole_keys(batches, count):
                    await asyncio.to_thread(self._add, sieve.kept(lines), condensing, count)
        except SourceUnavailableError as error:
            count.failed.append(error)

    def _add(self, lines: tuple[str, ...], condensing: Condensing, count: _Count) -> None:
        if lines:
            # Secrets go first, so that no later cut leaves half of one that nobody knows again.
            clean = self.redact("\n".join(lines)).split("\n")
            count.lines += len(clean)
            condensing.add(clean)

    def _seen(self, condensing: Condensing, count: _Count, sources: int) -> Seen:
        if len(count.failed) == sources and not count.lines:
            raise count.failed[0]
        if not count.lines:
            unseen = "".join(f"; not seen: {error.message}" for error in count.failed)
            return Seen(f"no log lines in this window{unseen}", f"no log lines in this window{unseen}")
        condensed = condensing.result(BUDGET)
        summary = count.summary(len(condensed.patterns))
        return Seen(f"{condensed.text}\n({summary})", summary, condensed.patterns)


async def _whole_keys(batches: AsyncGenerator[LogBatch], count: _Count) -> AsyncGenerator[tuple[str, ...]]:
    """The lines batch by batch, a private key that begins in one and ends in the next being kept together."""
    held: tuple[str, ...] = ()
    async for batch in batches:
        count.cut = count.cut or batch.cut
        lines = held + batch.lines
        begun = _begun(lines)
        held = lines[begun:] if len(lines) - begun <= MAX_HELD else ()
        yield lines[: len(lines) - len(held)]
    yield held


def _begun(lines: tuple[str, ...]) -> int:
    """Where a key begins that has not ended; the number of lines where there is none."""
    for place in range(len(lines) - 1, max(-1, len(lines) - 1 - MAX_HELD), -1):
        if ENDS in lines[place]:
            return len(lines)
        if BEGINS in lines[place]:
            return place
    return len(lines)
