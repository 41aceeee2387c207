"""Arithmetic, comparison and set operators between scalars and vectors."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.playground.metrics.samples import Labels, labels_of
from bot.playground.metrics.values import Instant, QueryError, Sample, Value, Vector, drop, only, without_name

NAME = frozenset({"__name__"})
GROUPING = "multiple matches for labels: grouping labels must ensure unique matches"


def _divide(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _modulo(left: float, right: float) -> float:
    return math.nan if right == 0 or math.isinf(left) else math.fmod(left, right)


def _power(left: float, right: float) -> float:
    try:
        result = left**right
    except ZeroDivisionError:
        return math.inf
    except OverflowError:
        return math.inf
    return math.nan if isinstance(result, complex) else float(result)


ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "%": _modulo,
    "^": _power,
    "atan2": math.atan2,
}
COMPARISON: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Matching:
    """How two vectors find each other: `on` or `ignoring` labels, and which side may have many."""

    names: frozenset[str] = frozenset()
    on: bool = False
    many: Literal["left", "right"] | None = None
    include: tuple[str, ...] = ()
    as_bool: bool = False

    def key(self, labels: Labels) -> Labels:
        return only(labels, self.names) if self.on else drop(labels, self.names | NAME)


def binary(symbol: str, left: Value, right: Value, matching: Matching) -> Value:
    """Applies an operator to two values."""
    match left, right:
        case float(), float():
            return _number(symbol, left, right)
        case Instant(), float():
            return Instant(_with_scalar(symbol, left.samples, right, matching, swapped=False))
        case float(), Instant():
            return Instant(_with_scalar(symbol, right.samples, left, matching, swapped=True))
        case Instant(), Instant():
            return Instant(_vectors(symbol, left.samples, right.samples, matching))
        case _:
            raise QueryError("binary expression must contain only scalar and instant vector types")


def _number(symbol: str, left: float, right: float) -> float:
    if symbol in COMPARISON:
        return float(COMPARISON[symbol](left, right))
    return ARITHMETIC[symbol](left, right)


def _with_scalar(symbol: str, samples: Vector, scalar: float, matching: Matching, *, swapped: bool) -> Vector:
    found: list[Sample] = []
    for sample in samples:
        left, right = (scalar, sample.value) if swapped else (sample.value, scalar)
        if symbol in COMPARISON and not matching.as_bool:
            if COMPARISON[symbol](left, right):
                found.append(sample)
        else:
            found.append(Sample(without_name(sample.labels), _number(symbol, left, right)))
    return tuple(found)


def _vectors(symbol: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    match symbol:
        case "and" | "unless":
            keys = {matching.key(sample.labels) for sample in right}
            return tuple(
                sample for sample in left if (matching.key(sample.labels) in keys) == (symbol == "and")
            )
        case "or":
            keys = {matching.key(sample.labels) for sample in left}
            return left + tuple(sample for sample in right if matching.key(sample.labels) not in keys)
        case _:
            return _matched(symbol, left, right, matching)


def _matched(symbol: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    many, one = (right, left) if matching.many == "right" else (left, right)
    partners = _unique(one, matching, "right" if one is right else "left")
    found: dict[Labels, Sample] = {}
    used: set[Labels] = set()
    for sample in many:
        key = matching.key(sample.labels)
        partner = partners.get(key)
        if partner is None:
            continue
        outcome = _pair(symbol, sample, partner, matching)
        if matching.many is None and key in used:
            raise QueryError(
                "multiple matches for labels: many-to-one matching must be explicit", "execution"
            )
        used.add(key)
        if outcome is None:
            continue
        if outcome.labels in found:
            raise QueryError(
                "multiple matches for labels: grouping labels must ensure unique matches", "execution"
            )
        found[outcome.labels] = outcome
    return tuple(found.values())


def _unique(one: Vector, matching: Matching, side: str) -> dict[Labels, Sample]:
    partners: dict[Labels, Sample] = {}
    for sample in one:
        key = matching.key(sample.labels)
        if key in partners:
            group = "{" + ", ".join(f'{name}="{value}"' for name, value in key) + "}"
            raise QueryError(
                f"found duplicate series for the match group {group} on the {side} hand-side",
                "execution",
            )
        partners[key] = sample
    return partners


def _pair(symbol: str, sample: Sample, partner: Sample, matching: Matching) -> Sample | None:
    left, right = (partner, sample) if matching.many == "right" else (sample, partner)
    labels = _result_labels(symbol, sample.labels, partner.labels, matching)
    if symbol in COMPARISON and not matching.as_bool:
        return Sample(labels, left.value) if COMPARISON[symbol](left.value, right.value) else None
    return Sample(labels, _number(symbol, left.value, right.value))


def _result_labels(symbol: str, many: Labels, one: Labels, matching: Matching) -> Labels:
    labels = without_name(many) if symbol in ARITHMETIC or matching.as_bool else many
    if matching.many is None:
        return only(labels, matching.names) if matching.on else drop(labels, matching.names)
    source = dict(one)
    return labels_of(dict(labels) | {name: source.get(name, "") for name in matching.include})
