"""Rates: the table of Prometheus' extrapolation, worked out by hand."""

import math

import pytest

from bot.playground.metrics.buckets import histogram_quantile
from bot.playground.metrics.samples import STALE, Series, Store, is_stale, labels_of
from bot.playground.metrics.values import Sample, Window
from bot.playground.metrics.windows import extrapolated, instantaneous, quantile


def window(values: dict[float, float], start: float, end: float) -> Window:
    return Window((), tuple(values), tuple(values.values()), start, end)


@pytest.mark.parametrize(
    ("values", "start", "end", "increase"),
    [
        ({0: 100, 10: 110, 20: 120}, 0, 20, 20.0),  # samples on both ends: nothing to extrapolate
        ({5: 100, 15: 110}, 0, 20, 20.0),  # gaps of 5 s are below 1.1 intervals: covered whole
        ({20: 100, 30: 110}, 0, 60, 20.0),  # far gaps get half an interval each
        ({5: 2, 15: 12}, 0, 20, 17.0),  # the counter was zero 2 s before its first sample: no further back
        ({0: 100, 10: 110, 20: 5}, 0, 20, 15.0),  # a restart: 10 before it, 5 after it
        ({0: 100, 10: 100}, 0, 10, 0.0),  # nothing happened
    ],
)
def test_increase_follows_the_extrapolation_table(
    values: dict[float, float], start: float, end: float, increase: float
) -> None:
    asked = window(values, start, end)
    assert extrapolated(asked, counter=True, per_second=False) == pytest.approx(increase)
    assert extrapolated(asked, counter=True, per_second=True) == pytest.approx(increase / (end - start))


def test_one_sample_has_no_rate() -> None:
    assert extrapolated(window({3: 1}, 0, 5), counter=True, per_second=True) is None
    assert instantaneous(window({3: 1}, 0, 5), counter=True) is None


def test_irate_looks_at_the_last_two_samples_and_survives_a_restart() -> None:
    assert instantaneous(window({0: 0, 8: 10, 10: 16}, 0, 10), counter=True) == 3.0
    assert instantaneous(window({8: 10, 10: 4}, 0, 10), counter=True) == 2.0


def test_a_stale_series_is_gone_at_once_and_an_old_one_after_the_lookback() -> None:
    series = Series((), [10.0, 11.0, 12.0], [1.0, 2.0, STALE])
    assert series.latest(11.5, 300) == (11.0, 2.0)
    assert series.latest(12.0, 300) is None
    assert Series((), [10.0], [1.0]).latest(310.0, 300) is None
    assert series.between(10.0, 12.0) == ([10.0, 11.0], [1.0, 2.0])
    assert not is_stale(math.nan)


def test_the_store_forgets_old_samples_and_series() -> None:
    store = Store(retention=10)
    labels = labels_of({"__name__": "up", "job": "a", "empty": ""})
    store.add(labels, 1.0, 1.0)
    store.add(labels, 1.0, 2.0)
    store.trim(5.0)
    assert [series.values for series in store.select("up", lambda _: True)] == [[1.0]]
    store.trim(20.0)
    assert list(store.select("up", lambda _: True)) == []


def test_a_histogram_quantile_is_interpolated_inside_its_bucket() -> None:
    counts = {"0.1": 10.0, "0.5": 20.0, "+Inf": 20.0}
    samples = [
        Sample(labels_of({"__name__": "x_bucket", "job": "a", "le": le}), n) for le, n in counts.items()
    ]
    (found,) = histogram_quantile(0.75, samples)
    assert (found.labels, found.value) == ((("job", "a"),), pytest.approx(0.3))
    assert math.isnan(histogram_quantile(0.5, samples[:1])[0].value)


def test_a_quantile_is_interpolated_between_ranks() -> None:
    assert quantile(0.5, [4.0, 1.0, 2.0, 3.0]) == 2.5
    assert quantile(1.5, [1.0]) == math.inf
    assert math.isnan(quantile(0.5, []))
