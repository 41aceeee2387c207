"""What the service measures about itself, in the Prometheus text format."""

import resource
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bot.playground.service.config import Config
from bot.playground.service.pool import ConnectionPool

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5)
STATUSES = ("200", "402", "502", "503")


@dataclass(frozen=True, slots=True)
class Instruments:
    """The counters that requests move, and the registry that is shown."""

    registry: CollectorRegistry
    requests: Counter
    latency: Histogram


class _Live(Collector):
    """Gauges read at the moment of the scrape."""

    def __init__(self, pool: ConnectionPool, config: Callable[[], Config], version: str) -> None:
        self._pool = pool
        self._config = config
        self._version = version

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("db_pool_in_use", "Connections lent", value=self._pool.in_use)
        yield GaugeMetricFamily("db_pool_size", "Most connections that may be lent", value=self._pool.size)
        yield GaugeMetricFamily("db_pool_waiting", "Requests in line for one", value=self._pool.waiting)
        yield GaugeMetricFamily(
            "process_resident_memory_bytes", "Memory in use", value=float(resident_bytes())
        )
        limit = self._config().memory_limit_mb
        if limit is not None:
            yield GaugeMetricFamily(
                "process_memory_limit_bytes", "Memory allowed", value=float(limit * 1_048_576)
            )
        info = GaugeMetricFamily("app_build_info", "The running version", labels=["version"])
        info.add_metric([self._version], 1)
        yield info


def build(pool: ConnectionPool, config: Callable[[], Config], version: str) -> Instruments:
    """Fresh instruments; every status is shown from the start, at zero, so that a first error has a rate."""
    registry = CollectorRegistry(auto_describe=False)
    requests = Counter("http_requests", "Checkout requests by status", ["status"], registry=registry)
    for status in STATUSES:
        requests.labels(status=status)
    latency = Histogram(
        "http_request_duration_seconds", "Checkout latency", buckets=BUCKETS, registry=registry
    )
    registry.register(_Live(pool, config, version))
    return Instruments(registry, requests, latency)


def resident_bytes() -> int:
    """The resident memory of this process; its peak where the system does not tell the present."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
