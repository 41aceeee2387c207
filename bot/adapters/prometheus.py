"""Prometheus over its HTTP API: instant and range queries, checked, capped and in decimals."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import cast

import httpx2

from bot.adapters.promql import check_query
from bot.adapters.series import Series, thinned
from bot.adapters.shapes import NOTHING, items, mapping
from bot.adapters.web import Backend, Question, backend_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.domain.service import Source
from bot.ports.world import Window

MAX_SERIES = 500


def prometheus_of(source: Source, client: httpx2.AsyncClient) -> "Prometheus":
    """The server that a source names, with its credential and its tenant."""
    return Prometheus(backend_of("Prometheus", source, client))


class Prometheus:
    """One server; its address comes from configuration only."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def instant(self, query: str, at: At) -> tuple[Series, ...]:
        """Every series of an expression at one moment; raises SourceUnavailableError."""
        data = await self._ask("query", {"query": query, "time": _seconds(at)})
        if data.get("resultType") == "scalar":
            return (_one_series({"metric": NOTHING, "value": data.get("result")}),)
        return _series(data.get("result"))

    async def range(self, query: str, window: Window, step: int) -> tuple[Series, ...]:
        """Every series of an expression, one point a step, the last one at the window's end."""
        points = (window.end - window.start) // (step * SECOND)
        start = At(window.end - points * step * SECOND)
        asked = {"query": query, "start": _seconds(start), "end": _seconds(window.end), "step": str(step)}
        return _series((await self._ask("query_range", asked)).get("result"))

    async def _ask(self, what: str, asked: Mapping[str, str]) -> Mapping[str, object]:
        problem = check_query(asked["query"])
        if problem is not None:
            raise SourceUnavailableError(f"The query is no PromQL: {problem}")
        # It says why it refuses with 4xx and 5xx, in the same envelope.
        reply = await self._backend.ask(Question(f"/api/v1/{what}", asked))
        answer = mapping(await self._backend.parsed(reply))
        if answer.get("status") != "success":
            said = answer.get("error")
            why = said[:300] if isinstance(said, str) else "no reason given"
            raise SourceUnavailableError(f"Prometheus answered {reply.status}: {why}")
        return mapping(answer.get("data"))


def _series(result: object) -> tuple[Series, ...]:
    rows = items(result)
    if rows is None:
        raise SourceUnavailableError("Prometheus answered with no list of series.")
    if len(rows) > MAX_SERIES:
        raise SourceUnavailableError(f"The query has {len(rows)} series, more than {MAX_SERIES}.")
    return tuple(_one_series(row) for row in rows)


def _one_series(row: object) -> Series:
    fields = mapping(row)
    points = items(fields.get("values", [fields.get("value")]))
    if "metric" not in fields or points is None:
        raise SourceUnavailableError("Prometheus answered with a series that has no labels or values.")
    named = tuple(sorted((name, str(value)) for name, value in mapping(fields["metric"]).items()))
    samples = (_sample(point) for point in points)
    return Series(named, thinned(tuple(sample for sample in samples if sample is not None)))


def _sample(point: object) -> tuple[At, Decimal] | None:
    """One sample, or nothing for NaN and the infinities, which are no measurement."""
    try:
        when, text = cast("tuple[object, object]", point)
        value = Decimal(str(text))
        at = At(round(float(str(when)) * SECOND))
    except (TypeError, ValueError, InvalidOperation, OverflowError) as error:
        raise SourceUnavailableError("Prometheus answered with a sample that is no number.") from error
    return (at, value) if value.is_finite() else None


def _seconds(at: At) -> str:
    return f"{at // SECOND}.{at % SECOND:03d}"
