"""The same samples, the same queries, our store and the real Prometheus: the answers agree."""

import asyncio
import json
import math
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.playground.metrics.api import Api, build
from bot.playground.metrics.evaluate import Evaluator
from bot.playground.metrics.functions import FUNCTIONS
from bot.playground.metrics.samples import Store, labels_of
from bot.playground.metrics.scraping import Target
from bot.playground.metrics.servers import own_store, real_prometheus
from bot.playground.processes import free_port
from bot.playground.readiness import until_ready
from tests.needs import need

pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module", autouse=True)
def real_programs() -> None:
    """The differential test needs the real Prometheus."""
    need("prometheus")
    need("promtool")


START = 1_700_000_000
SECONDS = 240
BOUNDS = ("0.005", "0.05", "0.5", "2.5", "+Inf")

INSTANT = (
    "http_requests_total",
    'http_requests_total{status=~"5..|402"}',
    'http_requests_total{status!~"5.."}',
    'http_requests_total{status!="200",job="checkout"}',
    '{__name__=~"db_pool_.*"}',
    "rate(http_requests_total[5s])",
    "rate(http_requests_total[30s])",
    "rate(http_requests_total[1m] offset 20s)",
    "increase(http_requests_total[30s])",
    "increase(http_requests_total[2m])",
    "irate(http_requests_total[20s])",
    "delta(db_pool_in_use[30s])",
    "idelta(db_pool_in_use[30s])",
    "deriv(db_pool_in_use[30s])",
    "predict_linear(db_pool_in_use[30s], 60)",
    "resets(http_requests_total[2m])",
    "changes(db_pool_in_use[1m])",
    "sum(rate(http_requests_total[30s]))",
    "sum by (status) (rate(http_requests_total[30s]))",
    "sum without (status, instance) (rate(http_requests_total[30s]))",
    "avg by (job) (db_pool_in_use)",
    "min(db_pool_in_use)",
    "max by (instance) (db_pool_in_use)",
    "count(http_requests_total)",
    "count by (status) (http_requests_total)",
    "group by (job) (http_requests_total)",
    "stddev(http_requests_total)",
    "stdvar by (job) (http_requests_total)",
    "quantile(0.9, http_requests_total)",
    "topk(2, http_requests_total)",
    "bottomk(2, http_requests_total)",
    'count_values("size", db_pool_size)',
    'sum(rate(http_requests_total{status=~"5.."}[30s])) / sum(rate(http_requests_total[30s]))',
    'sum by (job) (rate(http_requests_total{status=~"5.."}[9s])) / sum by (job) (rate(db_pool_size[9s])) > 0',
    'sum by (job) (rate(http_requests_total{status="503"}[9s])) / sum by (job) (db_pool_size) > 0.05',
    "db_pool_in_use / db_pool_size",
    "db_pool_in_use / on (instance) db_pool_size",
    "db_pool_in_use / ignoring (job) db_pool_size",
    "http_requests_total / on (instance) group_left () db_pool_size",
    "http_requests_total * on (instance) group_left (version) app_build_info",
    "app_build_info * on (instance) group_right (version) http_requests_total",
    "db_pool_in_use > 5",
    "5 < db_pool_in_use",
    "db_pool_in_use > bool 5",
    "db_pool_in_use == db_pool_in_use",
    "db_pool_in_use >= bool on (instance) db_pool_size",
    "-db_pool_in_use",
    "2 ^ 3 ^ 2 % 7",
    "1 / 0",
    "(db_pool_in_use - db_pool_in_use) / 0",
    "3 > bool 2",
    "db_pool_in_use % 3",
    "db_pool_in_use and on (instance) app_build_info",
    "http_requests_total / db_pool_size",
    "http_requests_total unless on (status) http_requests_total{status='200'}",
    "db_pool_in_use or db_pool_size",
    'sum(rate(http_requests_total{status="599"}[30s])) or vector(0)',
    "absent(nothing_at_all{job='x'})",
    "absent(db_pool_size)",
    "avg_over_time(db_pool_in_use[30s])",
    "min_over_time(db_pool_in_use[30s])",
    "max_over_time(db_pool_in_use[30s])",
    "sum_over_time(db_pool_in_use[30s])",
    "count_over_time(db_pool_in_use[30s])",
    "last_over_time(db_pool_in_use[30s])",
    "present_over_time(db_pool_in_use[30s])",
    "stddev_over_time(db_pool_in_use[30s])",
    "quantile_over_time(0.5, db_pool_in_use[30s])",
    "max_over_time(db_pool_in_use[1m:5s])",
    "max_over_time(rate(http_requests_total[10s])[1m:7s])",
    "avg_over_time(sum(db_pool_in_use)[1m:10s] offset 10s)",
    f"db_pool_in_use @ {START + 50}",
    f"rate(http_requests_total[30s] @ {START + 80})",
    "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[30s])))",
    "histogram_quantile(0.5, rate(latency_seconds_bucket[1m]))",
    "histogram_quantile(0.99, latency_seconds_bucket)",
    "histogram_quantile(0.05, latency_seconds_bucket)",
    "histogram_quantile(2, latency_seconds_bucket)",
    "histogram_quantile(0.9, nothing_bucket)",
    "clamp(db_pool_in_use, 2, 6)",
    "clamp_min(db_pool_in_use, 5)",
    "clamp_max(db_pool_in_use, 5)",
    "abs(db_pool_in_use - 10)",
    "ceil(db_pool_in_use / 3)",
    "floor(db_pool_in_use / 3)",
    "round(db_pool_in_use / 4)",
    "round(db_pool_in_use, 5)",
    "sqrt(db_pool_in_use)",
    "ln(db_pool_in_use)",
    "log2(db_pool_in_use)",
    "sgn(db_pool_in_use - 7)",
    "scalar(sum(db_pool_in_use)) + 1",
    "vector(time())",
    "timestamp(db_pool_in_use)",
    "sort_desc(db_pool_in_use)",
    '"a string"',
    "db_pool_in_use[10s]",
    "42",
)
REFUSED = (
    "rate(http_requests_total",
    "rate(http_requests_total)",
    "no_such_function(up)",
    "sum(http_requests_total[1m])",
    'up{job=~"("}',
    "",
    "http_requests_total / on (instance) db_pool_size",
    "db_pool_size / on (job) http_requests_total",
)
MOMENTS = (START + 4.0, START + 61.0, START + 120.25, START + 239.0, START + 290.5, START + 900.0)

Answer = dict[str, object]


@dataclass(frozen=True, slots=True)
class Pair:
    """Our store and the real one, holding the same samples."""

    session: aiohttp.ClientSession
    ours: str
    real: str

    async def ask(self, path: str, params: dict[str, str]) -> tuple[Answer, Answer]:
        return await _get(self.session, self.ours + path, params), await _get(
            self.session, self.real + path, params
        )


async def _get(session: aiohttp.ClientSession, url: str, params: dict[str, str]) -> Answer:
    async with session.get(url, params=params) as answer:
        return {"http": answer.status, **cast("Answer", await answer.json())}


def feed() -> list[tuple[str, dict[str, str], float, float]]:
    """Name, labels, time, value: counters with resets, gauges, a histogram, jitter, and a gap of scrapes."""
    dice = random.Random(11)
    samples: list[tuple[str, dict[str, str], float, float]] = []
    for number in (1, 2):
        base = {"instance": f"10.0.0.{number}:80", "job": "checkout"}
        counters = dict.fromkeys(("200", "402", "502", "503"), 0.0)
        buckets = dict.fromkeys(BOUNDS, 0.0)
        for second in range(SECONDS):
            if 100 <= second < 118 or (number == 2 and second > 200):
                continue
            at = START + second + round(dice.uniform(0, 0.09), 3)
            if second == 150:
                counters, buckets = dict.fromkeys(counters, 0.0), dict.fromkeys(buckets, 0.0)
            for status in counters:
                counters[status] += dice.choice((0, 1, 3, 30)) if status != "502" else 0
                samples.append(("http_requests_total", base | {"status": status}, at, counters[status]))
            for index, bound in enumerate(BOUNDS):
                buckets[bound] += dice.randint(0, 3) + (
                    buckets[BOUNDS[index - 1]] - buckets[bound] if index else 0
                )
                samples.append(("latency_seconds_bucket", base | {"le": bound}, at, buckets[bound]))
            samples.append(("db_pool_in_use", base, at, float(dice.randint(0, 20))))
            samples.append(("db_pool_size", base, at, 20.0))
            samples.append(("app_build_info", base | {"version": "42"}, at, 1.0))
    return samples


def open_metrics(samples: list[tuple[str, dict[str, str], float, float]]) -> str:
    lines = [
        name + "{" + ",".join(f'{key}="{label}"' for key, label in labels.items()) + f"}} {value} {at:.3f}"
        for name, labels, at, value in sorted(samples, key=lambda each: (each[0], str(each[1]), each[2]))
    ]
    return "\n".join([*lines, "# EOF", ""])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    samples, store = feed(), Store(retention=math.inf)
    for name, labels, at, value in samples:
        store.add(labels_of(labels | {"__name__": name}), at, value)
    app = build(Api(Evaluator(store, FUNCTIONS)))
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        real, process = await _prometheus_with(samples, tmp_path_factory.mktemp("prometheus"))
        try:
            await until_ready(f"{real}/-/ready")
            yield Pair(session, str(server.make_url("")).rstrip("/"), real)
        finally:
            process.terminate()
            await process.wait()


async def _prometheus_with(
    samples: list[tuple[str, dict[str, str], float, float]], tmp_path: Path
) -> tuple[str, asyncio.subprocess.Process]:
    text, data, config = tmp_path / "feed.om", tmp_path / "data", tmp_path / "prometheus.yml"
    text.write_text(open_metrics(samples))
    config.write_text("{}\n")
    quiet = asyncio.subprocess.DEVNULL
    made = await asyncio.create_subprocess_exec(
        *("promtool", "tsdb", "create-blocks-from", "openmetrics", str(text), str(data)), stdout=quiet
    )
    assert await made.wait() == 0
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *("prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y"),
        "--query.lookback-delta=5m",
        stdout=quiet,
        stderr=quiet,
    )
    return f"http://127.0.0.1:{port}", process


def comparable(answer: Answer) -> object:
    """The data with vectors in one order; values stay text."""
    data = cast("dict[str, object]", answer.get("data"))
    result = data["result"]
    if data["resultType"] in {"vector", "matrix"}:
        result = sorted(
            cast("list[dict[str, object]]", result),
            key=lambda each: json.dumps(each["metric"], sort_keys=True),
        )
    return [data["resultType"], result]


def same(ours: object, real: object) -> bool:
    """Equal structures; numbers, also those written as text, agree to nine digits."""
    if isinstance(ours, dict) and isinstance(real, dict):
        left, right = cast("Answer", ours), cast("Answer", real)
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(ours, list) and isinstance(real, list):
        first, second = cast("list[object]", ours), cast("list[object]", real)
        return len(first) == len(second) and all(same(a, b) for a, b in zip(first, second, strict=True))
    if ours == real:
        return True
    try:
        left_number, right_number = float(cast("str", ours)), float(cast("str", real))
    except (TypeError, ValueError):
        return False
    return math.isclose(left_number, right_number, rel_tol=1e-9, abs_tol=1e-9)


async def test_every_instant_query_gets_prometheus_answer(pair: Pair) -> None:
    wrong: list[str] = []
    for query in INSTANT:
        for when in MOMENTS:
            ours, real = await pair.ask("/api/v1/query", {"query": query, "time": str(when)})
            if ours["status"] != real["status"] or not same(comparable(ours), comparable(real)):
                wrong.append(f"{query} at {when - START}\n  ours {ours}\n  real {real}")
    assert not wrong, "\n".join(wrong[:5]) + f"\n{len(wrong)} of {len(INSTANT) * len(MOMENTS)} answers differ"


async def test_range_queries_get_prometheus_answer(pair: Pair) -> None:
    for query in (
        'sum(rate(http_requests_total{status=~"5.."}[10s])) / sum(rate(http_requests_total[10s]))',
        "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[10s])))",
        "db_pool_in_use > 10",
        "max_over_time(db_pool_in_use[20s:3s])",
        "db_pool_in_use @ end()",
        "time()",
    ):
        params = {"query": query, "start": str(START), "end": str(START + 300), "step": "7s"}
        ours, real = await pair.ask("/api/v1/query_range", params)
        assert same(comparable(ours), comparable(real)), query


async def test_what_prometheus_refuses_we_refuse_with_the_same_kind_of_error(pair: Pair) -> None:
    for query in REFUSED:
        ours, real = await pair.ask("/api/v1/query", {"query": query, "time": str(START + 60)})
        assert (ours["http"], ours["status"], ours["errorType"]) == (
            real["http"],
            real["status"],
            real["errorType"],
        ), query
        assert isinstance(ours["error"], str)


async def test_bad_range_parameters_are_refused_alike(pair: Pair) -> None:
    good = {"query": "up", "start": str(START), "end": str(START + 10), "step": "1"}
    for change in (
        {"step": "0"},
        {"end": str(START - 1)},
        {"step": "x"},
        {"start": "x"},
        {"end": str(START + 20_000)},
    ):
        ours, real = await pair.ask("/api/v1/query_range", good | change)
        assert (ours["http"], ours["errorType"]) == (real["http"], real["errorType"]), change


async def test_a_match_that_is_no_selector_is_refused_alike(pair: Pair) -> None:
    for match in ("sum(up)", "up[5m]", "up{"):
        ours, real = await pair.ask("/api/v1/series", {"match[]": match})
        assert (ours["http"], ours["errorType"]) == (real["http"], real["errorType"]), match


async def test_series_and_labels_agree(pair: Pair) -> None:
    window = {"start": str(START), "end": str(START + SECONDS)}
    for path, params in (
        ("/api/v1/series", {"match[]": 'http_requests_total{status="200"}'}),
        ("/api/v1/labels", {}),
        ("/api/v1/label/status/values", {}),
        ("/api/v1/label/__name__/values", {}),
    ):
        ours, real = await pair.ask(path, params | window)
        assert sorted(map(str, cast("list[object]", ours["data"]))) == sorted(
            map(str, cast("list[object]", real["data"]))
        ), path


async def test_both_scrape_a_live_target_alike(tmp_path: Path) -> None:
    count = 0

    async def metrics(_: web.Request) -> web.Response:
        nonlocal count
        count += 30
        text = (
            f'# TYPE orders_total counter\norders_total{{job="own"}} {count}\n# TYPE level gauge\nlevel 7\n'
        )
        return web.Response(text=text, headers={"Content-Type": "text/plain; version=0.0.4"})

    app = web.Application()
    app.router.add_get("/metrics", metrics)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        target = Target(server.make_url("").authority, {"job": "live", "environment": "production"})
        async with own_store([target]) as ours, real_prometheus([target], tmp_path) as real:
            both = Pair(session, ours, real)
            async with asyncio.timeout(30):
                while not await _all_have(both, "count_over_time(level[1m]) > 2"):  # noqa: ASYNC110 - a process
                    await asyncio.sleep(0.2)
            for query in ("level", "up", "orders_total * 0", "rate(orders_total[1m]) * 0"):
                left, right = await both.ask("/api/v1/query", {"query": query})
                assert _without_times(left) == _without_times(right), query


async def _all_have(pair: Pair, query: str) -> bool:
    answers = await pair.ask("/api/v1/query", {"query": query})
    return all(cast("dict[str, object]", answer["data"])["result"] for answer in answers)


def _without_times(answer: Answer) -> list[tuple[object, str]]:
    result = cast("list[dict[str, object]]", cast("Answer", answer["data"])["result"])
    return [(each["metric"], cast("list[str]", each["value"])[1]) for each in result]
