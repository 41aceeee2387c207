"""Aggregations: sum, avg, topk and their siblings."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.playground.metrics.samples import Labels, labels_of
from bot.playground.metrics.values import QueryError, Sample, Vector, drop, only
from bot.playground.metrics.windows import quantile, variance

SIMPLE: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": lambda values: min(values, key=lambda value: (math.isnan(value), value)),
    "max": lambda values: max(values, key=lambda value: (not math.isnan(value), value)),
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
    "stddev": lambda values: math.sqrt(variance(values)),
    "stdvar": variance,
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """`by` or `without` some labels; no clause is `by` nothing."""

    names: frozenset[str] = frozenset()
    without: bool = False

    def key(self, labels: Labels) -> Labels:
        return drop(labels, self.names | {"__name__"}) if self.without else only(labels, self.names)


def aggregate(operator: str, param: float | str | None, samples: Vector, grouping: Grouping) -> Vector:
    """Applies an aggregation operator to each group."""
    groups: dict[Labels, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(grouping.key(sample.labels), []).append(sample)
    if operator in SIMPLE:
        reduce = SIMPLE[operator]
        return tuple(Sample(key, reduce([each.value for each in group])) for key, group in groups.items())
    match operator, param:
        case (("topk" | "bottomk"), float()):
            count = max(0, int(param)) if not math.isnan(param) else 0
            return tuple(
                sample
                for group in groups.values()
                for sample in _extremes(group, count, largest=operator == "topk")
            )
        case "quantile", float():
            return tuple(
                Sample(key, quantile(param, [each.value for each in group])) for key, group in groups.items()
            )
        case "count_values", str():
            return _count_values(param, groups)
        case _:
            raise QueryError(f"aggregation {operator!r} is not supported", "execution")


def _extremes(group: list[Sample], count: int, *, largest: bool) -> list[Sample]:
    sign = -1 if largest else 1
    return sorted(group, key=lambda each: (math.isnan(each.value), sign * each.value))[:count]


def _count_values(label: str, groups: dict[Labels, list[Sample]]) -> Vector:
    found: dict[Labels, int] = {}
    for key, group in groups.items():
        for sample in group:
            labels = labels_of(dict(key) | {label: format_value(sample.value)})
            found[labels] = found.get(labels, 0) + 1
    return tuple(Sample(labels, float(count)) for labels, count in found.items())


def format_value(value: float) -> str:
    """A value as Prometheus writes it: the shortest digits without an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" in text:
        digits, exponent = text.split("e")
        scale = int(exponent)
        places = max(0, len(digits.split(".")[1]) - scale) if "." in digits else max(0, -scale)
        text = f"{value:.{places}f}"
    return text.removesuffix(".0")
