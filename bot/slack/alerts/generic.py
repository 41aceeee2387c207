"""Any other sender: what most alerts have in common, and a refusal to see an alert where nothing says so."""

import re

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.headline import bare_line, headlines, is_boilerplate, titles
from bot.slack.alerts.naming import (
    MAX_CANDIDATES,
    is_passing,
    mentioned,
    named_services,
    title_service,
    workload,
)
from bot.slack.alerts.pairs import Pair, common_labels, first_value, normal, pairs_of, stated
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import known_severity, stated_severity
from bot.slack.alerts.status import State, Strength, field_state, shown_state, tagged_state, worded_state
from bot.slack.alerts.words import FIRING

SOURCE = "generic"

_ROUTINE = re.compile(
    r"\b(?:builds?|pipelines?|workflow runs?|pull request|merge request|pull-request|commits?"
    r"|(?:copy|backup|restore) job"
    r"|deploy(?:ed|ing)|deployment (?:of|to)|released?|reminder|standup|weekly|monthly|digest"
    r"|birthday|welcome|hello|review)\b",
    re.IGNORECASE,
)
_ALERT_WORDS = re.compile(
    r"\b(?:alert\w*|alarm\w*|monitor\w*|incident\w*|outage|problem|probe|health\w*|uptime|downtime|sla|slo|threshold|latency"
    r"|unavailable|unhealthy|error rate|cpu|memory|disk|heartbeat|down|up|prometheus"
    r"|service|host|severity|priority|recover\w*)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^\W{0,10}(?:ok|up|recovered|recovery|resolved|closed|cleared|acknowledged|normal)"
    r"\W{0,2}(?: #[\w-]{1,20})?:",
    re.IGNORECASE,
)
_STABLE_KEYS = frozenset(
    [
        "alertname",
        "service",
        "app",
        "application",
        "job",
        "instance",
        "host",
        "hostname",
        "node",
        "namespace",
        "cluster",
        "container",
        "deployment",
        "queue",
        "database",
        "environment",
        "env",
        "region",
        "project",
        "monitor",
        "resource",
        "affected service",
        "affected resource",
        "account id",
        "account",
        "device",
        "mountpoint",
        "statefulset",
        "daemonset",
        "topic",
        "component",
        "target",
        "url",
    ]
)


def read_generic(flat: Flat) -> Reading | None:
    """What an unknown sender's alert says; none where no state is said or it is routine news."""
    pairs = pairs_of(flat)
    title = next(titles(flat, stated(pairs)), "")
    state = state_in(flat, pairs)
    if not title or state is None or not _is_alert(flat, state, title):
        return None
    labels = _labels(flat, pairs)
    return Reading(
        source=SOURCE,
        status=state.status,
        title=title,
        identity=(title, *_identity(labels, flat.body)),
        severity=_severity(flat, (*flat.fields, *labels.items(), *stated(pairs))),
        labels=labels,
        services=services_in(flat, labels, title),
        summary=summary_of(flat, title),
        count=state.count,
    )


def state_in(flat: Flat, pairs: tuple[Pair, ...]) -> State | None:
    """The state by tag, field, headline, stated pair, and what is shown; the surest first."""
    lines = tuple(headlines(flat))
    tagged = next(filter(None, map(tagged_state, (*lines, *flat.of(Role.FALLBACK)))), None)
    said = tagged or field_state(flat.fields) or _said(lines)
    if said and said.strength is Strength.STATEMENT:
        return said
    paired = field_state(stated(pairs))
    shown = shown_state(flat)
    if said and shown and said.status is shown.status:
        return State(said.status, Strength.WORD)
    return paired or shown or (State(said.status, Strength.HINT) if said else None)


def services_in(flat: Flat, labels: dict[str, str], title: str) -> tuple[str, ...]:
    """What the labels, the title and the prose say is affected, the likeliest first."""
    prose = dict(reversed(tuple(mentioned(flat.body))))
    in_title = title_service(title)
    found = (*named_services(labels), *((in_title,) if in_title else ()), *named_services(prose))
    return tuple(dict.fromkeys(found))[:MAX_CANDIDATES]


def summary_of(flat: Flat, title: str) -> str:
    """The first description, else the first text that says more than the title."""
    described = first_value(
        (*flat.fields, *stated(pairs_of(flat))), "summary", "description", "message", "reason"
    )
    texts = (text for text in flat.of(Role.BODY, Role.SECTION, Role.TEXT) if text != title)
    return described or next(texts, "")


def _severity(flat: Flat, pairs: tuple[tuple[str, str], ...]) -> str | None:
    """A stated severity, else the one in a line that says only how things stand (`Alert firing - *High*`)."""
    lines = tuple(headlines(flat))
    stands = (line for line in lines if is_boilerplate(bare_line(line), flat.username))
    words = (known_severity(word) for line in stands for word in re.findall(r"[A-Za-z0-9]+", line))
    return stated_severity(pairs, lines) or next(filter(None, words), None)


def _said(lines: tuple[str, ...]) -> State | None:
    """The first statement of a headline, else the first word of trouble."""
    found = tuple(filter(None, map(worded_state, lines)))
    return next((each for each in found if each.strength is Strength.STATEMENT), found[0] if found else None)


def _is_alert(flat: Flat, state: State, title: str) -> bool:
    """Whether enough speaks for an alert: a state alone may be a review, a build or a greeting."""
    if not any(flat.of(role) for role in (Role.HEADER, Role.TITLE, Role.TEXT, Role.BODY, Role.SECTION)):
        return False
    if _ROUTINE.search(title) and not any(map(tagged_state, headlines(flat))):
        return False
    shown = shown_state(flat)
    about_alerts = bool(_ALERT_WORDS.search(f"{flat.body[:2000]} {' '.join(key for key, _ in flat.fields)}"))
    if state.status is FIRING:
        return state.strength is not Strength.HINT or shown is not None
    leading = any(map(_LEADING.match, headlines(flat)))
    return state.strength is Strength.STATEMENT and (about_alerts or leading or shown is not None)


def _labels(flat: Flat, pairs: tuple[Pair, ...]) -> dict[str, str]:
    fields = {key: value for key, value in flat.fields if key and value}
    listed = common_labels(pairs)
    loose = {pair.key: pair.value for pair in reversed(pairs) if normal(pair.key) in _STABLE_KEYS}
    return {**loose, **fields, **listed}


def _identity(labels: dict[str, str], body: str) -> list[str]:
    """Labels that name what is affected, and the resources that the prose names."""
    kept = {f"{normal(key)}={workload(value)}" for key, value in labels.items() if _stays(key, value)}
    kept |= {f"{kind}={workload(name)}" for kind, name in mentioned(body)}
    return sorted(kept)


def _stays(key: str, value: str) -> bool:
    return normal(key) in _STABLE_KEYS and not is_passing(value)
