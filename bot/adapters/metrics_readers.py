"""Who answers the metric queries of a service: the closed table of kinds is in this one place."""

from dataclasses import dataclass

import httpx2

from bot.adapters.prometheus import prometheus_of
from bot.adapters.scrape import Scrapes
from bot.adapters.series import MetricsReader
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Service


@dataclass(frozen=True, slots=True)
class MetricsReaders:
    """The sources of metrics that this process can reach."""

    client: httpx2.AsyncClient
    scrapes: Scrapes

    def of(self, service: Service) -> MetricsReader:
        """The reader that the inventory names; raises SourceUnavailableError."""
        source = service.metrics_source
        if source is None:
            raise SourceUnavailableError(f"{service.name} has no metrics source.")
        match source.kind:
            case "prometheus":
                return prometheus_of(source, self.client)
            case "scrape":
                return self.scrapes.reader(service, source)
            case _:
                raise SourceUnavailableError(f"There is no reader for metrics of kind {source.kind!r}.")
