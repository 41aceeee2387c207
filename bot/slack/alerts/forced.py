"""A message that a person calls an alert: read like any other where that works, else by its own words."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.domain.alert import Alert, AlertStatus
from bot.domain.ids import At
from bot.slack.alerts.flat import Flat, flatten
from bot.slack.alerts.generic import services_in, summary_of
from bot.slack.alerts.headline import titles
from bot.slack.alerts.json_shapes import as_text
from bot.slack.alerts.naming import mentioned
from bot.slack.alerts.parsing import READERS, Reader
from bot.slack.alerts.reading import Reading, alert_of

SOURCE = "message"
MAX_TITLE = 300
MAX_LOOKED_AT = 2_000
MAX_WORDS = 60
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,60}", re.ASCII)
"""Words that may be the name of a service; the inventory decides."""
NO_WORDS = "A message without words"


def forced(message: Mapping[str, object], received_at: At, readers: tuple[Reader, ...] = READERS) -> Alert:
    """The alert that a person says this message is: always firing, whatever the message says."""
    flat = flatten(message)
    read = next((reading for reader in readers if (reading := reader(flat))), None)
    reading = read or _by_its_words(flat, message)
    alert = alert_of(replace(reading, status=AlertStatus.FIRING), flat, received_at)
    if read is not None:
        return alert
    words = dict.fromkeys(WORD.findall(flat.body[:MAX_LOOKED_AT]))
    return replace(alert, candidates=(*alert.candidates, *tuple(words)[:MAX_WORDS]))


def _by_its_words(flat: Flat, message: Mapping[str, object]) -> Reading:
    """One incident per message: its ts is its identity, since nothing else in it is known to stay."""
    first = next((line.strip() for line in flat.body.splitlines() if line.strip()), "")
    title = (next(titles(flat, ()), "") or first or NO_WORDS)[:MAX_TITLE]
    return Reading(
        source=SOURCE,
        status=AlertStatus.FIRING,
        title=title,
        identity=(as_text(message.get("channel")), as_text(message.get("ts"))),
        labels=dict(mentioned(flat.body)),
        services=services_in(flat, {}, title),
        summary=summary_of(flat, title),
    )
