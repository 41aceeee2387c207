"""Robusta: a section with the state, the severity and the finding's linked title, then its source."""

import re

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.headline import bare_title
from bot.slack.alerts.naming import mentioned, named_services, workload
from bot.slack.alerts.pairs import first_value, pairs_of, stated
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import severity_of
from bot.slack.alerts.status import worded_state
from bot.slack.alerts.words import FIRING, sign_of

SOURCE = "robusta"

_STATE_LINE = re.compile(
    r"(?:Prometheus|Alert|K8s Event|Kubernetes|Notification)[^\n]{0,40}"
    r"(?:firing|resolved|detected|notification)?[^\n]{0,80}?(?P<severity>High|Medium|Low|Info|Debug)\s*$",
    re.IGNORECASE,
)
_RESOLVED = re.compile(r"\bresolved\b", re.IGNORECASE)


def read_robusta(flat: Flat) -> Reading | None:
    """A finding; the pod's owner is what is affected."""
    section = next(iter(flat.of(Role.SECTION)), "")
    first, _, second = section.partition("\n")
    line = _STATE_LINE.search(first)
    stated_pairs = stated(pairs_of(flat))
    source = first_value(stated_pairs, "source")
    if not line or not source:
        return None
    title = second.strip() or bare_title(next(iter(flat.of(Role.TEXT)), ""))
    about = first_value(stated_pairs, "alert", "description", "summary")
    labels = dict(reversed(tuple(mentioned(about)))) | {"cluster": source}
    resources = {kind: name for kind, name in labels.items() if kind != "cluster"}
    state = worded_state(first)
    status = state.status if state else sign_of(first) or FIRING
    return Reading(
        source=SOURCE,
        status=status,
        title=title,
        identity=(title, source, *sorted(f"{kind}={workload(name)}" for kind, name in resources.items())),
        severity=severity_of(line.group("severity")),
        labels=labels,
        services=named_services(resources),
        summary=about,
    )
