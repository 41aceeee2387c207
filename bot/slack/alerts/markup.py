"""Slack's markup as plain text: links unwrapped, emphasis gone, entities undone, nothing invisible left."""

import re
import unicodedata

PIECE_LIMIT = 8_000
"""Characters of one piece of a message; more is cut."""

_ANGLED = re.compile(r"<([^<>|\n]{1,3000})(?:\|([^<>\n]{0,3000}))?>")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]\n]{1,300})\]\((https?://[^()\s]{1,2000})\)")
_BOLD = re.compile(r"\*\*([^*\n]{1,2000})\*\*|(?<![\w*])\*([^*\n]{1,2000})\*(?![\w*])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
_KEPT_CONTROLS = frozenset("\n\t")
_ZERO_WIDTH_JOINER_KEEPERS = frozenset({"\ufe0f"})


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
    if text.isascii() and text.isprintable():
        return text
    return "".join(character for character in text if _is_visible(character))


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


def _is_visible(character: str) -> bool:
    if character in _KEPT_CONTROLS or character in _ZERO_WIDTH_JOINER_KEEPERS:
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
