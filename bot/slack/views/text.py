"""Text on its way to Slack: nothing from outside may ping, link, hide or overflow."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain.ids import At, PersonId

ELLIPSIS = "…"
WORDS_FOR_ALL = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
PERSON = re.compile(r"[UW][A-Z0-9]{1,63}", re.ASCII)
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Unicode categories that are not seen or that change how their neighbours are seen."""
BLANKS = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by category that show as nothing."""
STACKED_MARKS = 2
NAME = 80
LINK_SAFE = re.compile(r"https://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]{1,2000}", re.ASCII)


def visible(text: str, *, lines: bool = False) -> str:
    """Text in which every control, bidi and invisible character is spelled out; `lines` keeps line ends.

    Line ends become spaces otherwise. Marks stacked on one letter are cut after two.
    """
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for char in text.replace("\r\n", "\n"):
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks > STACKED_MARKS:
            continue
        shown.append(_shown(char, lines=lines))
    return "".join(shown)


def _shown(char: str, *, lines: bool) -> str:
    if char == "\n" and lines:
        return char
    if char in "\n\t" or unicodedata.category(char) == "Zs":
        return " "
    if char in BLANKS or unicodedata.category(char) in HIDDEN or _selects_or_tags(char):
        return f"[U+{ord(char):04X}]"
    return char


def _selects_or_tags(char: str) -> bool:
    return 0xFE00 <= ord(char) <= 0xFE0E or 0xE0000 <= ord(char) <= 0xE01EF  # noqa: PLR2004 - Unicode's own ranges


def quiet(text: str, *, lines: bool = False) -> str:
    """Visible text that addresses nobody: for places where Slack reads no markup at all."""
    return WORDS_FOR_ALL.sub("@ ", visible(text, lines=lines))


def esc(text: str) -> str:
    """Visible text for Slack's mrkdwn: `& < >` escaped, no backticks, so no mention and no link can form."""
    plain = quiet(text).replace("`", "'")
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fit(text: str, limit: int) -> str:
    """The text, cut by characters with an ellipsis where it is longer than the limit."""
    if len(text) <= limit:
        return text
    return f"{text[: max(limit - 1, 0)].rstrip()}{ELLIPSIS}"[:limit]


def short(text: str, limit: int, *, lines: bool = False) -> str:
    """Quiet text of at most `limit` characters, for places where Slack reads no markup."""
    head = text[: limit * 3]
    shown = fit(quiet(head, lines=lines), limit)
    return shown if len(head) == len(text) or shown.endswith(ELLIPSIS) else fit(f"{shown} {ELLIPSIS}", limit)


def esc_fit(text: str, limit: int) -> str:
    """Escaped text of at most `limit` characters, never cut inside an escape."""
    plain = short(text, limit)
    whole = esc(plain)
    if len(whole) <= limit:
        return whole
    kept, size = 0, 0
    while size + len(esc(plain[kept])) < limit:
        size += len(esc(plain[kept]))
        kept += 1
    return f"{esc(plain[:kept])}{ELLIPSIS}"


def code(text: str, limit: int) -> str:
    """Escaped text of at most `limit` characters in a code span."""
    return f"`{esc_fit(text, limit) or ' '}`"


def mention(person: PersonId | str) -> str:
    """A mention of a person, which notifies where it is posted; anything that is no Slack id is text."""
    return f"<@{person}>" if PERSON.fullmatch(person) else esc_fit(person, NAME)


def unsigned(text: str) -> str:
    """A detail without the id of the person who gave it; who that was stands beside it."""
    who, _, note = text.partition(": ")
    signed = PERSON.fullmatch(who) is not None and any(map(str.isdigit, who))
    return note if signed and note else text


def mentions(people: tuple[PersonId, ...], most: int = 8) -> str:
    """Mentions of several people, the last joined by `or`."""
    return either([mention(person) for person in people], most)


def either(words: Sequence[str], most: int) -> str:
    """Words joined by commas and a last `or`; `nobody` for none."""
    shown = [*words[:most]]
    if len(words) > most:
        shown.append(f"{len(words) - most} more")
    if len(shown) <= 1:
        return shown[0] if shown else "nobody"
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def link(url: str, label: str, allowed: tuple[str, ...]) -> str:
    """A link where its address starts with one of the allowed prefixes; otherwise only its label."""
    known = any(url.startswith(prefix) and prefix.count("/") > 2 for prefix in allowed)  # noqa: PLR2004
    if known and LINK_SAFE.fullmatch(url):
        return f"<{url.replace('&', '&amp;')}|{esc(label).replace('|', '/')}>"
    return esc(label)


def utc(at: At, *, seconds: bool = False) -> str:
    """A moment as `13:33 UTC`, or `13:33:07 UTC`."""
    moment = datetime.fromtimestamp(at / 1000, UTC)
    return f"{moment:%H:%M:%S} UTC" if seconds else f"{moment:%H:%M} UTC"


def utc_day(at: At) -> str:
    """A moment with its day, as `2026-09-21 13:33 UTC`."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def when(at: At) -> str:
    """A moment in each reader's own time zone, UTC where a client cannot."""
    return f"<!date^{at // 1000}^{{time}}|{utc(at)}>"


def when_day(at: At) -> str:
    """A moment with its day in each reader's own time zone."""
    return f"<!date^{at // 1000}^{{date_short_pretty}} {{time}}|{utc_day(at)}>"


def lasting(milliseconds: int) -> str:
    """A duration in words, its two largest units: `2 h 5 min`, `1 min 30 s`, `4 s`."""
    seconds = max(milliseconds, 0) // 1000
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        if seconds >= size and len(parts) < 2:  # noqa: PLR2004 - two units are enough for people
            parts.append(f"{seconds // size} {name}")
            seconds %= size
        elif parts:
            break
    return " ".join(parts) or "0 s"


def count(number: int, one: str, several: str = "") -> str:
    """A number with its noun: `1 step`, `3 steps`."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
