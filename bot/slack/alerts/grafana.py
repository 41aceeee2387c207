"""Grafana's own alerting: an attachment with a footer of Grafana and label lists in its text."""

import re

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.naming import is_passing, named_services, workload
from bot.slack.alerts.pairs import Pair, common_labels, first_value, pairs_of, stated
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import stated_severity
from bot.slack.alerts.status import State, Strength, shown_state, tagged_state, worded_state
from bot.slack.alerts.words import FIRING

SOURCE = "grafana"

_FOOTER = re.compile(r"^Grafana v\d")
_SECTION = re.compile(r"^(Labels|Annotations):\s*$")
_ITEM = re.compile(r"^\s*- ([\w.]{1,64})\s*=\s*(.*)$")
_TAG = re.compile(r"^\s*\[[^\]]*\]\s*")


def read_grafana(flat: Flat) -> Reading | None:
    """One notification; its first alert gives the name where the alerts differ."""
    lines = flat.body.splitlines()
    if not any(_FOOTER.match(text) for text in flat.of(Role.FOOTER)) and not _has_lists(lines):
        return None
    labels, first = _labels(lines)
    heading = next(iter(flat.of(Role.TITLE)), "")
    title = (
        labels.get("alertname") or first.get("alertname") or _TAG.sub("", heading).strip() or "Grafana alert"
    )
    state = _state(flat)
    return Reading(
        source=SOURCE,
        status=state.status,
        title=title,
        identity=(
            title,
            *sorted(f"{key}={workload(value)}" for key, value in labels.items() if _stays(key, value)),
        ),
        severity=stated_severity(labels.items()),
        labels=labels,
        services=named_services(labels),
        summary=first_value(stated(pairs_of(flat)), "summary", "description"),
        count=state.count,
    )


def _has_lists(lines: list[str]) -> bool:
    return any(line.startswith("Labels:") for line in lines) and any(
        line.startswith("Silence: ") for line in lines
    )


def _labels(lines: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The labels that all alerts share, and those of the first."""
    pairs: list[Pair] = []
    section = ""
    for line in lines:
        start = _SECTION.match(line)
        section = start.group(1) if start else section
        item = _ITEM.match(line)
        if item and section == "Labels":
            pairs.append(Pair(item.group(1), item.group(2).strip(), is_label=True))
    first: dict[str, str] = {}
    for pair in pairs:
        if pair.key in first:
            break
        first[pair.key] = pair.value
    return common_labels(pairs), first


def _state(flat: Flat) -> State:
    titles = flat.of(Role.TITLE, Role.FALLBACK, Role.HEADER, Role.TEXT)
    bodies = (text.strip().removeprefix("**") for text in flat.of(Role.BODY))
    found = next(filter(None, map(tagged_state, titles)), None) or next(
        filter(None, map(worded_state, titles)), None
    )
    # A notification that Grafana could not render shows no state; what pages unreadably counts as firing.
    return found or next(filter(None, map(worded_state, bodies)), None) or shown_state(flat) or _UNREADABLE


_UNREADABLE = State(FIRING, Strength.HINT)


def _stays(key: str, value: str) -> bool:
    return not is_passing(value) and key not in {"ref_id", "datasource_uid"}
