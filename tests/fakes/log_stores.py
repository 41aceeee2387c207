"""The real lines of a pod, and stand-ins for the stores that could hold them."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import httpx2

from bot.adapters.log_reading import LogAsk, LogReader
from bot.domain.ids import At
from bot.domain.service import Source
from bot.ports.world import Window
from tests.fakes.backends import Asked

LINES = tuple(
    gzip.decompress((Path(__file__).parents[1] / "data/logs/shop-pod-errors.log.gz").read_bytes())
    .decode()
    .splitlines()
)
"""698 lines as `kubectl logs` gave them, each with its time; many share a millisecond."""


def at_of(line: str) -> At:
    """The time of one of these lines."""
    return At(round(datetime.fromisoformat(line.partition(" ")[0]).timestamp() * 1000))


WHOLE = Window(at_of(LINES[0]), at_of(LINES[-1]))


async def read(
    reader: LogReader, source: Source, window: Window = WHOLE, **asked: Any
) -> tuple[list[str], bool]:
    """All lines that a reader gives, and whether it says that some are missing."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        batches = [batch async for batch in reader(source, LogAsk(window, **asked), client)]
    return [line for batch in batches for line in batch.lines], any(batch.cut for batch in batches)


@dataclass(slots=True)
class Elasticsearch:
    """A stand-in for `_search` with range, sort and search_after, after the product's documentation."""

    documents: Sequence[dict[str, Any]]
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    shards_failed: int = 0

    def __call__(self, asked: Asked) -> object:
        body = cast("dict[str, Any]", asked.json())
        self.bodies.append(body)
        span = body["query"]["bool"]["filter"][0]["range"]["@timestamp"]
        hits = [
            {"_index": "logs-1", "_id": str(number), "_source": document, "sort": [when, number]}
            for number, document in enumerate(self.documents)
            if span["gte"] <= (when := at_of(document["@timestamp"])) <= span["lte"]
        ]
        hits.sort(key=lambda hit: cast("list[int]", hit["sort"]), reverse=True)
        after = body.get("search_after")
        hits = [hit for hit in hits if after is None or cast("list[int]", hit["sort"]) < after]
        return {
            "took": 3,
            "timed_out": False,
            "_shards": {"total": 2, "successful": 2 - self.shards_failed, "failed": self.shards_failed},
            "hits": {"hits": hits[: body["size"]]},
        }
