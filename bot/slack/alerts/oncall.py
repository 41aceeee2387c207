"""Grafana OnCall: `#12 title via integration` in the first block, the state as colour."""

import re

from bot.domain.alert import AlertStatus
from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.generic import services_in
from bot.slack.alerts.pairs import common_labels, pairs_of, stated
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import stated_severity
from bot.slack.alerts.status import tagged_state, worded_state
from bot.slack.alerts.words import ACKNOWLEDGED, FIRING, RESOLVED

SOURCE = "grafana-oncall"

_HEADING = re.compile(r"^(?P<number>#\d{1,9}) (?P<title>[^\n]{1,300}?) via (?P<integration>[^\n]{1,200})")
_COLOURS: dict[str, AlertStatus] = {
    "a30200": FIRING,
    "daa038": ACKNOWLEDGED,
    "2eb886": RESOLVED,
    "dddddd": ACKNOWLEDGED,
}
"""Firing, acknowledged, resolved, silenced, as the sender's renderer colours them."""


def read_oncall(flat: Flat) -> Reading | None:
    """An alert group; the page it links to is its identity."""
    sections = flat.of(Role.SECTION)
    found = _HEADING.match(sections[0]) if sections else None
    colour = next((_COLOURS[each.lstrip("#")] for each in flat.colours if each.lstrip("#") in _COLOURS), None)
    if not found or colour is None:
        return None
    pairs = pairs_of(flat)
    labels = common_labels(pairs)
    title = found.group("title")
    said = next(filter(None, (tagged_state(title), worded_state(sections[-1]))), None)
    return Reading(
        source=SOURCE,
        status=colour or (said.status if said else FIRING),
        title=title,
        identity=(flat.link or found.group("number"), found.group("integration").strip()),
        severity=stated_severity((*labels.items(), *stated(pairs))),
        labels=labels,
        services=services_in(flat, labels, title),
        summary=sections[1] if len(sections) > 1 else "",
    )
