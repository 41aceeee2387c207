"""Series in memory."""

import math
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

Labels = tuple[tuple[str, str], ...]
"""Label pairs sorted by name; the metric's name is the label `__name__`."""

STALE = struct.unpack(">d", bytes.fromhex("7ff0000000000002"))[0]
"""Prometheus' marker for a series that is gone: a NaN with a bit pattern of its own."""

_STALE_BITS = struct.pack(">d", STALE)


def is_stale(value: float) -> bool:
    """Whether a value is the marker of staleness rather than a measured NaN."""
    return math.isnan(value) and struct.pack(">d", value) == _STALE_BITS


def labels_of(pairs: dict[str, str]) -> Labels:
    """Sorted labels; an empty value is the same as no label."""
    return tuple(sorted((name, value) for name, value in pairs.items() if value))


@dataclass(slots=True)
class Series:
    """One series: times in seconds, ascending, and as many values."""

    labels: Labels
    times: list[float] = field(default_factory=list[float])
    values: list[float] = field(default_factory=list[float])

    def between(self, start: float, end: float) -> tuple[Sequence[float], Sequence[float]]:
        """The samples from start to end, both included, without markers of staleness."""
        low, high = bisect_left(self.times, start), bisect_right(self.times, end)
        kept = [i for i in range(low, high) if not is_stale(self.values[i])]
        return [self.times[i] for i in kept], [self.values[i] for i in kept]

    def latest(self, at: float, lookback: float) -> tuple[float, float] | None:
        """The newest sample at or before a time, unless older than the lookback or stale."""
        index = bisect_right(self.times, at) - 1
        if index < 0 or self.times[index] <= at - lookback or is_stale(self.values[index]):
            return None
        return self.times[index], self.values[index]


class Store:
    """All series of the last `retention` seconds."""

    def __init__(self, retention: float = 1800.0, max_series: int = 20_000) -> None:
        self._retention = retention
        self._max_series = max_series
        self._by_name: dict[str, dict[Labels, Series]] = {}
        self._count = 0

    def add(self, labels: Labels, at: float, value: float) -> None:
        """Appends a sample; one that is not newer than the last of its series is dropped."""
        name = dict(labels).get("__name__", "")
        family = self._by_name.setdefault(name, {})
        series = family.get(labels)
        if series is None:
            if self._count >= self._max_series:
                return
            series = family[labels] = Series(labels)
            self._count += 1
        if series.times and at <= series.times[-1]:
            return
        series.times.append(at)
        series.values.append(value)

    def trim(self, now: float) -> None:
        """Forgets what is older than the retention."""
        horizon = now - self._retention
        for family in self._by_name.values():
            for labels, series in tuple(family.items()):
                cut = bisect_left(series.times, horizon)
                del series.times[:cut], series.values[:cut]
                if not series.times:
                    del family[labels]
                    self._count -= 1

    def select(self, name: str | None, accept: Callable[[Labels], bool]) -> Iterable[Series]:
        """The series of a name (None: of all names) whose labels are accepted."""
        families = [self._by_name.get(name, {})] if name is not None else list(self._by_name.values())
        for family in families:
            for labels, series in family.items():
                if accept(labels):
                    yield series
