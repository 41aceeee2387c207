"""The functions of PromQL that the store knows."""

import math
from collections.abc import Callable

import promql_parser as ql

from bot.playground.metrics.buckets import histogram_quantile
from bot.playground.metrics.evaluate import Evaluator, Function, Moment
from bot.playground.metrics.samples import labels_of
from bot.playground.metrics.values import Instant, Sample, Value, Window, without_name
from bot.playground.metrics.windows import COUNTERS, OVER_TIME, line, quantile

Args = list[ql.Expr]
KEEPS_NAME = frozenset({"last_over_time"})


def _mapped(change: Callable[[float], float]) -> Function:
    def function(ev: Evaluator, args: Args, moment: Moment) -> Value:
        found = ev.vector(args[0], moment)
        return Instant(tuple(Sample(without_name(each.labels), change(each.value)) for each in found))

    return function


def _windowed(reduce: Callable[[Window], float | None], *, keep_name: bool = False) -> Function:
    def function(ev: Evaluator, args: Args, moment: Moment) -> Value:
        found: list[Sample] = []
        for window in ev.windows(args[-1], moment):
            value = reduce(window)
            if value is not None:
                found.append(Sample(window.labels if keep_name else without_name(window.labels), value))
        return Instant(tuple(found))

    return function


def _over_values(name: str) -> Function:
    reduce = OVER_TIME[name]
    return _windowed(lambda window: reduce(window.values), keep_name=name in KEEPS_NAME)


def _log(base: Callable[[float], float]) -> Callable[[float], float]:
    def change(value: float) -> float:
        if value == 0:
            return -math.inf
        return math.nan if value < 0 or math.isnan(value) else base(value)

    return change


def _clamp(ev: Evaluator, args: Args, moment: Moment) -> Value:
    low, high = ev.number(args[1], moment), ev.number(args[2], moment)
    if low > high:
        return Instant(())
    return _mapped(lambda value: _at_most(_at_least(value, low), high))(ev, args, moment)


def _clamp_min(ev: Evaluator, args: Args, moment: Moment) -> Value:
    low = ev.number(args[1], moment)
    return _mapped(lambda value: _at_least(value, low))(ev, args, moment)


def _clamp_max(ev: Evaluator, args: Args, moment: Moment) -> Value:
    high = ev.number(args[1], moment)
    return _mapped(lambda value: _at_most(value, high))(ev, args, moment)


def _at_least(value: float, low: float) -> float:
    return math.nan if math.isnan(value) or math.isnan(low) else max(value, low)


def _at_most(value: float, high: float) -> float:
    return math.nan if math.isnan(value) or math.isnan(high) else min(value, high)


def _round(ev: Evaluator, args: Args, moment: Moment) -> Value:
    nearest = ev.number(args[1], moment) if len(args) > 1 else 1.0
    # Halves go up, as in Prometheus; Python's round() would send them to the even neighbour.
    return _mapped(lambda value: value if _odd(value) else math.floor(value / nearest + 0.5) * nearest)(
        ev, args, moment
    )


def _odd(value: float) -> bool:
    return math.isnan(value) or math.isinf(value)


def _whole(change: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: value if _odd(value) else float(change(value))


def _histogram_quantile(ev: Evaluator, args: Args, moment: Moment) -> Value:
    return Instant(histogram_quantile(ev.number(args[0], moment), ev.vector(args[1], moment)))


def _quantile_over_time(ev: Evaluator, args: Args, moment: Moment) -> Value:
    q = ev.number(args[0], moment)
    return _windowed(lambda window: quantile(q, window.values))(ev, args, moment)


def _deriv(window: Window) -> float | None:
    fitted = line(window, window.times[0])
    return None if fitted is None else fitted[0]


def _predict_linear(ev: Evaluator, args: Args, moment: Moment) -> Value:
    ahead = ev.number(args[1], moment)

    def predicted(window: Window) -> float | None:
        fitted = line(window, moment.at)
        return None if fitted is None else fitted[0] * ahead + fitted[1]

    return _windowed(predicted)(ev, args[:1], moment)


def _vector(ev: Evaluator, args: Args, moment: Moment) -> Value:
    return Instant((Sample((), ev.number(args[0], moment)),))


def _scalar(ev: Evaluator, args: Args, moment: Moment) -> Value:
    found = ev.vector(args[0], moment)
    return found[0].value if len(found) == 1 else math.nan


def _time(_: Evaluator, __: Args, moment: Moment) -> Value:
    return moment.at


def _timestamp(ev: Evaluator, args: Args, moment: Moment) -> Value:
    if isinstance(args[0], ql.VectorSelector):
        return Instant(ev.timestamps(args[0], moment))
    return Instant(tuple(Sample(without_name(s.labels), moment.at) for s in ev.vector(args[0], moment)))


def _absent(ev: Evaluator, args: Args, moment: Moment) -> Value:
    if ev.vector(args[0], moment):
        return Instant(())
    known: dict[str, str] = {}
    if isinstance(args[0], ql.VectorSelector):
        equals = [each for each in args[0].matchers.matchers if each.op == ql.MatchOp.Equal]
        known = {each.name: each.value for each in equals if each.name != "__name__"}
    return Instant((Sample(labels_of(known), 1.0),))


def _sorted(*, descending: bool) -> Function:
    sign = -1 if descending else 1

    def function(ev: Evaluator, args: Args, moment: Moment) -> Value:
        found = ev.vector(args[0], moment)
        return Instant(tuple(sorted(found, key=lambda each: (math.isnan(each.value), sign * each.value))))

    return function


FUNCTIONS: dict[str, Function] = {
    **{name: _windowed(reduce) for name, reduce in COUNTERS.items()},
    **{name: _over_values(name) for name in OVER_TIME},
    "abs": _mapped(abs),
    "ceil": _mapped(_whole(math.ceil)),
    "floor": _mapped(_whole(math.floor)),
    "sqrt": _mapped(lambda value: math.nan if value < 0 else math.sqrt(value)),
    "ln": _mapped(_log(math.log)),
    "log2": _mapped(_log(math.log2)),
    "log10": _mapped(_log(math.log10)),
    "sgn": _mapped(lambda value: value if value == 0 or math.isnan(value) else math.copysign(1.0, value)),
    "round": _round,
    "clamp": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "deriv": _windowed(_deriv),
    "predict_linear": _predict_linear,
    "quantile_over_time": _quantile_over_time,
    "histogram_quantile": _histogram_quantile,
    "vector": _vector,
    "scalar": _scalar,
    "time": _time,
    "timestamp": _timestamp,
    "absent": _absent,
    "sort": _sorted(descending=False),
    "sort_desc": _sorted(descending=True),
}
