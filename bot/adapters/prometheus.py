"""Prometheus over its HTTP API: instant and range queries, checked, capped and in decimals."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import cast

import httpx2
import promql_parser

from bot.adapters.shapes import NOTHING, items, mapping
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.ports.world import Window

TIMEOUT = httpx2.Timeout(8.0, connect=3.0)
MAX_BYTES = 4_000_000
MAX_QUERY = 4_000
MAX_SERIES = 500
MAX_POINTS = 120
DIGITS = 12


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an answer: its labels and its finite samples, oldest first."""

    labels: tuple[tuple[str, str], ...]
    samples: tuple[tuple[At, Decimal], ...]


def http_client() -> httpx2.AsyncClient:
    """A client that follows nothing, takes no proxy from the environment and gives up in time."""
    return httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def check_query(query: str) -> str | None:
    """What is wrong with a PromQL expression, or nothing."""
    if len(query) > MAX_QUERY:
        return f"the query is longer than {MAX_QUERY} characters"
    try:
        promql_parser.parse(query)
    except ValueError as error:
        return str(error)[:300]
    return None


def step_seconds(window: Window) -> int:
    """The step that cuts a window into at most 120 points, in whole seconds."""
    span = max(0, window.end - window.start)
    return max(1, -(-span // (MAX_POINTS * SECOND)))


class Prometheus:
    """One server; its address comes from configuration only."""

    def __init__(self, client: httpx2.AsyncClient, url: str, token: str = "") -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._headers = {"Accept-Encoding": "identity"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )

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
        try:
            async with self._answer(what, asked) as answer:
                body = await _capped(answer)
        except httpx2.HTTPError as error:
            raise SourceUnavailableError(f"Prometheus did not answer ({type(error).__name__}).") from error
        return _data(answer.status_code, body)

    @asynccontextmanager
    async def _answer(self, what: str, asked: Mapping[str, str]) -> AsyncGenerator[httpx2.Response]:
        url = f"{self._url}/api/v1/{what}"
        # Said with each request, so that no client that we are given can do otherwise.
        async with self._client.stream(
            "GET", url, params=asked, headers=self._headers, timeout=TIMEOUT, follow_redirects=False
        ) as answer:
            # A compressed body could be a thousand times its size; we ask for none and take none.
            if answer.headers.get("content-encoding", "identity").casefold() != "identity":
                raise SourceUnavailableError("Prometheus sent a compressed answer that was not asked for.")
            yield answer


async def _capped(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceUnavailableError(f"Prometheus answered with more than {MAX_BYTES} bytes.")
    return bytes(body)


def _data(status: int, body: bytes) -> Mapping[str, object]:
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceUnavailableError(
            f"Prometheus answered {status} with something else than JSON."
        ) from error
    answer = mapping(parsed)
    if answer.get("status") != "success":
        said = answer.get("error")
        why = said[:300] if isinstance(said, str) else "no reason given"
        raise SourceUnavailableError(f"Prometheus answered {status}: {why}")
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
    return Series(named, tuple(sample for sample in samples if sample is not None))


def _sample(point: object) -> tuple[At, Decimal] | None:
    """One sample, or nothing for NaN and the infinities, which are no measurement."""
    try:
        when, text = cast("tuple[object, object]", point)
        value = Decimal(str(text))
        at = At(round(float(str(when)) * SECOND))
    except (TypeError, ValueError, InvalidOperation, OverflowError) as error:
        raise SourceUnavailableError("Prometheus answered with a sample that is no number.") from error
    return (at, value) if value.is_finite() else None


def decimal_text(value: Decimal) -> str:
    """A decimal as plain digits, rounded to twelve significant ones, without an exponent."""
    rounded = value if value.is_zero() else round(value, DIGITS - 1 - value.adjusted())
    text = format(rounded, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _seconds(at: At) -> str:
    return f"{at // SECOND}.{at % SECOND:03d}"
