"""The part of PromQL that is answered over a scraped page: selectors, rates, sums, quantiles, arithmetic.

`rate` and `increase` are taken between the first and the last sample of their window, without Prometheus'
extrapolation to the window's ends.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext
from itertools import pairwise

import promql_parser as ql

from bot.adapters.patterns import Patterns
from bot.adapters.promql import check_query
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At

Samples = Sequence[tuple[At, Decimal]]
Points = Sequence[tuple[Mapping[str, str], Samples]]
Vector = list[tuple[Mapping[str, str], Decimal]]
Lookup = Callable[[str], Points]

LOOKBACK = 60 * SECOND
"""A sample that is older is no value now."""


def increase(samples: Samples) -> Decimal | None:
    """How much a counter grew; after a reset it begins at nothing again."""
    if len(samples) < 2:  # noqa: PLR2004 - a difference has two ends
        return None
    pairs = pairwise(samples)
    return sum((new if new < old else new - old for (_, old), (_, new) in pairs), Decimal(0))


def per_second(samples: Samples) -> Decimal | None:
    """The growth of a counter by the second."""
    grown = increase(samples)
    seconds = Decimal(samples[-1][0] - samples[0][0]) / SECOND if samples else Decimal(0)
    return grown / seconds if grown is not None and seconds else None


def mean(values: Sequence[Decimal]) -> Decimal | None:
    """The arithmetic mean."""
    return sum(values, Decimal(0)) / len(values) if values else None


OVER: Mapping[str, Callable[[Samples], Decimal | None]] = {
    "rate": per_second,
    "increase": increase,
    "max_over_time": lambda samples: max((value for _, value in samples), default=None),
    "min_over_time": lambda samples: min((value for _, value in samples), default=None),
    "avg_over_time": lambda samples: mean([value for _, value in samples]),
}
TOGETHER: Mapping[str, Callable[[Sequence[Decimal]], Decimal | None]] = {
    "sum": lambda values: sum(values, Decimal(0)) if values else None,
    "avg": mean,
    "max": lambda values: max(values, default=None),
    "min": lambda values: min(values, default=None),
    "count": lambda values: Decimal(len(values)),
}
ARITHMETIC: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
QUANTILE = "histogram_quantile"


def check_scrape_query(query: str) -> str | None:
    """What is wrong with a query over a scraped page, or nothing."""
    return check_query(query) or next(_unknown(ql.parse(query)), None)


def named_in(query: str) -> frozenset[str]:
    """The names of the metrics that a query needs; none where it cannot be read."""
    if check_scrape_query(query):
        return frozenset()
    return frozenset(
        part.name or "" for part in _parts(ql.parse(query)) if isinstance(part, ql.VectorSelector)
    )


def evaluated(query: str, lookup: Lookup, at: At) -> Decimal | None:
    """The one value of a query at a moment; nothing without samples, or with more than one series.

    Raises SourceUnavailableError for a query that is not supported.
    """
    problem = check_scrape_query(query)
    if problem is not None:
        raise SourceUnavailableError(f"The query cannot be answered from a metrics page: {problem}")
    with localcontext() as exact:
        exact.prec = 34
        try:
            return _only(_value(ql.parse(query), lookup, at))
        except (DivisionByZero, InvalidOperation):
            return None


def _unknown(expression: ql.Expr) -> Iterator[str]:
    for part in _parts(expression):
        match part:
            case ql.VectorSelector() if part.offset is not None or part.at is not None or not part.name:
                yield "a selector has a name, and neither offset nor @"
            case ql.Call() if part.func.name not in {*OVER, QUANTILE}:
                yield f"{part.func.name}: expected one of {', '.join(sorted({*OVER, QUANTILE}))}"
            case ql.AggregateExpr() if str(part.op) not in TOGETHER or part.param is not None:
                yield f"{part.op}: expected one of {', '.join(sorted(TOGETHER))}"
            case ql.BinaryExpr() if str(part.op) not in ARITHMETIC or part.modifier is not None:
                yield f"{part.op}: expected one of {' '.join(ARITHMETIC)}, without on, ignoring or bool"
            case ql.SubqueryExpr() | ql.StringLiteral() | ql.UnaryExpr():
                yield f"{type(part).__name__} is not supported"
            case _:
                pass


def _parts(expression: ql.Expr) -> Iterator[ql.Expr]:
    yield expression
    match expression:
        case ql.BinaryExpr():
            yield from _parts(expression.lhs)
            yield from _parts(expression.rhs)
        case ql.AggregateExpr() | ql.ParenExpr():
            yield from _parts(expression.expr)
        case ql.Call():
            for argument in expression.args:
                yield from _parts(argument)
        case ql.MatrixSelector():
            yield from _parts(expression.vector_selector)
        case _:
            pass


def _value(expression: ql.Expr, lookup: Lookup, at: At) -> Vector | Decimal | None:
    match expression:
        case ql.NumberLiteral():
            return Decimal(repr(expression.val))
        case ql.ParenExpr():
            return _value(expression.expr, lookup, at)
        case ql.VectorSelector():
            rows = _selected(expression, lookup, At(at - LOOKBACK), at)
            return [(labels, samples[-1][1]) for labels, samples in rows if samples]
        case ql.Call() if expression.func.name == QUANTILE:
            rank = _only(_value(expression.args[0], lookup, at))
            return _quantile(rank, _vector(_value(expression.args[1], lookup, at)))
        case ql.Call():
            return _over(expression, lookup, at)
        case ql.AggregateExpr():
            return _together(expression, _vector(_value(expression.expr, lookup, at)))
        case ql.BinaryExpr():
            left = _only(_value(expression.lhs, lookup, at))
            right = _only(_value(expression.rhs, lookup, at))
            if left is None or right is None:
                return None
            return ARITHMETIC[str(expression.op)](left, right)
        case _:
            return None


def _selected(
    selector: ql.VectorSelector, lookup: Lookup, start: At, end: At
) -> Iterator[tuple[Mapping[str, str], Samples]]:
    for labels, samples in lookup(selector.name or ""):
        if all(_fits(matcher, labels.get(matcher.name, "")) for matcher in selector.matchers.matchers):
            yield labels, [sample for sample in samples if start < sample[0] <= end]


def _fits(matcher: ql.Matcher, value: str) -> bool:
    if matcher.op == ql.MatchOp.Equal:
        return value == matcher.value
    if matcher.op == ql.MatchOp.NotEqual:
        return value != matcher.value
    found = bool(Patterns([f"(?-i)^(?:{matcher.value})$"]).matching(value))
    return found if matcher.op == ql.MatchOp.Re else not found


def _over(call: ql.Call, lookup: Lookup, at: At) -> Vector:
    argument = call.args[0]
    if not isinstance(argument, ql.MatrixSelector):
        return []
    start = At(at - round(argument.range.total_seconds() * SECOND))
    rows = _selected(argument.vector_selector, lookup, start, at)
    values = ((labels, OVER[call.func.name](samples)) for labels, samples in rows)
    return [(labels, value) for labels, value in values if value is not None]


def _together(aggregate: ql.AggregateExpr, rows: Vector) -> Vector:
    groups: dict[tuple[tuple[str, str], ...], list[Decimal]] = {}
    for labels, value in rows:
        kept = {name: text for name, text in labels.items() if _grouped(aggregate, name)}
        groups.setdefault(tuple(sorted(kept.items())), []).append(value)
    values = ((dict(key), TOGETHER[str(aggregate.op)](group)) for key, group in groups.items())
    return [(labels, value) for labels, value in values if value is not None]


def _grouped(aggregate: ql.AggregateExpr, label: str) -> bool:
    modifier = aggregate.modifier
    if modifier is None:
        return False
    by = modifier.type == ql.AggModifierType.By
    return (label in modifier.labels) == by


def _quantile(rank: Decimal | None, rows: Vector) -> Decimal | None:
    """By linear interpolation inside a bucket, as Prometheus documents it; buckets add up over all series."""
    buckets: dict[Decimal, Decimal] = {}
    for labels, value in rows:
        bound = Decimal(labels.get("le", "NaN").replace("+Inf", "Infinity"))
        if not bound.is_nan():
            buckets[bound] = buckets.get(bound, Decimal(0)) + value
    bounds = sorted(buckets)
    if rank is None or not 0 <= rank <= 1 or not bounds or not bounds[-1].is_infinite():
        return None
    wanted = rank * buckets[bounds[-1]]
    place = next(number for number, bound in enumerate(bounds) if buckets[bound] >= wanted)
    if buckets[bounds[-1]] == 0 or len(bounds) == 1:
        return None
    if place == len(bounds) - 1:
        return bounds[-2]
    low, under = (bounds[place - 1], buckets[bounds[place - 1]]) if place else (Decimal(0), Decimal(0))
    inside = buckets[bounds[place]] - under
    return low + (bounds[place] - low) * (wanted - under) / inside if inside else low


def _vector(value: Vector | Decimal | None) -> Vector:
    return value if isinstance(value, list) else []


def _only(value: Vector | Decimal | None) -> Decimal | None:
    """The value of one series; several have none."""
    if isinstance(value, list):
        return value[0][1] if len(value) == 1 else None
    return value
