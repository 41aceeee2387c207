"""Uptime Kuma: `[monitor] [🔴 Down] message`."""

import re

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.words import FIRING, RESOLVED

SOURCE = "uptime-kuma"

_SAYS = re.compile(r"^\[(?P<name>[^\n]{1,300}?)\] \[\W{0,4}(?P<state>Down|Up)\]\s*(?P<about>[^\n]{0,1000})")


def read_uptime_kuma(flat: Flat) -> Reading | None:
    """The monitor is title, service and identity; Uptime Kuma states no severity."""
    texts = (*flat.of(Role.TEXT), *(value for _, value in flat.fields))
    found = next(filter(None, map(_SAYS.match, texts)), None)
    if not found:
        return None
    name = found.group("name")
    return Reading(
        source=SOURCE,
        status=FIRING if found.group("state") == "Down" else RESOLVED,
        title=name,
        identity=(name,),
        labels={},
        services=(name,),
        summary=found.group("about"),
    )
