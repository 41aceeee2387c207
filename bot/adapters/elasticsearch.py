"""Elasticsearch and OpenSearch over `_search`: sorted by time, newest first, paged by `search_after`.

Sources: the search API references of Elasticsearch and of OpenSearch ("Paginate search results").
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import httpx2

from bot.adapters.log_entries import field_of, stamped
from bot.adapters.log_files import moment
from bot.adapters.log_reading import LogAsk, LogBatch, Newest
from bot.adapters.shapes import items, mapping
from bot.adapters.web import Backend, Question, backend_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source

PAGE = 500
MAX_PAGES = 200


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields hold what; the defaults are those of the Elastic Common Schema."""

    time: str
    message: str
    level: str


@dataclass(frozen=True, slots=True)
class Page:
    """Hits, newest first, where the next page begins, and whether parts of the index were not searched."""

    hits: list[Mapping[str, object]]
    after: list[object] | None
    partial: bool


async def read_elasticsearch(
    source: Source, ask: LogAsk, client: httpx2.AsyncClient
) -> AsyncGenerator[LogBatch]:
    """The documents of the window, oldest first; raises SourceUnavailableError."""
    backend = backend_of("The log search", source, client)
    if source.setting("api_key"):
        backend = backend.with_headers(Authorization=f"ApiKey {source.setting('api_key')}")
    fields = Fields(
        source.setting("time_field", "@timestamp"),
        source.setting("message_field", "message"),
        source.setting("level_field", "log.level"),
    )
    newest = Newest(ask.max_bytes)
    cut, broken = True, None
    try:
        cut = await _collected(backend, source, ask, fields, newest)
    except SourceUnavailableError as error:
        # The pages before it are the newest lines, and still evidence.
        broken = error
    for batch in newest.batches(cut=cut):
        yield batch
    if broken is not None:
        raise broken


async def _collected(backend: Backend, source: Source, ask: LogAsk, fields: Fields, newest: Newest) -> bool:
    """Fill the collection page by page; whether something of the window is missing."""
    known = set[tuple[str, str]]()
    after: list[object] | None = None
    partial = False
    for _ in range(MAX_PAGES):
        page = await _page(backend, source, _body(source, ask, fields, after))
        partial = partial or page.partial
        for hit in page.hits:
            key = (str(hit.get("_index")), str(hit.get("_id")))
            line = _line(hit, fields) if key not in known else None
            known.add(key)
            if line is not None and not newest.add(line):
                return True
        if page.after is None:
            return partial
        after = page.after
    return True


def _body(source: Source, ask: LogAsk, fields: Fields, after: list[object] | None) -> dict[str, object]:
    span = {"gte": ask.window.start, "lte": ask.window.end, "format": "epoch_millis"}
    wanted: list[object] = [{"range": {fields.time: span}}]
    if source.setting("query"):
        wanted.append({"query_string": {"query": source.setting("query")}})
    body: dict[str, object] = {
        "size": int(source.setting("page", str(PAGE))),
        "query": {"bool": {"filter": wanted}},
        "sort": [{fields.time: "desc"}, {source.setting("tiebreak", "_doc"): "desc"}],
        "track_total_hits": False,
    }
    return body if after is None else {**body, "search_after": after}


async def _page(backend: Backend, source: Source, body: dict[str, object]) -> Page:
    path = f"/{quote(source.setting('index'), safe=',*-_.')}/_search"
    answer = mapping(await backend.json(Question(path, body=body)))
    rows = items(mapping(answer.get("hits")).get("hits"))
    if rows is None:
        raise SourceUnavailableError("The log search answered with no list of hits.")
    hits = [mapping(row) for row in rows]
    full = len(hits) >= int(str(body["size"]))
    after = items(hits[-1].get("sort")) if full else None
    if full and not after:
        raise SourceUnavailableError("The log search answered with hits that are not sorted.")
    failed = mapping(answer.get("_shards")).get("failed", 0)
    return Page(hits, after, partial=bool(answer.get("timed_out")) or failed not in {0, None})


def _line(hit: Mapping[str, object], fields: Fields) -> str | None:
    """A document as a line; nothing where it has no time or no message."""
    document = mapping(hit.get("_source"))
    at = moment(field_of(document, fields.time))
    message = field_of(document, fields.message)
    level = field_of(document, fields.level)
    if at is None or not isinstance(message, str):
        return None
    return stamped(At(at), message, level if isinstance(level, str) and level.isalpha() else "")
