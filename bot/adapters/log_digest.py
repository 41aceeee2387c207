"""All log sources of a service as one digest."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.adapters.log_files import read_window
from bot.adapters.sightings import Redact, Seen
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import LogPattern
from bot.domain.service import Source
from bot.ports.world import Window

BUDGET = 12_000
"""Characters of the digest."""

SECONDS = 15.0


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


Condense = Callable[[Iterable[str], int], Condensed]


@dataclass(frozen=True, slots=True)
class LogDigest:
    """Reads and condenses; both block and run in a thread."""

    condense: Condense
    redact: Redact

    async def of(self, sources: tuple[Source, ...], window: Window) -> Seen:
        """The digest of a window; raises SourceUnavailableError."""
        other = next((source.kind for source in sources if source.kind != "file"), None)
        if not sources or other is not None:
            raise SourceUnavailableError(
                f"There is no reader for logs of kind {other!r}." if other else "The inventory names no logs."
            )
        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.to_thread(self._digest, sources, window)
        except TimeoutError as error:
            raise SourceUnavailableError(f"The logs were not read within {SECONDS:g} s.") from error
        except OSError as error:
            raise SourceUnavailableError(f"A log cannot be read ({error.strerror}).") from error

    def _digest(self, sources: tuple[Source, ...], window: Window) -> Seen:
        read = [read_window(Path(source.setting("path")), window) for source in sources]
        # Secrets go first, in one pass, so that no later cut leaves half of one that nobody knows again.
        clean = self.redact("\n".join(line for one in read for line in one.lines))
        lines = clean.split("\n") if clean else []
        if not lines:
            return Seen("no log lines in this window", "no log lines in this window")
        condensed = self.condense(lines, BUDGET)
        cut = "; earlier lines of the window were not read" if any(one.cut for one in read) else ""
        summary = f"{len(lines)} lines in {len(condensed.patterns)} patterns{cut}"
        return Seen(f"{condensed.text}\n({summary})", summary, condensed.patterns)
