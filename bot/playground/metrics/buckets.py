"""Quantiles of classic histograms, as Prometheus' `bucketQuantile` computes them."""

import math
from bisect import bisect_left
from collections.abc import Sequence

from bot.playground.metrics.samples import Labels
from bot.playground.metrics.values import Sample, drop

DROPPED = frozenset({"__name__", "le"})


def histogram_quantile(q: float, samples: Sequence[Sample]) -> tuple[Sample, ...]:
    """One quantile for each histogram among the bucket series; series without a usable `le` are ignored."""
    groups: dict[Labels, dict[float, float]] = {}
    for sample in samples:
        bound = _bound(dict(sample.labels).get("le"))
        if bound is not None:
            buckets = groups.setdefault(drop(sample.labels, DROPPED), {})
            buckets[bound] = buckets.get(bound, 0.0) + sample.value
    return tuple(Sample(labels, _of_buckets(q, sorted(found.items()))) for labels, found in groups.items())


def _bound(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _of_buckets(q: float, buckets: Sequence[tuple[float, float]]) -> float:
    if math.isnan(q) or len(buckets) < 2 or buckets[-1][0] != math.inf:  # noqa: PLR2004 - needs a bound below +Inf
        return math.nan
    if q < 0 or q > 1:
        return math.copysign(math.inf, q)
    bounds = [bound for bound, _ in buckets]
    counts = _rising([count for _, count in buckets])
    if counts[-1] == 0 or math.isnan(counts[-1]):
        return math.nan
    rank = q * counts[-1]
    index = bisect_left(counts, rank, hi=len(counts) - 1)
    if index == len(counts) - 1:
        return bounds[-2]
    if index == 0 and bounds[0] <= 0:
        return bounds[0]
    low = bounds[index - 1] if index else 0.0
    below = counts[index - 1] if index else 0.0
    return low + (bounds[index] - low) * (rank - below) / (counts[index] - below)


def _rising(counts: Sequence[float]) -> list[float]:
    """Counts made monotonic: scrapes of several targets are not atomic."""
    risen: list[float] = []
    for count in counts:
        risen.append(max(count, risen[-1]) if risen else count)
    return risen
