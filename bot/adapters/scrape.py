"""Metrics straight from a service's `/metrics` page, for teams without Prometheus.

Only what named queries need is kept, for a short while, in the memory of the process that looks.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from bot.adapters.scrape_queries import LOOKBACK, Points, evaluated, named_in
from bot.adapters.series import Series
from bot.adapters.web import Question, backend_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import MINUTE, SECOND, At
from bot.domain.service import Service, Source
from bot.ports.world import Clock, Window

EVERY_SECONDS = 15
ROUND_SECONDS = 1.0
KEPT = 60 * MINUTE
MAX_SERIES = 2_000
MAX_SAMPLES = 480
"""Of one series: an hour at the usual 15 s with room for looks in between, and eight minutes at 1 s."""

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(slots=True)
class Page:
    """The recent samples of one page: by name and labels, oldest first."""

    source: Source
    wanted: set[str] = field(default_factory=set[str])
    tried: int = 0
    series: dict[Key, deque[tuple[At, Decimal]]] = field(default_factory=dict[Key, deque[tuple[At, Decimal]]])

    def take(self, at: At, text: str) -> None:
        """Add what one look found; raises SourceUnavailableError for what is no page of metrics."""
        for name, labels, value in _samples(text, self.wanted):
            key = (name, labels)
            if key not in self.series and len(self.series) >= MAX_SERIES:
                raise SourceUnavailableError(f"The page has more than {MAX_SERIES} series of these names.")
            self.series.setdefault(key, deque(maxlen=MAX_SAMPLES)).append((at, value))
        for key in [key for key, samples in self.series.items() if samples[-1][0] < at - KEPT]:
            del self.series[key]

    def due(self, now: At) -> bool:
        """Whether it is time to look again."""
        every = int(self.source.setting("every_seconds", str(EVERY_SECONDS)))
        return now - self.tried >= every * SECOND

    def points(self, name: str) -> Points:
        """All series of one name."""
        return [
            (dict(labels), tuple(samples)) for (each, labels), samples in self.series.items() if each == name
        ]


@final
class Scrapes:
    """The pages that the inventory names, by their settings."""

    def __init__(self, client: httpx2.AsyncClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._pages: dict[Source, Page] = {}

    def reader(self, service: Service, source: Source) -> "Scraper":
        """Answers queries over one page; it looks once more for each question about now."""
        return Scraper(self, self._page(service, source))

    def now(self) -> At:
        """Now."""
        return self._clock.now()

    async def look(self, page: Page) -> None:
        """Read a page now; raises SourceUnavailableError."""
        page.tried = self._clock.now()
        backend = backend_of("The metrics page", page.source, self._client).with_headers(Accept="text/plain")
        text = await backend.text(Question(""))
        await asyncio.to_thread(page.take, self._clock.now(), text)

    async def keep_looking(self, services: Callable[[], Iterable[Service]]) -> None:
        """Read every page at its pace until cancelled; one that fails now is tried again next time."""
        while True:
            pages = [self._page(service, source) for service, source in _scraped(services())]
            await asyncio.gather(
                *(self.look(page) for page in pages if page.due(self._clock.now())), return_exceptions=True
            )
            self._forget(pages)
            await asyncio.sleep(ROUND_SECONDS)

    def _page(self, service: Service, source: Source) -> Page:
        page = self._pages.setdefault(source, Page(source))
        for metric in service.metrics:
            page.wanted.update(named_in(metric.query))
        return page

    def _forget(self, kept: Iterable[Page]) -> None:
        known = {page.source for page in kept}
        for source in [source for source in self._pages if source not in known]:
            del self._pages[source]


@final
class Scraper:
    """Named queries over the samples of one page."""

    def __init__(self, scrapes: Scrapes, page: Page) -> None:
        self._scrapes = scrapes
        self._page = page

    async def instant(self, query: str, at: At) -> tuple[Series, ...]:
        """The query's value now, as one series; raises SourceUnavailableError."""
        self._page.wanted.update(named_in(query))
        await self._scrapes.look(self._page)
        value = evaluated(query, self._page.points, max(at, self._scrapes.now()))
        return (Series((), ((at, value),)),) if value is not None else ()

    async def range(self, query: str, window: Window, step: int) -> tuple[Series, ...]:
        """The query at each step of which there are samples, the last one at the window's end."""
        self._page.wanted.update(named_in(query))
        await self._scrapes.look(self._page)
        # What was seen a moment after the window's end is how it was at its end.
        moments = range(window.end, window.start - 1, -step * SECOND)
        values = [(At(at), evaluated(query, self._page.points, self._seen(At(at), window))) for at in moments]
        found = tuple((at, value) for at, value in reversed(values) if value is not None)
        return (Series((), found),) if found else ()

    def _seen(self, at: At, window: Window) -> At:
        now = self._scrapes.now()
        return now if at == window.end and at < now <= at + LOOKBACK else at


def _scraped(services: Iterable[Service]) -> Iterator[tuple[Service, Source]]:
    for service in services:
        if service.metrics_source is not None and service.metrics_source.kind == "scrape":
            yield service, service.metrics_source


def _samples(text: str, wanted: set[str]) -> Iterator[tuple[str, tuple[tuple[str, str], ...], Decimal]]:
    """The finite samples of the names that are wanted; raises SourceUnavailableError."""
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name in wanted and math.isfinite(sample.value):
                    labels = tuple(sorted((name, str(value)) for name, value in sample.labels.items()))
                    yield sample.name, labels, Decimal(repr(sample.value))
    except (ValueError, KeyError, IndexError) as error:
        raise SourceUnavailableError("The metrics page is not in the text format of Prometheus.") from error
