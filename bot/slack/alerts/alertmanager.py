"""Prometheus Alertmanager, in its default and in teams' own templates."""

from collections.abc import Iterable

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.heading import Heading, heading_of
from bot.slack.alerts.headline import MAX_TITLE, is_boilerplate
from bot.slack.alerts.naming import (
    bare_services,
    is_infrastructure,
    is_passing,
    named_services,
    stable_values,
    workload,
)
from bot.slack.alerts.pairs import common_labels, first_value, pairs_of, stated
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import known_severity, severity_of, stated_severity
from bot.slack.alerts.status import State, Strength, shown_state, tagged_state, worded_state
from bot.slack.alerts.words import FIRING

SOURCE = "alertmanager"

_UNNAMED = frozenset({"none", "page", "ticket"})


def read_alertmanager(flat: Flat) -> Reading | None:
    """An alert group as Alertmanager posts it; none where the message does not have its marks."""
    heading = _heading(flat)
    if heading is None:
        return None
    pairs = pairs_of(flat)
    labels = common_labels(pairs)
    state = _state(flat)
    static = "" if is_boilerplate(heading.name, flat.username) else heading.name
    described = first_value(stated(pairs), "alert", "summary")
    title = (labels.get("alertname") or static or described or heading.name)[:MAX_TITLE]
    severity = _severity(labels, heading) or stated_severity(stated(pairs))
    return Reading(
        source=SOURCE,
        status=state.status,
        title=title,
        identity=(_template(flat, title), title, *_identity(heading, labels)),
        severity=severity,
        labels={**labels, "alertname": title, **({"severity": severity} if severity else {})},
        services=_services(labels, heading, title),
        summary=_summary(flat, stated(pairs)),
        count=state.count,
    )


def _heading(flat: Flat) -> Heading | None:
    """That of the fallback, which keeps the default form under a custom title, else that of the title."""
    texts = (*flat.of(Role.FALLBACK, Role.TITLE), *flat.of(Role.TEXT, Role.HEADER, Role.SECTION)[:3])
    found = (heading_of(text) for text in texts)
    return next((each for each in found if each and each.values), None)


def _state(flat: Flat) -> State:
    texts = flat.of(Role.FALLBACK, Role.TITLE, Role.TEXT, Role.HEADER, Role.SECTION)
    tagged = next(filter(None, map(tagged_state, texts)), None)
    worded = next(filter(None, map(worded_state, flat.of(Role.TITLE))), None)
    return tagged or worded or shown_state(flat) or State(FIRING, Strength.HINT)


def _severity(labels: dict[str, str], heading: Heading) -> str | None:
    """The label's value; without names, the last value that can only be a severity."""
    if "severity" in labels:
        return severity_of(labels["severity"])
    for value in (*reversed(heading.rest), *reversed(heading.group[1:])):
        if known_severity(value) or value.lower() in _UNNAMED:
            return severity_of(value)
    return None


def _services(labels: dict[str, str], heading: Heading, title: str) -> tuple[str, ...]:
    """By the labels' names; else by the values: the group's are what people chose to be told apart.

    With Kubernetes' exporters the group is the namespace, and the other values name what is in it.
    """
    group, rest = (
        [value for value in part if _may_name(value, title)] for part in (heading.group, heading.rest)
    )
    in_kubernetes = any(is_infrastructure(value) or workload(value) != value for value in rest)
    first, second = (rest, group) if in_kubernetes else (group, rest)
    return named_services(labels) or tuple(dict.fromkeys((*bare_services(first), *bare_services(second))))


def _may_name(value: str, title: str) -> bool:
    return value != title and not known_severity(value) and value.lower() not in _UNNAMED


def _identity(heading: Heading, labels: dict[str, str]) -> Iterable[str]:
    """The group's values as they are; of the others what stays when a pod is replaced or another one joins.

    All other common values stay in: the group may be no more than the alert's name, and two hosts
    are two troubles.
    A heading without them (a static title) is of no use: then the labels tell.
    """
    yield "group"
    yield from heading.group
    yield "rest"
    yield from stable_values(heading.rest)
    if not heading.rest:
        yield from sorted(
            f"{key}={workload(value)}" for key, value in labels.items() if not is_passing(value)
        )


def _template(flat: Flat, title: str) -> str:
    """Which kind of template wrote it: to Alertmanager a notification is receiver and group."""
    shown = next(iter(flat.of(Role.TITLE)), "")
    heading = heading_of(shown)
    if heading is not None:
        return "default" if title in heading.values else "tagged"
    return "named" if title and title in shown else "free"


def _summary(flat: Flat, pairs: tuple[tuple[str, str], ...]) -> str:
    text = first_value(pairs, "summary", "alert", "description", "message")
    return text or next(iter(flat.of(Role.BODY)), "")
