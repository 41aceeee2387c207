"""Whether a message says that something fires, is acknowledged or has resolved, and how surely it says so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from bot.domain.alert import AlertStatus
from bot.slack.alerts.flat import Flat
from bot.slack.alerts.pairs import normal
from bot.slack.alerts.words import ACKNOWLEDGED, FIRING, RESOLVED, colour_of, sign_of, state_of, without_signs

HEAD = 400
"""Characters of a headline that are read for a state."""


class Strength(IntEnum):
    """How surely a message says its state: a colour is a hint, a tag is a statement."""

    HINT = 1
    WORD = 2
    STATEMENT = 3


@dataclass(frozen=True, slots=True)
class State:
    """A status, how surely it was said, and of how many alerts."""

    status: AlertStatus
    strength: Strength
    count: int = 1


STATE_KEYS = frozenset(
    [
        "status",
        "state",
        "alert state",
        "alert status",
        "alarm state",
        "current state",
        "new state",
        "new status",
        "current status",
        "monitor state",
        "monitor status",
        "monitor condition",
        "monitorcondition",
        "incident state",
        "incident status",
        "issue state",
        "issue status",
        "service state",
        "host state",
        "check status",
        "event status",
        "problem status",
        "alarm status",
        "condition state",
    ]
)

_COUNTED = re.compile(r"\b(FIRING|RESOLVED)\s*:\s*(\d{1,6})|\b(\d{1,6})\s+(firing|resolved)\b", re.IGNORECASE)
_TAGGED = re.compile(r"^\W{0,10}\[\s*(FIRING|RESOLVED|OK|ALERTING|NO[ _]?DATA|PENDING)\s*\]", re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\[\]\n]{1,60})\]")
_RESOLVED_WORDS = re.compile(
    r"\b(?:auto-?)?(?<!un)(?:resolved|recovered|recovery|cleared|restored|deactivated|succeeded again)\b"
    r"|\b(?:back to normal|back up|back online|back to ok|returned to (?:normal|ok)"
    r"|no longer \w+|has ended|is over)\b"
    r"|\b(?:alert|alarm|incident|issue|problem|event|case|violation)s?"
    r"(?: #?[\w-]{1,40})?(?: (?:was|is|has been))? closed\b"
    r"|\bclosed:"
    r"|\b(?:is|are|now|again|went|goes|became|status|state)(?: (?:now|back|again))? "
    r"(?:up|ok|okay|online|healthy|normal|operational|passing|green)\b"
)
_RESOLVED_START = re.compile(
    r"^\W{0,10}(?:ok|okay|up|normal|clear|closed|healthy|recovery|recovered|resolved)\b(?=\W)"
)
_NOT_RESOLVED = re.compile(
    r"\b(?:not|never|cannot be|can't be|failed to be|isn't|wasn't|until|unless|if|to be)(?: \w+)? $"
)
_ACKNOWLEDGED_WORDS = re.compile(r"\b(?:acknowledged|acknowledgement|acked)\b")
_FIRING_WORDS = re.compile(
    r"\b(?:re-?)?(?:firing|fired|triggered|activated)\b|\b(?:alarm|alerting|problem|alert)\b\s*(?::|\*|for\b|-|\|)"
    r"|\b(?:is|are|went|now|goes|host|service|site|monitor) (?:now )?"
    r"(?:down|critical|unhealthy|offline|unreachable|degraded)\b"
    r"|(?::|=|->)\s*(?:down|critical|unreachable|alarm|alerting)\b"
    r"|^\W{0,10}(?:down|alert|alarm|problem|critical|warn|warning|error|no data|trigger|open|opened)\b(?=\W)"
    r"|\b(?:incident|alert|alarm|issue|problem)(?: #?[\w-]{1,40})?"
    r"(?: (?:was|is|has been))? (?:opened|created|active|started)\b"
    r"|\bnew (?:alert|incident|alarm|problem|issue)\b|\bin alarm\b|\bstate change .{0,40}\bto alarm\b"
)
_TROUBLE = re.compile(
    r"\b(?:fail(?:ed|ing|ure|s)?|errors?|down|outage|unavailable|unreachable|unhealthy|exceed(?:ed|s)?|breach(?:ed)?"
    r"|critical|degraded|timed? ?out|crash(?:ed|ing|loop\w*)?|oom\w*|high|low|missing|lag|expir\w+|full"
    r"|saturated|spike"
    r"|anomal\w+|threshold|above|below|over \d|not ready|not responding|stalled|stuck|exhausted|leak\w*)\b"
)


def tagged_state(text: str) -> State | None:
    """The state that a tag such as `[FIRING:2, RESOLVED:1]`, `[OK]` or `2 firing, 0 resolved` states."""
    head = text[:HEAD]
    counts = {FIRING: 0, RESOLVED: 0}
    for word, number, number_before, word_after in _COUNTED.findall(head):
        counts[AlertStatus((word or word_after).lower())] += min(int(number or number_before), 100_000)
    for status in (FIRING, RESOLVED):
        if counts[status]:
            return State(status, Strength.STATEMENT, counts[status])
    tag = _TAGGED.match(head)
    status = state_of(tag.group(1).replace(" ", "_").lower().replace("pending", "firing")) if tag else None
    return State(status, Strength.STATEMENT) if status else None


def worded_state(headline: str) -> State | None:
    """The state that the words of a headline say."""
    text = without_signs(headline[:HEAD]).lower()
    bracketed = (state_of(found) for found in _BRACKETED.findall(text))
    stated = next(filter(None, bracketed), None)
    if _says(_RESOLVED_WORDS, text) or _RESOLVED_START.match(text):
        return State(RESOLVED, Strength.STATEMENT)
    if _ACKNOWLEDGED_WORDS.search(text):
        return State(ACKNOWLEDGED, Strength.STATEMENT)
    if stated:
        return State(stated, Strength.STATEMENT)
    if _FIRING_WORDS.search(text) or _closing_state(text) is FIRING:
        return State(FIRING, Strength.STATEMENT)
    if _closing_state(text):
        return State(RESOLVED, Strength.STATEMENT)
    return State(FIRING, Strength.WORD) if _TROUBLE.search(text) else None


def field_state(pairs: Iterable[tuple[str, str]]) -> State | None:
    """The state under a key that means it."""
    found = (state_of(value) for key, value in pairs if normal(key) in STATE_KEYS)
    status = next(filter(None, found), None)
    return State(status, Strength.STATEMENT) if status else None


def shown_state(flat: Flat) -> State | None:
    """The state that only emoji or colour show; a red or amber colour wins over an emoji in the text."""
    colour = next(filter(None, map(colour_of, flat.colours)), None)
    sign = next(filter(None, (sign_of(piece.first_line) for piece in flat.pieces)), None)
    status = colour if colour is FIRING and sign is not RESOLVED else sign or colour
    return State(status, Strength.HINT) if status else None


def _closing_state(text: str) -> AlertStatus | None:
    """The state that a headline ends with, as in `rule: Fired` or `cpu on host-3 - OK`."""
    _, separator, last = re.sub(r"\s[-|]\s|→|->", ": ", text.strip(" .!*")).rpartition(": ")
    return state_of(last) if separator and len(last.split()) <= 1 else None


def _says(pattern: re.Pattern[str], text: str) -> bool:
    return any(not _NOT_RESOLVED.search(text[: found.start()][-60:]) for found in pattern.finditer(text))
