"""A small client of the Prometheus HTTP API, for the playground's own eyes."""

import math
from dataclasses import dataclass
from typing import cast

import aiohttp

TIMEOUT = aiohttp.ClientTimeout(total=3)
Found = list[tuple[dict[str, str], float]]


class MetricsError(Exception):
    """The metrics cannot be read."""


@dataclass(frozen=True, slots=True)
class MetricsClient:
    """Asks one Prometheus, ours or the real one."""

    session: aiohttp.ClientSession
    url: str

    async def vector(self, query: str) -> Found:
        """The labels and values of an instant vector; raises MetricsError."""
        try:
            async with self.session.get(
                f"{self.url}/api/v1/query", params={"query": query}, timeout=TIMEOUT
            ) as answer:
                body = cast("dict[str, object]", await answer.json())
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise MetricsError(f"metrics not reachable: {error}") from error
        if body.get("status") != "success":
            raise MetricsError(str(body.get("error")))
        data = cast("dict[str, list[dict[str, object]]]", body["data"])
        return [
            (cast("dict[str, str]", each["metric"]), float(cast("list[str]", each["value"])[1]))
            for each in data["result"]
        ]

    async def number(self, query: str) -> float | None:
        """The value of the only element; None if there is none or it is not a number."""
        found = await self.vector(query)
        return found[0][1] if found and not math.isnan(found[0][1]) else None
