"""What to ask the metrics about a service of the playground."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Queries:
    """PromQL for one service in one environment; a window of 5 s suits scrapes of 1 s."""

    service: str
    environment: str
    window: str = "5s"

    @property
    def selector(self) -> str:
        return f'service="{self.service}",environment="{self.environment}"'

    @property
    def error_rate(self) -> str:
        """The share of requests that fail with 5xx, 0 to 1; nothing without traffic."""
        by = "sum by (service, environment, job, instance)"
        failed = f'{by} (rate(http_requests_total{{{self.selector},status=~"5.."}}[{self.window}]))'
        return f"{failed} / {by} (rate(http_requests_total{{{self.selector}}}[{self.window}]))"

    @property
    def latency_p95(self) -> str:
        """Seconds."""
        buckets = f"http_request_duration_seconds_bucket{{{self.selector}}}"
        return f"histogram_quantile(0.95, sum by (le) (rate({buckets}[{self.window}])))"

    @property
    def pool_in_use(self) -> str:
        """Connections."""
        return f"sum(db_pool_in_use{{{self.selector}}})"

    @property
    def pool_size(self) -> str:
        """Connections."""
        return f"sum(db_pool_size{{{self.selector}}})"

    @property
    def traffic(self) -> str:
        """Requests a second."""
        return f"sum(rate(http_requests_total{{{self.selector}}}[{self.window}]))"

    @property
    def memory(self) -> str:
        """Bytes."""
        return f"sum(process_resident_memory_bytes{{{self.selector}}})"

    @property
    def version(self) -> str:
        """One series whose label `version` tells what runs."""
        return f"app_build_info{{{self.selector}}}"
