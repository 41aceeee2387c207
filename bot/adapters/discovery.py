"""What a Prometheus server or a Kubernetes namespace knows of services, as a first draft of the inventory."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.adapters.first_draft import Drafted, Metric, name_of
from bot.adapters.promql import quoted
from bot.adapters.series import MetricsReader
from bot.adapters.shapes import items, mapping
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At

LABELS = ("service", "app", "job")
"""Labels that usually name a service, the most telling first."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A metric that is known by the name of a time series; `%s` in the query is a matcher of a label."""

    name: str
    series: str
    query: str
    unit: str
    high: str = ""
    label: str = ""
    """A label that the series must have for this query."""

    def metric(self, matcher: str) -> Metric:
        """The metric of the services that this matcher selects."""
        return Metric(self.query.replace("%s", matcher), self.unit, self.high)


def _errors(series: str, label: str) -> Guess:
    query = f'sum(rate({series}{{%s,{label}=~"5.."}}[5m])) / sum(rate({series}{{%s}}[5m]))'
    return Guess("error_rate", series, query, "ratio", "0.01", label)


def _latency(series: str) -> Guess:
    query = f"histogram_quantile(0.95, sum by (le) (rate({series}{{%s}}[5m])))"
    return Guess("latency", series, query, "seconds")


def _rate(name: str, series: str, unit: str) -> Guess:
    return Guess(name, series, f"sum(rate({series}{{%s}}[5m]))", unit)


def _sum(name: str, series: str, unit: str) -> Guess:
    return Guess(name, series, f"sum({series}{{%s}})", unit)


GUESSES = (
    _errors("http_requests_total", "status"),
    _errors("http_requests_total", "code"),
    _errors("http_server_requests_seconds_count", "status"),
    _errors("http_server_request_duration_seconds_count", "http_response_status_code"),
    _latency("http_request_duration_seconds_bucket"),
    _latency("http_server_requests_seconds_bucket"),
    _latency("http_server_request_duration_seconds_bucket"),
    _rate("traffic", "http_requests_total", "requests/s"),
    _rate("traffic", "http_server_requests_seconds_count", "requests/s"),
    _rate("traffic", "http_server_request_duration_seconds_count", "requests/s"),
    _rate("cpu", "process_cpu_seconds_total", "cores"),
    _sum("memory", "process_resident_memory_bytes", "bytes"),
    _sum("connections", "db_pool_in_use", "connections"),
    _sum("connections", "hikaricp_connections_active", "connections"),
    _sum("connections", "db_client_connections_usage", "connections"),
    _sum("up", "up", "instances"),
)
"""Series that widespread client libraries make; the first of a name that a service has is taken."""


async def from_prometheus(
    reader: MetricsReader, at: At, labels: Iterable[str] = LABELS
) -> tuple[Drafted, ...]:
    """Every service that these labels name, with the metrics that it has; raises SourceUnavailableError."""
    services: dict[str, Drafted] = {}
    for label in labels:
        known = await asyncio.gather(*(_having(reader, at, label, guess) for guess in GUESSES))
        for value in sorted({value for values in known for value in values}):
            name = name_of(value)
            if name and name not in services:
                found = [guess for guess, values in zip(GUESSES, known, strict=True) if value in values]
                services[name] = Drafted(name, _metrics(found, f"{label}={quoted(value)}"))
        if services:
            return tuple(services.values())
    return ()


async def _having(reader: MetricsReader, at: At, label: str, guess: Guess) -> frozenset[str]:
    """The values of a label among the series that a guess is about."""
    wanted = f'{guess.series}{{{guess.label}!=""}}' if guess.label else guess.series
    found = await reader.instant(f"count by ({label}) ({wanted})", at)
    return frozenset(value for series in found for name, value in series.labels if name == label and value)


def _metrics(found: Iterable[Guess], matcher: str) -> dict[str, Metric]:
    metrics: dict[str, Metric] = {}
    for guess in found:
        metrics.setdefault(guess.name, guess.metric(matcher))
    return metrics


def from_deployments(answer: object, kubeconfig: str) -> tuple[Drafted, ...]:
    """Every workload of a list as `kubectl get deployments,statefulsets -o json` or the API gives it.

    Raises SourceUnavailableError where it is none.
    """
    rows = items(mapping(answer).get("items"))
    if rows is None:
        raise SourceUnavailableError("This is no list of Kubernetes objects (it has no items).")
    found = (_workload(mapping(row), kubeconfig) for row in rows)
    return tuple(one for one in found if one is not None)


def _workload(row: Mapping[str, object], kubeconfig: str) -> Drafted | None:
    about = mapping(row.get("metadata"))
    name, namespace = about.get("name"), about.get("namespace")
    kind = row.get("kind", "Deployment")
    if not isinstance(name, str) or not isinstance(namespace, str) or name_of(name) != name:
        return None
    if kind not in {"Deployment", "StatefulSet"} or name_of(namespace) != namespace:
        return None
    where = f"kubeconfig: {kubeconfig}, namespace: {namespace}, name: {name}"
    where += f", workload: {kind}" if kind != "Deployment" else ""
    return Drafted(
        name,
        sources=(
            f"logs: [{{kind: kubernetes, {where}}}]",
            f"changes: [{{kind: kubernetes, {where}}}]",
            "targets:",
            f"  workload: {{executor: kubernetes, {where}}}",
            "# actions: [rollback_deployment]   # of actions.yaml; they need write_kubeconfig on the target",
        ),
    )
