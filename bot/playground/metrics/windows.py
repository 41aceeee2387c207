"""Functions over a range of samples: rates with Prometheus' extrapolation, and the `_over_time` family."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from bot.playground.metrics.values import Window

NEAR = 1.1
"""A gap up to this many average intervals counts as scrape jitter and is extrapolated over whole."""


def _seconds(start: float, end: float) -> float:
    """A difference of times, exact to the millisecond: seconds since 1970 leave too few digits for more."""
    return round(end - start, 3)


def extrapolated(window: Window, *, counter: bool, per_second: bool) -> float | None:
    """Growth over the whole range, extrapolated to its ends as Prometheus' `extrapolatedRate` does."""
    if len(window.values) < 2:  # noqa: PLR2004 - growth needs two samples
        return None
    growth = window.values[-1] - window.values[0]
    if counter:
        growth += sum(before for before, after in pairwise(window.values) if after < before)
    sampled = _seconds(window.times[0], window.times[-1])
    average = sampled / (len(window.values) - 1)
    to_start = _seconds(window.start, window.times[0])
    to_end = _seconds(window.times[-1], window.end)
    if counter and growth > 0 and window.values[0] >= 0:
        # A counter cannot have been below zero: extrapolation ends where it would have been zero.
        to_start = min(to_start, sampled * (window.values[0] / growth))
    covered = sampled
    for gap in (to_start, to_end):
        covered += gap if gap < average * NEAR else average / 2
    result = growth * covered / sampled
    return result / _seconds(window.start, window.end) if per_second else result


def instantaneous(window: Window, *, counter: bool) -> float | None:
    """The change between the last two samples: a second for a counter, absolute otherwise."""
    if len(window.values) < 2:  # noqa: PLR2004 - a change needs two samples
        return None
    before, after = window.values[-2:]
    gap = _seconds(window.times[-2], window.times[-1])
    if gap <= 0:
        return None
    if not counter:
        return after - before
    return (after if after < before else after - before) / gap


def line(window: Window, at: float) -> tuple[float, float] | None:
    """Slope a second and value at a time of the least-squares line; None below two samples."""
    count = len(window.values)
    if count < 2:  # noqa: PLR2004 - a line needs two points
        return None
    xs = [_seconds(at, time) for time in window.times]
    mean_x, mean_y = math.fsum(xs) / count, math.fsum(window.values) / count
    spread = math.fsum((x - mean_x) ** 2 for x in xs)
    if spread == 0:
        return None
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(xs, window.values, strict=True)) / spread
    return slope, mean_y - slope * mean_x


def quantile(q: float, values: Sequence[float]) -> float:
    """The q-quantile with linear interpolation; infinite outside of 0..1, NaN of nothing."""
    if not values or math.isnan(q):
        return math.nan
    if q < 0:
        return -math.inf
    if q > 1:
        return math.inf
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    rank = q * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    weight = rank - low
    return ordered[low] * (1 - weight) + ordered[high] * weight


def variance(values: Sequence[float]) -> float:
    """The population variance."""
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / len(values)


def _resets(values: Sequence[float]) -> float:
    return float(sum(after < before for before, after in pairwise(values)))


def _changes(values: Sequence[float]) -> float:
    return float(sum(a != b and not (math.isnan(a) and math.isnan(b)) for a, b in pairwise(values)))


OVER_TIME: dict[str, Callable[[Sequence[float]], float]] = {
    "avg_over_time": lambda values: math.fsum(values) / len(values),
    "sum_over_time": math.fsum,
    "min_over_time": min,
    "max_over_time": max,
    "count_over_time": lambda values: float(len(values)),
    "last_over_time": lambda values: values[-1],
    "present_over_time": lambda _: 1.0,
    "stddev_over_time": lambda values: math.sqrt(variance(values)),
    "stdvar_over_time": variance,
    "changes": _changes,
    "resets": _resets,
}

COUNTERS: dict[str, Callable[[Window], float | None]] = {
    "rate": lambda window: extrapolated(window, counter=True, per_second=True),
    "increase": lambda window: extrapolated(window, counter=True, per_second=False),
    "delta": lambda window: extrapolated(window, counter=False, per_second=False),
    "irate": lambda window: instantaneous(window, counter=True),
    "idelta": lambda window: instantaneous(window, counter=False),
}
