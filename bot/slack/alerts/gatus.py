"""Gatus: an attachment that says for which endpoint an alert was triggered or resolved."""

import re

from bot.slack.alerts.flat import Flat
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.words import FIRING, RESOLVED

SOURCE = "gatus"

_SAYS = re.compile(
    r"An alert for (?P<name>[^\n]{1,300}?) has been (?P<state>triggered|resolved) "
    r"(?:due to|after)[^\n]{0,200}"
    r"(?:\n>\s*(?P<about>[^\n]{0,1000}))?"
)


def read_gatus(flat: Flat) -> Reading | None:
    """The endpoint with its group is title, service and identity; Gatus states no severity."""
    found = _SAYS.search(flat.body)
    if not found:
        return None
    name = found.group("name")
    return Reading(
        source=SOURCE,
        status=FIRING if found.group("state") == "triggered" else RESOLVED,
        title=name,
        identity=(name,),
        labels={},
        services=tuple(dict.fromkeys((name, name.rpartition("/")[2]))),
        summary=found.group("about") or found.group(),
    )
