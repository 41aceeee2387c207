"""Scrapes targets into the store, once a second."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.playground.metrics.samples import STALE, Labels, Store, labels_of

MAX_BYTES = 2_000_000
TIMEOUT = aiohttp.ClientTimeout(total=0.9)


@dataclass(frozen=True, slots=True)
class Target:
    """What to scrape: `host:port`, answered at /metrics, and the labels that its series get."""

    instance: str
    labels: Mapping[str, str]

    def all_labels(self) -> dict[str, str]:
        return {"instance": self.instance, **self.labels}


def parse_exposition(text: str, target: Target) -> dict[Labels, float]:
    """The samples of a text exposition with the target's labels; raises ValueError if malformed.

    A label of the target wins; the exposed one is kept as `exported_…`, as Prometheus does.
    """
    fixed = target.all_labels()
    found: dict[Labels, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            own = {(f"exported_{name}" if name in fixed else name): v for name, v in sample.labels.items()}
            found[labels_of(own | fixed | {"__name__": sample.name})] = float(sample.value)
    return found


class Scraper:
    """Scrapes its targets on a beat; a series or target that vanishes is marked stale at once."""

    def __init__(self, store: Store, targets: tuple[Target, ...], interval: float = 1.0) -> None:
        self._store = store
        self._targets = targets
        self._interval = interval
        self._known: dict[str, set[Labels]] = {target.instance: set() for target in targets}

    async def run(self) -> None:
        """Scrapes until cancelled."""
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, asyncio.TaskGroup() as group:
            for target in self._targets:
                group.create_task(self._follow(session, target))

    async def _follow(self, session: aiohttp.ClientSession, target: Target) -> None:
        beat = time.monotonic()
        while True:
            await self.scrape(session, target)
            beat = max(beat + self._interval, time.monotonic() - self._interval)
            await asyncio.sleep(max(0.0, beat - time.monotonic()))

    async def scrape(self, session: aiohttp.ClientSession, target: Target) -> None:
        """One scrape of one target, at the time it began."""
        at, began = round(time.time(), 3), time.monotonic()
        try:
            async with session.get(f"http://{target.instance}/metrics") as answer:
                answer.raise_for_status()
                text = (await answer.content.read(MAX_BYTES)).decode()
            found, up = parse_exposition(text, target), 1.0
        except (aiohttp.ClientError, TimeoutError, ValueError):
            found, up = dict[Labels, float](), 0.0
        for labels, value in found.items():
            self._store.add(labels, at, value)
        for labels in self._known[target.instance] - found.keys():
            self._store.add(labels, at, STALE)
        self._known[target.instance] = set(found)
        self._own(target, at, "up", up)
        self._own(target, at, "scrape_duration_seconds", time.monotonic() - began)
        self._store.trim(at)

    def _own(self, target: Target, at: float, name: str, value: float) -> None:
        self._store.add(labels_of(target.all_labels() | {"__name__": name}), at, value)
