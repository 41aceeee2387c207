"""What a message calls its alert, without the decoration that tells the state."""

import re
from collections.abc import Iterable, Iterator

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.heading import heading_of
from bot.slack.alerts.pairs import first_value
from bot.slack.alerts.severity import known_severity
from bot.slack.alerts.words import STATE_WORDS, state_of

MAX_TITLE = 300

NAME_KEYS = (
    "alertname",
    "alert name",
    "alarm name",
    "alarm",
    "alert rule",
    "alert rule name",
    "rule name",
    "rule",
    "monitor name",
    "monitor",
    "check name",
    "check",
    "policy name",
    "condition name",
    "finding type",
    "detector",
    "trigger",
    "problem",
    "problem name",
    "event name",
    "alert title",
    "issue title",
    "incident title",
    "title",
    "name",
)
_STATE = "|".join(sorted(map(re.escape, STATE_WORDS), key=len, reverse=True))
_SHORTCODE = re.compile(r":[a-z0-9_+'-]{1,60}:(?=\s|$)")
_PICTURES = re.compile(r"[\u2190-\u21ff\u2300-\u23ff\u2500-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]")
_LEADING_TAG = re.compile(r"^\[([^\[\]\n]{1,80})\]\s*[:|-]?\s*")
_KIND = "alert|alarm|incident|monitor|issue|problem|event|finding|check|trigger"
_LEADING_STATE = re.compile(
    rf"^\W{{0,4}}(?:new\s+|re-?)?(?:(?:{_KIND})\s+)?(?:(?:{_STATE})\s+)?(?:(?:service|host)\s+)?(?:(?:{_KIND})\s*)?"
    rf"(?:#[\w-]{{1,40}}\s*)?(?:(?:is|was|has been)\s+)?(?:{_STATE})?(?:\s+(?:{_KIND}))?"
    r"(?:\s+#[\w-]{1,40})?"
    r"(?:\s+in \d[\w ]{0,20}|\s+from [\w ]{1,40})?\s*(?::|\s[-–—|])\s+",  # noqa: RUF001 - senders do write these dashes
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^(?:an?\s+|the\s+|your\s+)?(?:alert|alarm|monitor|check|incident|site|endpoint)\s+(?:for\s+|on\s+)?(.{1,200}?)\s+"
    rf"(?:has been|has|is|was|went)\s+(?:now\s+|back\s+)*(?:{_STATE})\b.*$",
    re.IGNORECASE,
)
_TRAILING_STATE = re.compile(
    rf"(?:\s+(?:alert|alarm|incident))?(?:\s*(?::|\s[-–—|])\s+"  # noqa: RUF001
    r"|\s+(?:is|are|has been|was|has|went)\s+(?:now\s+|back\s+|in\s+)*)"
    rf"(?:{_STATE})[\s.!]*$|\s+(?:triggered|fired|resolved|firing|recovered)[\s.!]*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s*\(\s*https?://[^)\n]*\).*$")
_QUOTED = re.compile(r'^["“\']([^"”\'\n]{2,200})["”\'](?:\s+(?:in|on|for)\s.{1,80})?$')
_GROUPED = re.compile(r"^(?:\[[^\]\n]{1,60}\]\s*)")
_BOILERPLATE = frozenset(
    [
        "alert",
        "alerts",
        "alarm",
        "notification",
        "notifications",
        "notice",
        "monitoring",
        "monitor",
        "event",
        "message",
        "incident",
        "incidents",
        "issue",
        "issues",
        "the",
        "an",
        "a",
        "new",
        "has",
        "been",
        "is",
        "was",
        "for",
        "of",
        "on",
        "in",
        "from",
        "by",
        "prometheus",
        "alertmanager",
        "grafana",
        "aws",
        "azure",
        "cloudwatch",
        "gcp",
        "sns",
        "bot",
        "status",
        "state",
        "update",
        "updated",
        "report",
        "system",
        "warning",
        "slack",
        "via",
        "details",
        "summary",
        "resource",
        "resources",
        "this",
        "triggered",
        "firing",
        "priority",
    ]
)


def titles(flat: Flat, pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What the message may call its alert, the likeliest first."""
    named = first_value(flat.fields, *NAME_KEYS) or first_value(
        pairs, "alertname", "alert name", "alarm name"
    )
    if named and not is_boilerplate(named, flat.username):
        yield named[:MAX_TITLE]
    tagged = (heading_of(text) for text in (*flat.of(Role.FALLBACK), *headlines(flat)))
    yield from (each.name for each in tagged if each and not is_boilerplate(each.name, flat.username))
    for line in headlines(flat):
        bare = bare_title(line)
        if bare and not is_boilerplate(bare, flat.username):
            yield bare


def headlines(flat: Flat) -> Iterator[str]:
    """The lines that may carry the title, the likeliest first."""
    singles = flat.of(Role.HEADER, Role.TITLE, Role.TEXT, Role.PRETEXT)
    yield from (line for text in singles for line in _lines(text)[:1])
    yield from (line for text in flat.of(Role.SECTION, Role.BODY) for line in _lines(text)[:2])
    yield from (line for text in flat.of(Role.FALLBACK, Role.CONTEXT) for line in _lines(text)[:1])


def bare_title(line: str) -> str:
    """The line without emojis, state tags and state words around it."""
    text = bare_line(line)
    before = None
    while before != text:
        before = text
        text = _without_tag(text)
        text = _LEADING_STATE.sub("", text, count=1) if not _GROUPED.match(text) else text
        text = _QUOTED.sub(r"\1", text).strip(" *_~|-:")
    text = _ADDRESS.sub("", text)
    subject = _SUBJECT.match(text)
    text = subject.group(1) if subject else _TRAILING_STATE.sub("", text)
    return _QUOTED.sub(r"\1", text.strip(" *_~|")).strip()[:MAX_TITLE]


def bare_line(line: str) -> str:
    """The line without emojis."""
    return " ".join(_PICTURES.sub(" ", _SHORTCODE.sub(" ", line[:1000])).split())


def is_boilerplate(title: str, username: str) -> bool:
    """Whether it names no alert: only words such as `Monitoring Event Notification`, or the sender itself."""
    words = re.findall(r"[^\W_]+", title.lower())
    own = set(re.findall(r"[^\W_]+", username.lower()))
    return all(
        word in _BOILERPLATE or word in own or word in STATE_WORDS or known_severity(word) for word in words
    )


def _without_tag(text: str) -> str:
    """The text without a leading tag such as `[FIRING:2]` or `[P1]`; one such as `[prod]` stays."""
    found = _LEADING_TAG.match(text)
    if not found or found.end() == len(text):
        return text
    inside = found.group(1)
    words = re.findall(r"[A-Za-z][A-Za-z0-9-]*", inside)
    tells = bool(words) and (known_severity(words[0]) or state_of(words[0]))
    return text[found.end() :] if tells else text


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()[:20] if line.strip()]
