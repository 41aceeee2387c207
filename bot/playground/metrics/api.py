"""The Prometheus HTTP API over the store."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import promql_parser as ql
from aiohttp import web

from bot.playground.metrics.aggregation import format_value
from bot.playground.metrics.evaluate import MAX_STEPS, Evaluator, Moment, parse
from bot.playground.metrics.matchers import acceptor
from bot.playground.metrics.samples import Labels, Series
from bot.playground.metrics.values import Instant, QueryError, Range, Text, Value

Params = Mapping[str, list[str]]
STATUS = {"bad_data": 400, "execution": 422}
BREATH = 20
"""Steps of a range query between two breaths of the event loop."""


@dataclass(frozen=True, slots=True)
class Api:
    """Answers the queries."""

    evaluator: Evaluator
    clock: Callable[[], float] = time.time

    async def query(self, params: Params) -> object:
        """An instant query."""
        when = self._time(params, "time", self.clock())
        value = self.evaluator.at(parse(_one(params, "query")), when)
        return {"resultType": _type(value), "result": _result(value, when)}

    async def query_range(self, params: Params) -> object:
        """A range query."""
        start, end = self._time(params, "start", None), self._time(params, "end", None)
        if end < start:
            raise QueryError('invalid parameter "end": end timestamp must not be before start time')
        step = _duration(_one(params, "step"), "step")
        if step <= 0:
            raise QueryError(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
                "Try a positive integer"
            )
        if (end - start) / step > MAX_STEPS:
            raise QueryError(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        expr = parse(_one(params, "query"))
        return {"resultType": "matrix", "result": await self._steps(expr, start, end, step)}

    async def _steps(self, expr: ql.Expr, start: float, end: float, step: float) -> list[object]:
        lines: dict[Labels, list[list[object]]] = {}
        for index in range(math.floor((end - start) / step + 1e-9) + 1):
            when = round(start + index * step, 3)
            value = self.evaluator.value(expr, Moment(when, start, end))
            if isinstance(value, float):
                lines.setdefault((), []).append(_point(when, value))
            elif isinstance(value, Instant):
                for sample in value.samples:
                    lines.setdefault(sample.labels, []).append(_point(when, sample.value))
            else:
                raise QueryError(
                    f'invalid parameter "query": invalid expression type "{_type(value)}" for range query, '
                    "must be Scalar or instant Vector"
                )
            if index % BREATH == BREATH - 1:
                await asyncio.sleep(0)
        return [{"metric": dict(labels), "values": lines[labels]} for labels in sorted(lines)]

    async def series(self, params: Params) -> object:
        """The label sets of the series that match."""
        if not params.get("match[]"):
            raise QueryError("no match[] parameter provided")
        return [dict(labels) for labels in sorted({each.labels for each in self._matching(params)})]

    async def label_names(self, params: Params) -> object:
        """The names of all labels."""
        return sorted({name for each in self._matching(params) for name, _ in each.labels})

    async def label_values(self, params: Params, name: str) -> object:
        """The values of one label."""
        return sorted({v for each in self._matching(params) for label, v in each.labels if label == name})

    def _matching(self, params: Params) -> Iterable[Series]:
        if not params.get("match[]"):
            yield from self.evaluator.store.select(None, lambda _: True)
        for text in params.get("match[]", ()):
            selector = parse(text)
            if not isinstance(selector, ql.VectorSelector):
                raise QueryError('invalid parameter "match[]": expected a series selector')
            yield from self.evaluator.store.select(selector.name, acceptor(selector.matchers))

    def _time(self, params: Params, name: str, default: float | None) -> float:
        found = params.get(name)
        if not found:
            if default is None:
                raise QueryError(f'invalid parameter "{name}": cannot parse "" to a valid timestamp')
            return default
        try:
            when = float(found[0])
        except ValueError:
            when = _iso(found[0], name)
        if not math.isfinite(when):
            raise QueryError(f'invalid parameter "{name}": cannot parse "{found[0]}" to a valid timestamp')
        return when


def build(api: Api) -> web.Application:
    """The web application of the store."""
    app = web.Application(client_max_size=65_536)

    def route(path: str, handler: Callable[[Params], Awaitable[object]]) -> None:
        async def handle(request: web.Request) -> web.Response:
            return await _enveloped(handler, await _params(request))

        app.router.add_get(path, handle)
        app.router.add_post(path, handle)

    async def values(request: web.Request) -> web.Response:
        return await _enveloped(
            lambda params: api.label_values(params, request.match_info["name"]), await _params(request)
        )

    async def ready(_: web.Request) -> web.Response:
        return web.Response(text="Prometheus Server is Ready.\n")

    route("/api/v1/query", api.query)
    route("/api/v1/query_range", api.query_range)
    route("/api/v1/series", api.series)
    route("/api/v1/labels", api.label_names)
    app.router.add_get("/api/v1/label/{name}/values", values)
    app.router.add_get("/-/ready", ready)
    app.router.add_get("/-/healthy", ready)
    return app


async def _params(request: web.Request) -> Params:
    found: dict[str, list[str]] = {}
    for key, value in request.query.items():
        found.setdefault(key, []).append(value)
    if request.method == "POST":
        for key, value in (await request.post()).items():
            if isinstance(value, str):
                found.setdefault(key, []).append(value)
    return found


async def _enveloped(handler: Callable[[Params], Awaitable[object]], params: Params) -> web.Response:
    try:
        return web.json_response({"status": "success", "data": await handler(params)})
    except QueryError as error:
        body = {"status": "error", "errorType": error.kind, "error": str(error)}
        return web.json_response(body, status=STATUS[error.kind])


def _one(params: Params, name: str) -> str:
    found = params.get(name)
    if not found:
        if name == "query":
            raise QueryError(
                'invalid parameter "query": unknown position: parse error: no expression found in input'
            )
        raise QueryError(f'invalid parameter "{name}": cannot parse "" to a valid duration')
    return found[0]


def _duration(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return ql.parse_duration(text).total_seconds()
    except ValueError as error:
        raise QueryError(f'invalid parameter "{name}": cannot parse "{text}" to a valid duration') from error


def _iso(text: str, name: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise QueryError(f'invalid parameter "{name}": cannot parse "{text}" to a valid timestamp') from error


def _type(value: Value) -> str:
    match value:
        case Instant():
            return "vector"
        case Range():
            return "matrix"
        case Text():
            return "string"
        case _:
            return "scalar"


def _point(when: float, value: float) -> list[object]:
    return [round(when, 3), format_value(value)]


def _result(value: Value, when: float) -> object:
    match value:
        case Text():
            return [round(when, 3), value.value]
        case Instant():
            return [{"metric": dict(s.labels), "value": _point(when, s.value)} for s in value.samples]
        case Range():
            return [
                {
                    "metric": dict(window.labels),
                    "values": [_point(t, v) for t, v in zip(window.times, window.values, strict=True)],
                }
                for window in value.windows
            ]
        case _:
            return _point(when, value)
