"""Alert rules and the life of an alert: pending, firing, resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.playground.metrics.samples import Labels, labels_of


class State(StrEnum):
    """Where an alert stands."""

    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Rule:
    """When to alert.

    `hold` is the seconds that the expression must stay true (Prometheus' `for`), `keep` those that it must
    stay false before the alert is resolved (its `keep_firing_for`), so that it does not flap.
    `{value}` and `{label}` names in the description are filled in.
    """

    name: str
    expr: str
    hold: float
    labels: Mapping[str, str]
    title: str
    description: str
    keep: float = 0.0


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of a rule, for one label set."""

    labels: Labels
    state: State
    since: float
    value: float
    seen: float
    """When the expression was last true."""


def advance(
    rule: Rule, alerts: Mapping[Labels, Alert], found: Mapping[Labels, float], now: float
) -> tuple[dict[Labels, Alert], tuple[Alert, ...]]:
    """The alerts after one evaluation, and those whose state has just become firing or resolved.

    `found` holds the elements for which the expression is true. A pending one that is true no more vanishes.
    """
    after: dict[Labels, Alert] = {}
    changed: list[Alert] = []
    for labels, value in found.items():
        known = alerts.get(labels) or Alert(labels, State.PENDING, now, value, now)
        fresh = replace(known, value=value, seen=now)
        if fresh.state is State.PENDING and now - fresh.since >= rule.hold:
            fresh = replace(fresh, state=State.FIRING, since=now)
            changed.append(fresh)
        after[labels] = fresh
    for labels, alert in alerts.items():
        if labels in found or alert.state is not State.FIRING:
            continue
        if now - alert.seen < rule.keep:
            after[labels] = alert
        else:
            changed.append(replace(alert, state=State.RESOLVED, since=now))
    return after, tuple(changed)


def alert_labels(rule: Rule, series: Mapping[str, str]) -> Labels:
    """The labels of an alert: those of the series, over them those of the rule, and the alert's name."""
    own = {name: value for name, value in series.items() if name != "__name__"}
    return labels_of(own | dict(rule.labels) | {"alertname": rule.name})
