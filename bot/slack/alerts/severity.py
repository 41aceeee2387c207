"""How bad a message says it is; what it does not say stays unsaid."""

import re
from collections.abc import Iterable

from bot.domain.alert import Severity
from bot.slack.alerts.pairs import first_value

_MEANINGS: dict[str, str] = {
    **dict.fromkeys(
        (
            "critical",
            "crit",
            "fatal",
            "emergency",
            "disaster",
            "high",
            "highest",
            "urgent",
            "p1",
            "p0",
            "sev0",
            "sev1",
            "sev-0",
            "sev-1",
            "blocker",
            "severe",
        ),
        Severity.CRITICAL.value,
    ),
    **dict.fromkeys(("error", "err", "major", "p2", "sev2", "sev-2"), Severity.ERROR.value),
    **dict.fromkeys(
        ("warning", "warn", "medium", "moderate", "average", "minor", "p3", "sev3", "sev-3"),
        Severity.WARNING.value,
    ),
    **dict.fromkeys(
        (
            "info",
            "informational",
            "information",
            "notice",
            "low",
            "lowest",
            "debug",
            "p4",
            "p5",
            "sev4",
            "sev5",
            "sev-4",
        ),
        Severity.INFO.value,
    ),
}
_KEYS = (
    "severity",
    "alert severity",
    "issue severity",
    "sev",
    "priority",
    "urgency",
    "alert level",
    "criticality",
)
_TAG = re.compile(r"\[\s*([A-Za-z0-9-]{2,13})(?: on [^\]\n]{1,200})?\s*\]")
_WORD = re.compile(r"[a-z0-9-]{1,20}")


def severity_of(word: str) -> str | None:
    """The usual name for a stated severity; an unusual one word stays as it is, in lower case."""
    found = _WORD.match(re.sub(r"[^a-z0-9 -]", "", word.lower()).strip())
    return _MEANINGS.get(found.group(), found.group()) if found else None


def known_severity(word: str) -> str | None:
    """The usual name, where the word is known to mean a severity."""
    return _MEANINGS.get(word.strip().lower())


def stated_severity(pairs: Iterable[tuple[str, str]], headlines: Iterable[str] = ()) -> str | None:
    """The severity under a key that means it, else in brackets in a headline."""
    value = first_value(pairs, *_KEYS)
    if value:
        return severity_of(value)
    tags = (known_severity(found.group(1)) for line in headlines for found in _TAG.finditer(line[:500]))
    return next(filter(None, tags), None)
