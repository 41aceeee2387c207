"""What a sender's parser read, and how it becomes an alert."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.alert import Alert, AlertStatus
from bot.domain.ids import DAY, SECOND, At, Fingerprint
from bot.slack.alerts.flat import Flat
from bot.slack.alerts.pairs import first_value

MAX_LABELS = 60
MAX_LABEL = 500
MAX_SUMMARY = 2_000
MAX_COUNT = 1_000_000
OLDEST = 7 * DAY
"""A start longer ago than this is not that of the present trouble (ms)."""

_START_KEYS = (
    "startsat",
    "starts at",
    "started at",
    "start time",
    "started",
    "triggered at",
    "fired at",
    "firedtime",
    "fired time",
    "state change time",
    "@timestamp",
    "timestamp",
    "time",
    "first seen",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a message says; `identity` is what all messages of one group share and no other has."""

    source: str
    status: AlertStatus
    title: str
    identity: tuple[str, ...]
    severity: str | None = None
    labels: Mapping[str, str]
    services: tuple[str, ...] = ()
    summary: str = ""
    count: int = 1
    link: str = ""
    started: str = ""


def alert_of(reading: Reading, flat: Flat, received_at: At) -> Alert:
    """The alert; its start is the sender's, else the message's time, else when we received it."""
    return Alert(
        source=reading.source,
        status=reading.status,
        severity=reading.severity,
        service=reading.services[0] if reading.services else None,
        title=reading.title,
        labels=_labels(reading.labels),
        fingerprint=fingerprint(reading.source, reading.identity),
        started_at=started_at(flat, reading.started, received_at),
        summary=reading.summary[:MAX_SUMMARY],
        count=max(1, min(reading.count, MAX_COUNT)),
        link=reading.link or flat.link,
        candidates=reading.services[1:],
    )


def fingerprint(source: str, identity: tuple[str, ...]) -> Fingerprint:
    """The same for all messages of one group, in any state; 32 lower-case hex digits."""
    canonical = json.dumps([source, *identity], ensure_ascii=True, separators=(",", ":"))
    return Fingerprint(hashlib.sha256(canonical.encode()).hexdigest()[:32])


def started_at(flat: Flat, stated: str, received_at: At) -> At:
    """When it began: stated, by the attachment, by the message, by our clock; the first that can be true."""
    stated = stated or first_value(flat.fields, *_START_KEYS)
    posted = _seconds(flat.ts)
    latest = posted if posted is not None and posted <= received_at else received_at
    for moment in (_iso(stated), _seconds(flat.attachment_ts)):
        if moment is not None and latest - OLDEST <= moment <= latest:
            return At(moment)
    return At(latest)


def _labels(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = ((key[:MAX_LABEL], value[:MAX_LABEL]) for key, value in labels.items() if key)
    return tuple(sorted(pairs)[:MAX_LABELS])


def _iso(text: str) -> int | None:
    """ISO 8601 with a zone, in milliseconds; a time without a zone could be any."""
    if not re.fullmatch(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?UTC|Z|[+-]\d\d:?\d\d)", text.strip()
    ):
        return None
    cleaned = re.sub(r"(\.\d{6})\d+", r"\1", text.strip()).replace(" UTC", "Z").replace("UTC", "Z")
    try:
        return int(datetime.fromisoformat(cleaned).astimezone(UTC).timestamp() * SECOND)
    except (ValueError, OverflowError):
        return None


def _seconds(text: str) -> int | None:
    """Seconds since 1970 as Slack writes them (`1763630101.000100`), in milliseconds."""
    found = re.fullmatch(r"(\d{9,11})(?:\.(\d{1,9}))?", text, re.ASCII)
    if not found:
        return None
    return int(found.group(1)) * SECOND + int((found.group(2) or "0").ljust(3, "0")[:3])
