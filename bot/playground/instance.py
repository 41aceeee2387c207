"""One service of the site: where it is, how it is measured, when it alerts."""

from dataclasses import dataclass, replace
from pathlib import Path

from bot.playground.metrics.alerts import Rule
from bot.playground.metrics.scraping import Target
from bot.playground.queries import Queries
from bot.playground.service.layout import ServiceHome
from bot.playground.service.load import Demand

ERROR_RATIO = 0.05


@dataclass(frozen=True, slots=True)
class Instance:
    """One running service: its files, its address, its environment, and its customers' demand."""

    home: ServiceHome
    environment: str
    port: int
    demand_path: Path
    demand: Demand

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def target(self) -> Target:
        labels = {"job": "checkout", "service": "checkout", "environment": self.environment}
        return Target(f"127.0.0.1:{self.port}", labels)

    @property
    def queries(self) -> Queries:
        return Queries("checkout", self.environment)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Live numbers; None where there is none yet. Ratio 0 to 1, seconds, connections, bytes."""

    version: str | None
    traffic: float | None
    error_ratio: float | None
    latency_p95: float | None
    pool_in_use: float | None
    pool_size: float | None
    memory: float | None
    alert: str
    gateway_up: bool


def _labels(environment: str) -> dict[str, str]:
    """Outside production the alert names its own service, which is not that of production."""
    if environment == "production":
        return {"severity": "critical"}
    return {"severity": "warning", "service": f"checkout-{environment}"}


def high_error_rate(environment: str) -> Rule:
    """The alert on the error ratio; its window is longer than that of a look, so that it does not flap."""
    return Rule(
        name="CheckoutHighErrorRate",
        expr=f"{replace(Queries('checkout', environment), window='10s').error_rate} > {ERROR_RATIO}",
        # Long enough that a short rush is over, also in the window of a look, when its alert arrives.
        hold=7.0,
        keep=5.0,
        labels=_labels(environment),
        title="Checkout answers many requests with errors.",
        description="{service} on {instance} fails {value} of its requests (HTTP 5xx), more than 5%.",
    )
