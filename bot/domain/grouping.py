"""Which alerts belong together: the rules of `alerts.yaml`, applied to one alert and one open incident."""

from dataclasses import dataclass

from bot.domain.alert import Alert
from bot.domain.events import Closing
from bot.domain.ids import MINUTE, SECOND, At, ServiceName
from bot.domain.incident import Closed, Incident
from bot.domain.service import Inventory, Service
from bot.domain.teamwork import AlertJoined

NEVER_AGAIN = frozenset({Closing.DUPLICATE})
"""Closed like this, an incident does not go on when its alert comes back: another one does."""
MOST_REOPENINGS = 5
LONGEST_STORM = 60 * MINUTE
"""A group that goes on for longer than this takes no more alerts."""


@dataclass(frozen=True, slots=True)
class AlertRules:
    """How alerts become incidents; seconds, and how many."""

    group_seconds: int = 300
    """An alert joins an incident whose last alert came within this time; 0 groups nothing."""
    most_joined: int = 100
    reopen_seconds: int = 1_800
    """An alert that comes back within this time after its incident was closed continues it; 0 never does."""
    deploy_labels: tuple[str, ...] = ("deploy", "deployment_id", "release", "rollout", "commit")
    """Labels whose equal values say that two alerts follow the same deploy."""
    waiting_severities: tuple[str, ...] = ("info",)
    """Alerts of these severities are investigated only when a person asks."""
    parallel_investigations: int = 5
    """How many incidents are investigated at once; the others wait in line, the most severe first."""


def waits(rules: AlertRules, alert: Alert) -> bool:
    """Whether nothing is investigated until a person asks."""
    return (alert.severity or "") in rules.waiting_severities


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An alert that nothing open has seen, with the inventory's service for it."""

    alert: Alert
    service: Service
    at: At


def tie(rules: AlertRules, inventory: Inventory, incident: Incident, comer: Newcomer) -> str:
    """Why an alert of this service belongs to this incident; empty where it does not.

    Never across environments, never without a known service, never to what nobody investigates yet.
    """
    theirs, service = inventory.service(incident.service), comer.service
    if theirs is None or theirs.environment != service.environment or incident.waits:
        return ""
    if not _recent(rules, incident, comer.at) or len(incident.joined) >= rules.most_joined:
        return ""
    if theirs.name == service.name:
        return "same service"
    deploy = _same_deploy(rules, incident.alert, comer.alert)
    if deploy:
        return f"same deploy ({deploy})"
    if service.name in theirs.depends_on:
        return f"{theirs.name} depends on {service.name}"
    if theirs.name in service.depends_on:
        return f"{service.name} depends on {theirs.name}"
    return ""


def _recent(rules: AlertRules, incident: Incident, now: At) -> bool:
    if not incident.is_open or now - incident.opened_at > LONGEST_STORM:
        return False
    joined = (entry.at for entry in incident.entries if isinstance(entry.event, AlertJoined))
    return now - max(joined, default=incident.opened_at) < rules.group_seconds * SECOND


def _same_deploy(rules: AlertRules, one: Alert, other: Alert) -> str:
    mine, theirs = one.named_labels(), other.named_labels()
    same = (name for name in rules.deploy_labels if mine.get(name) and mine.get(name) == theirs.get(name))
    return next((f"{name}={mine[name]}" for name in same), "")


def comes_back(rules: AlertRules, incident: Incident, now: At) -> bool:
    """Whether a closed incident goes on when its alert fires now."""
    closed: Closed | None = incident.closed
    if closed is None or closed.closing in NEVER_AGAIN or incident.reopened >= MOST_REOPENINGS:
        return False
    return now - closed.at < rules.reopen_seconds * SECOND


def services(incident: Incident, inventory: Inventory) -> tuple[ServiceName, ...]:
    """Every service that an alert of this incident names, its own first."""
    named = (incident.service, *(one.alert.service for one in incident.joined))
    found = (inventory.service(name) for name in named if name)
    return tuple(dict.fromkeys(service.name for service in found if service is not None))
