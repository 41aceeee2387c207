"""How Slack rewrites text, colours and addresses on their way in."""

import re
from collections.abc import Callable
from typing import Any, Final, cast

from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.model import Json

NAMED_COLOURS: Final = {"good": "2eb886", "warning": "daa038", "danger": "a30200"}
BARE_URL: Final = re.compile(r"<[^>]*>|`[^`]*`|(https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"*_~])")
TYPED_NAME: Final = re.compile(r"(?<![\w@])@([\w.-]+)")
TYPED_CHANNEL: Final = re.compile(r"(?<![\w#&])#([\w-]+)")


def escape(text: str) -> str:
    """The three characters Slack escapes in text typed by people."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def link_bare_urls(text: str) -> str:
    """Bare URLs as `<url>`, the way they arrive in events."""
    return BARE_URL.sub(lambda found: f"<{found[1]}>" if found[1] else found[0], text)


def typed(text: str, mention: Callable[[str], str], channel: Callable[[str], str]) -> str:
    """The wire form of what a person typed: escaped, with @names, #channels and URLs marked up."""
    marked = TYPED_NAME.sub(lambda found: mention(found[1]) or found[0], escape(text))
    return link_bare_urls(TYPED_CHANNEL.sub(lambda found: channel(found[1]) or found[0], marked))


def normal_colour(colour: str) -> str:
    """Six hexadecimal digits without "#"; unknown names become Slack's grey by being left empty."""
    plain = NAMED_COLOURS.get(colour, colour.removeprefix("#"))
    return plain if re.fullmatch(r"[0-9a-fA-F]{3,6}", plain) else ""


def normal_fields(fields: Any) -> list[Json]:
    if not isinstance(fields, list):
        raise SlackError("invalid_attachments")
    given = cast("list[Any]", fields)
    if not all(isinstance(one, dict) for one in given):
        raise SlackError("invalid_attachments")
    return [{"short": False, **one} for one in given]


def normal_attachment(attachment: Json, number: int) -> Json:
    """A legacy attachment as Slack keeps it: numbered, with a plain colour and a fallback."""
    kept: Json = {
        "id": number,
        **{key: value for key, value in attachment.items() if value not in (None, "")},
    }
    colour = normal_colour(str(kept.pop("color", "")))
    if colour:
        kept["color"] = colour
    for key in ("text", "pretext"):
        if key in kept:
            kept[key] = link_bare_urls(str(kept[key]))
    fields: Any = kept.pop("fields", None)
    if fields:
        kept["fields"] = normal_fields(fields)
    kept.setdefault("fallback", "[no preview available]")
    return kept
