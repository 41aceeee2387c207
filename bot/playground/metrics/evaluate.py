"""Evaluates a PromQL expression at one moment, over the syntax tree of `promql_parser`."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import promql_parser as ql

from bot.playground.metrics import operators
from bot.playground.metrics.aggregation import Grouping, aggregate
from bot.playground.metrics.matchers import acceptor
from bot.playground.metrics.samples import Store
from bot.playground.metrics.values import (
    Instant,
    QueryError,
    Range,
    Sample,
    Text,
    Value,
    Vector,
    Window,
    without_name,
)

LOOKBACK = 300.0
SUBQUERY_STEP = 1.0
MAX_QUERY = 8_192
MAX_STEPS = 11_000


@dataclass(frozen=True, slots=True)
class Moment:
    """The evaluation time and the ends of the whole query, all in seconds."""

    at: float
    start: float
    end: float


Function = Callable[["Evaluator", list[ql.Expr], Moment], Value]


def parse(query: str) -> ql.Expr:
    """Parses a query; raises QueryError with Prometheus' wording."""
    if len(query) > MAX_QUERY:
        raise QueryError(f'invalid parameter "query": longer than {MAX_QUERY} characters')
    try:
        return ql.parse(query)
    except ValueError as error:
        raise QueryError(f'invalid parameter "query": parse error: {error}') from error


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates expressions on a store, with a table of functions."""

    store: Store
    functions: dict[str, Function]

    def at(self, expr: ql.Expr, when: float) -> Value:
        """The value of an expression at a time in seconds."""
        return self.value(expr, Moment(when, when, when))

    def value(self, expr: ql.Expr, moment: Moment) -> Value:
        """The value of an expression at a moment."""
        match expr:
            case ql.NumberLiteral():
                return expr.val
            case ql.StringLiteral():
                return Text(expr.val)
            case ql.VectorSelector():
                return Instant(self._instant(expr, moment))
            case ql.MatrixSelector():
                return Range(self._range(expr, moment))
            case ql.SubqueryExpr():
                return Range(self._subquery(expr, moment))
            case _:
                return self._composed(expr, moment)

    def _composed(self, expr: ql.Expr, moment: Moment) -> Value:
        match expr:
            case ql.ParenExpr():
                return self.value(expr.expr, moment)
            case ql.UnaryExpr():
                return self._negated(self.value(expr.expr, moment))
            case ql.AggregateExpr():
                return Instant(self._aggregated(expr, moment))
            case ql.BinaryExpr():
                left, right = self.value(expr.lhs, moment), self.value(expr.rhs, moment)
                return operators.binary(str(expr.op), left, right, _matching(expr.modifier))
            case ql.Call():
                function = self.functions.get(expr.func.name)
                if function is None:
                    raise QueryError(f"function {expr.func.name!r} is not supported", "execution")
                return function(self, expr.args, moment)
            case _:
                raise QueryError(f"{type(expr).__name__} is not supported", "execution")

    def vector(self, expr: ql.Expr, moment: Moment) -> Vector:
        """The value of an expression that must be an instant vector."""
        value = self.value(expr, moment)
        if not isinstance(value, Instant):
            raise QueryError("expected an instant vector")
        return value.samples

    def number(self, expr: ql.Expr, moment: Moment) -> float:
        """The value of an expression that must be a scalar."""
        value = self.value(expr, moment)
        if not isinstance(value, float):
            raise QueryError("expected a scalar")
        return value

    def windows(self, expr: ql.Expr, moment: Moment) -> tuple[Window, ...]:
        """The value of an expression that must be a range vector."""
        value = self.value(expr, moment)
        if not isinstance(value, Range):
            raise QueryError("expected a range vector")
        return value.windows

    def _negated(self, value: Value) -> Value:
        match value:
            case float():
                return -value
            case Instant():
                return Instant(tuple(Sample(without_name(s.labels), -s.value) for s in value.samples))
            case _:
                raise QueryError("unary expression only allowed on expressions of type scalar or vector")

    def _instant(self, expr: ql.VectorSelector, moment: Moment) -> Vector:
        when = _shifted(moment, expr.at, expr.offset)
        found: list[Sample] = []
        for series in self.store.select(expr.name, acceptor(expr.matchers)):
            latest = series.latest(when, LOOKBACK)
            if latest is not None:
                found.append(Sample(series.labels, latest[1]))
        return tuple(found)

    def timestamps(self, expr: ql.VectorSelector, moment: Moment) -> Vector:
        """The times of the samples that a selector finds."""
        when = _shifted(moment, expr.at, expr.offset)
        found: list[Sample] = []
        for series in self.store.select(expr.name, acceptor(expr.matchers)):
            latest = series.latest(when, LOOKBACK)
            if latest is not None:
                found.append(Sample(without_name(series.labels), latest[0]))
        return tuple(found)

    def _range(self, expr: ql.MatrixSelector, moment: Moment) -> tuple[Window, ...]:
        selector = expr.vector_selector
        end = _shifted(moment, selector.at, selector.offset)
        start = end - expr.range.total_seconds()
        found: list[Window] = []
        for series in self.store.select(selector.name, acceptor(selector.matchers)):
            times, values = series.between(start, end)
            if times:
                found.append(Window(series.labels, tuple(times), tuple(values), start, end))
        return tuple(found)

    def _subquery(self, expr: ql.SubqueryExpr, moment: Moment) -> tuple[Window, ...]:
        end = _shifted(moment, expr.at, expr.offset)
        length = expr.range.total_seconds() if expr.range else 0.0
        step = expr.step.total_seconds() if expr.step else SUBQUERY_STEP
        if length / step > MAX_STEPS:
            raise QueryError("subquery has too many steps", "execution")
        # Steps of a subquery stand on multiples of the step, whatever the evaluation time.
        first = math.ceil((end - length) / step - 1e-9)
        last = math.floor(end / step + 1e-9)
        points: dict[tuple[tuple[str, str], ...], tuple[list[float], list[float]]] = {}
        for index in range(first, last + 1):
            when = index * step
            inner = self.value(expr.expr, replace(moment, at=when))
            samples = inner.samples if isinstance(inner, Instant) else ()
            for sample in (Sample((), inner),) if isinstance(inner, float) else samples:
                times, values = points.setdefault(sample.labels, ([], []))
                times.append(when)
                values.append(sample.value)
        return tuple(
            Window(labels, tuple(times), tuple(values), end - length, end)
            for labels, (times, values) in points.items()
        )

    def _aggregated(self, expr: ql.AggregateExpr, moment: Moment) -> Vector:
        param: float | str | None = None
        if isinstance(expr.param, ql.Expr):
            value = self.value(expr.param, moment)
            param = value.value if isinstance(value, Text) else self.number(expr.param, moment)
        elif expr.param is not None:
            param = str(expr.param)
        return aggregate(str(expr.op), param, self.vector(expr.expr, moment), _grouping(expr.modifier))


def _shifted(moment: Moment, at: ql.AtModifier | None, offset: timedelta | None) -> float:
    when = moment.at
    if at is not None:
        if at.type == ql.AtModifierType.Start:
            when = moment.start
        elif at.type == ql.AtModifierType.End:
            when = moment.end
        elif at.at is not None:
            when = at.at.timestamp()
    return when - (offset.total_seconds() if offset else 0.0)


def _grouping(modifier: ql.AggModifier | None) -> Grouping:
    if modifier is None:
        return Grouping()
    return Grouping(frozenset(modifier.labels), modifier.type == ql.AggModifierType.Without)


def _matching(modifier: ql.BinModifier | None) -> operators.Matching:
    if modifier is None:
        return operators.Matching()
    labels = modifier.matching
    return operators.Matching(
        names=frozenset(labels.labels if labels else ()),
        on=labels is not None and labels.type == ql.LabelModifierType.Include,
        many=_many_side(modifier.card),
        include=tuple(modifier.group_labels or ()),
        as_bool=modifier.return_bool,
    )


def _many_side(card: ql.VectorMatchCardinality | None) -> Literal["left", "right"] | None:
    if card == ql.VectorMatchCardinality.ManyToOne:
        return "left"
    return "right" if card == ql.VectorMatchCardinality.OneToMany else None
