"""A stand-in for Loki's `query_range`, written after Grafana's documentation: no Loki runs in these tests.

It knows selectors by equality and the line filters `|=`, `!=`, `|~` and `!~`, both directions and the limit;
`start` is inclusive and `end` exclusive, times are nanoseconds, entries of one stream are sorted by time.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.adapters.patterns import Patterns
from tests.fakes.backends import Asked, response

SELECTOR = re.compile(r"\{([^}]*)\}")
MATCHER = re.compile(r'\s*([a-z_]+)="([^"]*)"\s*,?')
FILTER = re.compile(r'\s*(\|=|!=|\|~|!~) "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Row:
    """One entry."""

    ns: int
    labels: tuple[tuple[str, str], ...]
    line: str


@dataclass(slots=True)
class Loki:
    """Holds rows; a script for a scripted server."""

    rows: list[Row] = field(default_factory=list[Row])
    most: int = 5_000

    def __call__(self, asked: Asked) -> object:
        if asked.path != "/loki/api/v1/query_range":
            return response(b"404 page not found\n", "404 Not Found", content_type="text/plain")
        limit = int(asked.params.get("limit", "100"))
        if limit > self.most:
            why = f"max entries limit per query exceeded, limit > max_entries_limit ({limit} > {self.most})"
            return response(why.encode(), "400 Bad Request", content_type="text/plain")
        return {
            "status": "success",
            "data": {"resultType": "streams", "result": self._streams(asked, limit), "stats": {}},
        }

    def _streams(self, asked: Asked, limit: int) -> list[dict[str, object]]:
        backward = asked.params.get("direction", "backward") == "backward"
        start, end = int(asked.params["start"]), int(asked.params["end"])
        found = [row for row in matching(self.rows, asked.params["query"]) if start <= row.ns < end]
        found = sorted(found, key=lambda row: row.ns, reverse=backward)[:limit]
        streams: defaultdict[tuple[tuple[str, str], ...], list[list[str]]] = defaultdict(list)
        for row in found:
            streams[row.labels].append([str(row.ns), row.line])
        return [{"stream": dict(labels), "values": values} for labels, values in streams.items()]


def matching(rows: Iterable[Row], query: str) -> list[Row]:
    """The rows that a LogQL query of the supported part selects."""
    selector = SELECTOR.match(query)
    assert selector is not None, query
    wanted = MATCHER.findall(selector[1])
    filters = [(kind, _unquoted(text)) for kind, text in FILTER.findall(query[selector.end() :])]
    return [
        row
        for row in rows
        if all(dict(row.labels).get(name, "") == value for name, value in wanted)
        and all(_passes(row.line, kind, text) for kind, text in filters)
    ]


def _passes(line: str, kind: str, text: str) -> bool:
    found = text in line if kind in {"|=", "!="} else bool(Patterns([text]).matching(line))
    return found if kind.startswith("|") else not found


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), text)


def rows_of(lines: Iterable[str], **labels: str) -> list[Row]:
    """Lines that begin with an ISO time as rows; a nanosecond apart only where their times are."""
    made = list[Row]()
    for line in lines:
        stamp, _, rest = line.partition(" ")
        ns = round(datetime.fromisoformat(stamp).timestamp() * 1000) * 1_000_000
        made.append(Row(ns, tuple(sorted(labels.items())), rest))
    return made
