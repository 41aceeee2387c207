"""Expressions over a small store."""

import pytest

from bot.playground.metrics.aggregation import format_value
from bot.playground.metrics.evaluate import Evaluator, parse
from bot.playground.metrics.functions import FUNCTIONS
from bot.playground.metrics.samples import Store, labels_of
from bot.playground.metrics.scraping import Target, parse_exposition
from bot.playground.metrics.values import Instant, QueryError
from bot.playground.queries import Queries


def evaluator() -> Evaluator:
    """Ten seconds of 3 good and 1 failed request a second, and a pool."""
    store = Store()
    base = {"service": "checkout", "environment": "production", "job": "checkout", "instance": "h:1"}
    for second in range(11):
        for status, step in (("200", 3), ("503", 1), ("402", 0)):
            labels = labels_of(base | {"__name__": "http_requests_total", "status": status})
            store.add(labels, 1000.0 + second, 500.0 + second * step)
        store.add(labels_of(base | {"__name__": "db_pool_in_use"}), 1000.0 + second, float(second))
        store.add(labels_of(base | {"__name__": "db_pool_size"}), 1000.0 + second, 20.0)
    return Evaluator(store, FUNCTIONS)


def number(query: str, at: float = 1010.0) -> float:
    value = evaluator().at(parse(query), at)
    assert isinstance(value, Instant)
    assert len(value.samples) == 1
    return value.samples[0].value


def test_the_queries_of_the_playground_measure_what_they_are_named_after() -> None:
    ask = Queries("checkout", "production")
    assert number(ask.error_rate) == pytest.approx(0.25)
    assert number(ask.traffic) == pytest.approx(4.0)
    assert (number(ask.pool_in_use), number(ask.pool_size)) == (10.0, 20.0)


def test_an_offset_looks_back() -> None:
    assert number("db_pool_in_use offset 4s") == 6.0


def test_a_vector_that_is_empty_can_be_zero() -> None:
    assert number('sum(rate(http_requests_total{status="599"}[5s])) or vector(0)') == 0.0


@pytest.mark.parametrize("query", ["rate(x", "rate(x)", 'x{a=~"("}', "", "x" * 10_000])
def test_a_malformed_query_is_bad_data(query: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(query)
    assert refused.value.kind == "bad_data"


def test_two_partners_for_one_series_are_an_error_of_execution() -> None:
    with pytest.raises(QueryError) as refused:
        evaluator().at(parse("db_pool_size / on (job) http_requests_total"), 1010.0)
    assert refused.value.kind == "execution"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (1.5e-7, "0.00000015"),
        (1e21, "1000000000000000000000"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Inf"),
    ],
)
def test_values_are_written_as_prometheus_writes_them(value: float, text: str) -> None:
    assert format_value(value) == text


def test_an_exposed_label_that_clashes_with_the_targets_is_renamed() -> None:
    found = parse_exposition('# TYPE a gauge\na{job="own"} 4\n', Target("h:1", {"job": "checkout"}))
    assert found == {
        labels_of({"__name__": "a", "exported_job": "own", "instance": "h:1", "job": "checkout"}): 4.0
    }
