"""Loki over its HTTP API: `query_range`, newest first, a page at a time.

Source: Grafana Loki's HTTP API reference ("Query logs within a range of time").
"""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

import httpx2

from bot.adapters.log_entries import stamped
from bot.adapters.log_reading import LogAsk, LogBatch, Newest
from bot.adapters.promql import quoted
from bot.adapters.shapes import items, mapping
from bot.adapters.web import Backend, Question, backend_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source

PATH = "/loki/api/v1/query_range"
PAGE = 1_000
"""Entries of one page; a server's own limit is 5,000 where nobody changed it."""
MAX_PAGES = 200
NANOSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One entry; entries of one nanosecond are told apart by their stream and their line."""

    ns: int
    stream: str
    line: str


async def read_loki(source: Source, ask: LogAsk, client: httpx2.AsyncClient) -> AsyncGenerator[LogBatch]:
    """The entries of the window, oldest first; raises SourceUnavailableError."""
    backend = backend_of("Loki", source, client)
    newest = Newest(ask.max_bytes)
    cut, broken = False, None
    try:
        async for entry in _backwards(backend, source, ask):
            if entry is None:
                cut = True
            elif not newest.add(stamped(At(entry.ns // NANOSECONDS), entry.line)):
                break
    except SourceUnavailableError as error:
        # The pages before it are the newest lines, and still evidence.
        broken = error
    for batch in newest.batches(cut=cut or broken is not None):
        yield batch
    if broken is not None:
        raise broken


async def _backwards(backend: Backend, source: Source, ask: LogAsk) -> AsyncGenerator[Entry | None]:
    """Entries newest first; nothing at the end where there are more than can be asked for."""
    page = int(source.setting("page", str(PAGE)))
    start, end = ask.window.start * NANOSECONDS, (ask.window.end + 1) * NANOSECONDS
    known = frozenset[Entry]()
    for _ in range(MAX_PAGES):
        found = await _page(backend, _query(source, ask), (start, end), page)
        for entry in found:
            if entry not in known:
                yield entry
        if len(found) < page:
            return
        oldest = found[-1].ns
        known = frozenset(entry for entry in found if entry.ns == oldest)
        if len(known) == len(found):
            # More entries of one nanosecond than a page holds: there is no way to ask for the rest.
            yield None
            end = oldest
        else:
            # The end is exclusive, and the oldest nanosecond may have more entries than were sent.
            end = oldest + 1
    yield None


async def _page(backend: Backend, query: str, between: tuple[int, int], page: int) -> list[Entry]:
    asked = {
        "query": query,
        "start": str(between[0]),
        "end": str(between[1]),
        "limit": str(page),
        "direction": "backward",
    }
    data = mapping(mapping(await backend.json(Question(PATH, asked))).get("data"))
    if data.get("resultType") != "streams":
        raise SourceUnavailableError("Loki answered with no streams; is the selector a query of log lines?")
    streams = items(data.get("result"))
    if streams is None:
        raise SourceUnavailableError("Loki answered with no list of streams.")
    return sorted((entry for stream in streams for entry in _entries(stream)), reverse=True)


def _entries(stream: object) -> Iterator[Entry]:
    fields = mapping(stream)
    labels = repr(sorted(mapping(fields.get("stream")).items()))
    for value in items(fields.get("values")) or []:
        pair = items(value) or []
        if len(pair) < 2 or not isinstance(pair[1], str):  # noqa: PLR2004 - a time and a line
            raise SourceUnavailableError("Loki answered with an entry that is no time and line.")
        try:
            yield Entry(int(str(pair[0])), labels, pair[1])
        except ValueError as error:
            raise SourceUnavailableError("Loki answered with an entry whose time is no number.") from error


def _query(source: Source, ask: LogAsk) -> str:
    """The selector with the pattern as a line filter: the same RE2, so that less is sent."""
    filtered = f" |~ {quoted(f'(?i){ask.pattern}')}" if ask.pattern else ""
    return f"{source.setting('selector')}{filtered}"
