"""Readers made from the rules of `senders.yaml`."""

from collections.abc import Iterator

from bot.domain.alert import AlertStatus
from bot.ports.senders import Pick, SenderRule
from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.naming import named_services
from bot.slack.alerts.parsing import READERS, Reader
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import severity_of

ROLES = {
    "text": Role.TEXT,
    "title": Role.TITLE,
    "pretext": Role.PRETEXT,
    "footer": Role.FOOTER,
}
MAX_LOOKED_AT = 8_000
MAX_TITLE = 300


def all_readers(rules: tuple[SenderRule, ...]) -> tuple[Reader, ...]:
    """One reader per rule, in their order, then those in code."""
    return (*(_reader(rule) for rule in rules), *READERS)


def _reader(rule: SenderRule) -> Reader:
    def read(flat: Flat) -> Reading | None:
        if any(_first(flat, (pick,)) is None for pick in rule.match):
            return None
        title = _first(flat, rule.title)
        if not title:
            return None
        labels = dict(flat.fields)
        service = _first(flat, rule.service)
        named = (service,) if service else ()
        severity = _first(flat, rule.severity)
        shared = tuple(_first(flat, (pick,)) or "" for pick in rule.identity)
        return Reading(
            source=rule.name,
            status=_status(flat, rule),
            title=title[:MAX_TITLE],
            identity=shared if any(shared) else (title, service or ""),
            severity=severity_of(severity) if severity else None,
            labels=labels,
            services=tuple(dict.fromkeys((*named, *named_services(labels)))),
            summary=_first(flat, rule.summary) or "",
        )

    return read


def _status(flat: Flat, rule: SenderRule) -> AlertStatus:
    if _first(flat, rule.resolved) is not None:
        return AlertStatus.RESOLVED
    if _first(flat, rule.acknowledged) is not None:
        return AlertStatus.ACKNOWLEDGED
    return AlertStatus.FIRING


def _first(flat: Flat, picks: tuple[Pick, ...]) -> str | None:
    """What the first pick that hits takes, without surrounding blanks."""
    hits = (pick.find(text[:MAX_LOOKED_AT]) for pick in picks for text in _texts(flat, pick.place))
    found = next((hit for hit in hits if hit is not None), None)
    return None if found is None else " ".join(found.split())


def _texts(flat: Flat, place: str) -> Iterator[str]:
    if place.startswith("field:"):
        wanted = place.removeprefix("field:").casefold()
        yield from (value for name, value in flat.fields if name.casefold() == wanted)
    elif place == "username":
        yield flat.username
    elif place == "body":
        yield flat.body
    else:
        yield from flat.of(ROLES[place])
