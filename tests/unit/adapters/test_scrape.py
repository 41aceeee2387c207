"""Metrics of a plain page: a short past of its own, and the part of PromQL that it can answer."""

import asyncio
from decimal import Decimal

import httpx2
import pytest

from bot.adapters.scrape import MAX_SAMPLES, Page, Scrapes
from bot.adapters.scrape_queries import check_scrape_query, evaluated, named_in
from bot.adapters.series import Series
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.domain.service import MetricSpec, Service, Source
from bot.ports.world import Window
from tests.fakes.backends import response, scripted
from tests.fakes.content import example_content
from tests.fakes.world import START, FakeClock
from tests.waiting import eventually

RATE = 'sum(rate(http_requests_total{status=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))'
POOL = "pool_in_use"


def page(good: int, bad: int, pool: int = 7) -> bytes:
    return f"""# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{{status="200"}} {good}
http_requests_total{{status="503"}} {bad}
# TYPE pool_in_use gauge
pool_in_use {pool}
# TYPE latency_seconds histogram
latency_seconds_bucket{{le="0.1"}} {good}
latency_seconds_bucket{{le="1"}} {good + bad}
latency_seconds_bucket{{le="+Inf"}} {good + bad}
not_wanted_total{{id="1"}} 5
""".encode()


def served(url: str) -> tuple[Service, Source]:
    source = Source("scrape", (("url", f"{url}/metrics"),))
    known = example_content().inventory().services[0]
    metrics = (MetricSpec("error_rate", RATE, "ratio"), MetricSpec("pool", POOL, "connections"))
    return Service(
        known.name, known.title, known.environment, known.criticality, known.oncall, known.lead,
        metrics_source=source, metrics=metrics,
    ), source  # fmt: skip


async def test_counters_become_rates_over_the_short_past_that_was_kept() -> None:
    clock, pages = FakeClock(), iter([page(100, 0), page(190, 10), page(190, 60)])
    async with (
        scripted(lambda _: response(next(pages))) as server,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        service, source = served(server.url)
        reader = Scrapes(client, clock).reader(service, source)
        assert await reader.instant(RATE, clock.now()) == ()
        clock.advance(10)
        at = clock.now()
        assert await reader.instant(RATE, at) == (Series((), ((at, Decimal("0.1")),)),)
        clock.advance(55)
        (newest,) = await reader.instant(RATE, clock.now())
        assert newest.samples[0][1] == 1


async def test_a_range_holds_what_was_seen_at_each_step_and_ends_at_its_end() -> None:
    clock, pages = FakeClock(), iter([page(0, 0, pool) for pool in (1, 2, 3)])
    async with (
        scripted(lambda _: response(next(pages))) as server,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        service, source = served(server.url)
        scrapes = Scrapes(client, clock)
        reader = scrapes.reader(service, source)
        await reader.instant(POOL, clock.now())
        clock.advance(20)
        await reader.instant(POOL, clock.now())
        clock.advance(20)
        (found,) = await reader.range(POOL, Window(At(START - 60 * SECOND), clock.now()), 20)
    assert [(at - START, int(value)) for at, value in found.samples] == [(0, 1), (20_000, 2), (40_000, 3)]


async def test_only_the_names_of_the_inventory_are_kept() -> None:
    async with (
        scripted(lambda _: response(page(1, 1))) as server,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        service, source = served(server.url)
        scrapes = Scrapes(client, FakeClock())
        await scrapes.reader(service, source).instant(POOL, START)
        (kept,) = scrapes._pages.values()
    assert {name for name, _ in kept.series} == {"http_requests_total", "pool_in_use"}


def test_the_past_is_short_and_series_are_few() -> None:
    kept = Page(Source("scrape"), {"pool_in_use", "x"})
    for second in range(MAX_SAMPLES + 50):
        kept.take(At(START + second), "pool_in_use 1\n")
    assert [len(samples) for samples in kept.series.values()] == [MAX_SAMPLES]
    many = "".join(f'x{{id="{number}"}} 1\n' for number in range(3_000))
    with pytest.raises(SourceUnavailableError, match="more than 2000 series"):
        kept.take(START, many)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ('c{s="a"}', "30"),
        ('c{s!="a"}', "60"),
        ('c{s=~"b|z"}', "60"),
        ('c{s!~"b"}', "30"),
        ("c", None),
        ("sum(c)", "90"),
        ("max(c) - min(c)", "30"),
        ("avg(c)", "45"),
        ("count(c)", "2"),
        ("sum by (s) (c)", None),
        ('sum(rate(c{s="a"}[1m]))', "0.5"),
        ('increase(c{s="b"}[1m])', "60"),
        ('max_over_time(c{s="a"}[5m])', "30"),
        ('avg_over_time(c{s="a"}[1m])', "15"),
        ("(sum(c) + 10) / 4", "25"),
        ("sum(c) / 0", None),
        ("0 / 0", None),
        ("sum(nothing)", None),
        ("histogram_quantile(0.5, h)", "0.5"),
        ("histogram_quantile(0.95, sum by (le) (rate(h[1m])))", "0.95"),
    ],
)
def test_queries_are_answered_as_prometheus_would(query: str, value: str | None) -> None:
    then, now = At(START - 60 * SECOND + 1), START
    a, b = (
        ({"s": "a"}, ((then, Decimal(0)), (now, Decimal(30)))),
        ({"s": "b"}, ((then, Decimal(0)), (now, Decimal(60)))),
    )
    h = [
        ({"le": le}, ((then, Decimal(0)), (now, Decimal(n))))
        for le, n in (("1", 100), ("2", 100), ("+Inf", 100))
    ]
    found = evaluated(query, lambda name: {"c": [a, b], "h": h}.get(name, []), now)
    assert (None if found is None else round(found, 3)) == (None if value is None else Decimal(value))


def test_a_counter_that_was_reset_counts_from_nothing() -> None:
    samples = tuple((At(START - 40_000 + n * 10_000), Decimal(v)) for n, v in enumerate((10, 20, 3, 5)))
    assert evaluated("increase(c[1m])", lambda _: [({}, samples)], START) == 15


UNANSWERABLE = (
    "c offset 5m",
    "topk(2, c)",
    "rate(c[5m:1m])",
    "a and b",
    "a / on (x) b",
    "label_replace(a,'b','c','d','e')",
    "sum(",
    "-c",
    '{__name__=~".+"}',
    "a > bool 3",
    "quantile(0.5, c)",
)


@pytest.mark.parametrize("query", UNANSWERABLE)
def test_what_a_page_cannot_answer_is_refused_when_it_is_read(query: str) -> None:
    assert check_scrape_query(query)
    assert named_in(query) == frozenset()
    with pytest.raises(SourceUnavailableError, match="cannot be answered from a metrics page"):
        evaluated(query, lambda _: [], START)


async def test_a_page_that_is_no_page_of_metrics_is_an_unavailable_source() -> None:
    async with (
        scripted(lambda _: response(b'pool_in_use{a="b 7\n')) as server,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        service, source = served(server.url)
        with pytest.raises(SourceUnavailableError, match="text format of Prometheus"):
            await Scrapes(client, FakeClock()).reader(service, source).instant(POOL, START)


async def test_pages_are_looked_at_at_their_pace_and_forgotten_with_their_service() -> None:
    clock = FakeClock()
    async with (
        scripted(lambda _: response(page(1, 1))) as server,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        service, _ = served(server.url)
        scrapes, services = Scrapes(client, clock), [service]
        task = asyncio.create_task(scrapes.keep_looking(lambda: services))

        async def asked_once() -> bool:
            return len(server.asked) == 1

        async def asked_twice() -> bool:
            clock.advance(15)
            return len(server.asked) >= 2

        async def forgotten() -> bool:
            return not scrapes._pages

        await eventually(asked_once)
        await eventually(asked_twice)
        services.clear()
        await eventually(forgotten)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
