"""Loki and Elasticsearch, over stand-ins that hold the real lines of a pod."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.condenser import Condenser
from bot.adapters.elasticsearch import read_elasticsearch
from bot.adapters.log_digest import LogDigest
from bot.adapters.log_entries import stamped
from bot.adapters.loki import read_loki
from bot.adapters.web import http_client
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source
from bot.ports.world import Window
from bot.redaction.redactor import Redactor
from tests.fakes.backends import Asked, response, scripted
from tests.fakes.log_stores import LINES, WHOLE, Elasticsearch, at_of, read
from tests.fakes.loki import Loki, Row, rows_of

APP = {"app": "shop"}
UNAUTHORISED = response(b"token expired", "401 Unauthorized")


def loki(url: str, **more: str) -> Source:
    return Source("loki", (("url", url), ("selector", '{app="shop"}'), *more.items()))


def search(url: str, **more: str) -> Source:
    return Source("elasticsearch", (("url", url), ("index", "logs-*"), *more.items()))


def store() -> Loki:
    return Loki(rows_of(LINES, **APP) + rows_of(LINES[:50], app="other"))


def documents() -> list[dict[str, Any]]:
    halves = (line.split(" ", 1) for line in LINES)
    return [{"@timestamp": stamp, "message": rest, "log": {"level": "error"}} for stamp, rest in halves]


@pytest.mark.parametrize("page", ["7", "100", "1000"])
async def test_loki_gives_every_line_once_in_order_whatever_the_page(page: str) -> None:
    async with scripted(store()) as server:
        lines, cut = await read(read_loki, loki(server.url, page=page))
    assert not cut
    assert sorted(lines) == sorted(LINES)
    assert [at_of(line) for line in lines] == sorted(map(at_of, LINES))


async def test_loki_is_asked_newest_first_within_the_window_with_its_tenant() -> None:
    async with scripted(store()) as server:
        await read(read_loki, loki(server.url, token="t", tenant="shop"), Window(At(1_000), At(2_000)))
    (asked,) = server.asked
    assert asked.params == {
        "query": '{app="shop"}',
        "start": "1000000000",
        "end": "2001000000",
        "limit": "1000",
        "direction": "backward",
    }
    assert (asked.headers["x-scope-orgid"], asked.headers["authorization"]) == ("shop", "Bearer t")


async def test_a_pattern_goes_to_loki_and_cannot_leave_its_string() -> None:
    async with scripted(store()) as server:
        lines, _ = await read(read_loki, loki(server.url), pattern='certificate expired|"} or {app="other')
    assert lines
    assert len(lines) == sum("certificate expired" in line for line in LINES)
    assert server.asked[0].params["query"] == (
        '{app="shop"} |~ "(?i)certificate expired|\\"} or {app=\\"other"'
    )


async def test_a_cap_keeps_the_newest_lines_and_says_so() -> None:
    async with scripted(store()) as server:
        lines, cut = await read(read_loki, loki(server.url, page="50"), max_bytes=5_000)
    assert cut
    assert sum(len(line) + 1 for line in lines) <= 5_000
    assert lines[-1] in LINES[-3:]
    assert len(server.asked) == 1


async def test_more_entries_of_one_moment_than_a_page_holds_are_cut_and_said() -> None:
    rows = [Row(5_000_000_000, (("app", "shop"),), f"line {number}") for number in range(9)]
    later = Row(6_000_000_000, (("app", "shop"),), "later")
    async with scripted(Loki([*rows, later])) as server:
        lines, cut = await read(read_loki, loki(server.url, page="4"), Window(At(0), At(10_000)))
    assert cut
    assert lines[-1].endswith("later")
    assert 4 <= len(lines) < 10


async def test_a_refusal_in_the_middle_keeps_what_was_read_and_says_it() -> None:
    held = store()
    answers: Iterator[bool] = iter((True, True, False))

    def script(asked: Asked) -> object:
        return held(asked) if next(answers) else UNAUTHORISED

    async with scripted(script) as server, http_client() as client:
        digest = LogDigest(Condenser, Redactor(), client)
        seen = await digest.of((loki(server.url, page="100"),), WHOLE)
    assert "earlier lines of the window were not read" in seen.summary
    assert "not seen: Loki answered 401: it does not accept our credential." in seen.summary
    assert seen.facts


async def test_a_limit_above_the_servers_own_is_an_error_that_says_why() -> None:
    async with scripted(Loki(most=50)) as server:
        with pytest.raises(SourceUnavailableError, match="Loki answered 400: max entries limit per query"):
            await read(read_loki, loki(server.url))


@pytest.mark.parametrize("size", ["13", "500", "1000"])
async def test_a_search_gives_every_line_once_in_order_whatever_the_page(size: str) -> None:
    async with scripted(Elasticsearch(documents())) as server:
        lines, cut = await read(read_elasticsearch, search(server.url, page=size))
    assert not cut
    assert sorted(lines) == sorted(LINES)
    assert [at_of(line) for line in lines] == sorted(map(at_of, LINES))


async def test_a_search_is_sorted_filtered_and_authorised() -> None:
    held = Elasticsearch(documents())
    async with scripted(held) as server:
        await read(read_elasticsearch, search(server.url, page="1000", query="service:shop", api_key="abc"))
        await read(read_elasticsearch, search(server.url, page="1000", username="u", password="p"))
    (first, second), body = server.asked, held.bodies[0]
    assert (first.method, first.path) == ("POST", "/logs-*/_search")
    assert body["sort"] == [{"@timestamp": "desc"}, {"_doc": "desc"}]
    assert body["query"]["bool"]["filter"][1] == {"query_string": {"query": "service:shop"}}
    assert first.headers["authorization"] == "ApiKey abc"
    assert second.headers["authorization"] == "Basic " + base64.b64encode(b"u:p").decode()


async def test_a_search_that_left_out_shards_says_so() -> None:
    async with scripted(Elasticsearch(documents(), shards_failed=1)) as server:
        lines, cut = await read(read_elasticsearch, search(server.url))
    assert lines
    assert cut


async def test_an_error_of_the_search_is_told_with_its_reason() -> None:
    said = (
        b'{"error": {"type": "index_not_found_exception", "reason": "no such index [logs-*]"}, "status": 404}'
    )
    async with scripted(lambda _: response(said, "404 Not Found")) as server:
        with pytest.raises(SourceUnavailableError, match=r"404: no such index \[logs-\*\]"):
            await read(read_elasticsearch, search(server.url))


@pytest.mark.parametrize(
    ("text", "level", "line"),
    [
        ("pool exhausted", "error", "1970-01-01T00:00:01.000Z ERROR pool exhausted"),
        ("WARN slow", "error", "1970-01-01T00:00:01.000Z WARN slow"),
        ("2026-01-01T00:00:00Z done", "", "2026-01-01T00:00:00Z done"),
        ("Error\n  at a()\n\n  at b()", "", "1970-01-01T00:00:01.000Z Error | at a() | at b()"),
        ('{"msg": "x"}', "warn", '{"ts": "1970-01-01T00:00:01.000Z", "level": "warn", "msg": "x"}'),
        ('{"time": "2026-01-01T00:00:00Z", "msg": "x"}', "", '{"time": "2026-01-01T00:00:00Z", "msg": "x"}'),
    ],
)
def test_an_entry_is_one_line_with_its_time_and_its_level(text: str, level: str, line: str) -> None:
    assert stamped(At(1_000), text, level) == line
