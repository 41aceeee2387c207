"""The files of `runbooks/`, parsed."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.action import Catalogue
from bot.domain.grouping import AlertRules
from bot.domain.policy import Policy
from bot.domain.service import Inventory
from bot.ports.senders import SenderRule


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a failure mode's page proposes: an action with literal or observed-based parameters."""

    action: str
    parameters: tuple[tuple[str, object], ...]
    when_change: bool = False
    title: str = ""


@dataclass(frozen=True, slots=True)
class MetricCondition:
    """What a metric must be: `above`, `below` (a decimal or a percentage of another metric), `abnormal`."""

    metric: str
    is_: str
    value: str = ""
    percent_of: str = ""


@dataclass(frozen=True, slots=True)
class FailureMode:
    """One page of the runbooks: how a failure looks, what usually causes it, what to do."""

    id: str
    title: str
    signatures: tuple[str, ...]
    conditions: tuple[MetricCondition, ...]
    causes: tuple[str, ...]
    remedies: tuple[Remedy, ...]
    checks: tuple[str, ...]
    body: str
    excludes: tuple[str, ...] = ()


class Content(Protocol):
    """The files of `runbooks/`, parsed; read once per process and again when they change."""

    def inventory(self) -> Inventory:
        """`services.yaml`."""
        ...

    def catalogue(self) -> Catalogue:
        """`actions.yaml`."""
        ...

    def policy(self) -> Policy:
        """`policy.yaml`."""
        ...

    def alert_rules(self) -> AlertRules:
        """`alerts.yaml`, or its defaults."""
        ...

    def senders(self) -> tuple[SenderRule, ...]:
        """`senders.yaml`: senders of alerts by rules; they are asked before those in code."""
        ...

    def tripwire(self, text: str) -> str | None:
        """The title of the first trip-wire of the policy (RE2) that matches this text."""
        ...

    def failure_modes(self) -> tuple[FailureMode, ...]:
        """One per Markdown page."""
        ...
