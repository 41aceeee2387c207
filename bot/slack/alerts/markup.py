"""Slack's markup as plain text: links unwrapped, emphasis gone, entities undone, nothing invisible left."""

import re

PIECE_LIMIT = 8_000
"""Characters of one piece of a message; more is cut."""

_ANGLED = re.compile(r"<([^<>|\n]{1,3000})(?:\|([^<>\n]{0,3000}))?>")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((https?://[^()\s]{1,2000})\)")
_BOLD = re.compile(r"\*\*([^*\n]{1,2000})\*\*|(?<![\w*])\*([^*\n]{1,2000})\*(?![\w*])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u115f\u1160\u180b-\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufeff\uffa0\ufff9-\uffff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
"""Controls, directions, joiners, fillers, tags, surrogates and private characters; tab and line feed stay."""


def plain(text: object, limit: int = PIECE_LIMIT) -> str:
    """What a reader sees of a text in Slack's markup; empty for what is no text."""
    if not isinstance(text, str):
        return ""
    unwrapped = _ANGLED.sub(_unwrapped, text[:limit])
    unwrapped = _MARKDOWN_LINK.sub(r"\1", unwrapped)
    unwrapped = _BOLD.sub(lambda found: found.group(1) or found.group(2), unwrapped)
    return visible(unescaped(unwrapped.replace("`", ""))).strip()


def unescaped(text: str) -> str:
    """The text without Slack's three entities (and the quote that some senders add)."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def visible(text: str) -> str:
    """The text without control, format and direction characters, which can make it read as another."""
    return _INVISIBLE.sub("", text)


def links(text: object) -> tuple[tuple[str, str], ...]:
    """Address and label of each link in a text."""
    if not isinstance(text, str):
        return ()
    found = ((match.group(1), match.group(2) or "") for match in _ANGLED.finditer(text[:PIECE_LIMIT]))
    return tuple((unescaped(url), plain(label)) for url, label in found if is_web(url))


def is_web(url: object) -> bool:
    """Whether it is a plain web address that may stand in a link."""
    return isinstance(url, str) and url.startswith(("http://", "https://")) and len(url) <= 3000  # noqa: PLR2004


def _unwrapped(found: re.Match[str]) -> str:
    target, label = found.group(1), found.group(2)
    if target.startswith("!"):
        return label or ""
    if target.startswith(("@", "#")):
        return target[0] + (label or target[1:])
    return label or target.removeprefix("mailto:")
