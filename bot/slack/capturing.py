"""Takes real messages of a channel as fixtures: what a parser needs, redacted, and nobody's name."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from bot.slack.chat import Chat

LINK = re.compile(
    r"https://[^/\s]+/archives/(?P<channel>[CGD][A-Z0-9]{2,20})/p(?P<s>\d{10})(?P<f>\d{6})", re.ASCII
)
PAIR = re.compile(r"(?P<channel>[CGD][A-Z0-9]{2,20})[:/](?P<s>\d{10})\.(?P<f>\d{6})", re.ASCII)
KEPT = ("type", "subtype", "ts", "thread_ts", "bot_id", "app_id", "username", "text", "attachments", "blocks")
"""What a parser may look at; who wrote, who reacted and who is mentioned by profile is left out."""
MENTION = re.compile(r"<@[UW][A-Z0-9]{2,20}(\|[^>]*)?>", re.ASCII)
NOBODY = "<@U00000000>"

Redact = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Spot:
    """One message: its channel and ts."""

    channel: str
    ts: str


def spot_of(text: str) -> Spot | None:
    """The message that a permalink or `CHANNEL:TS` names."""
    found = LINK.match(text) or PAIR.fullmatch(text)
    return Spot(found["channel"], f"{found['s']}.{found['f']}") if found else None


async def captured(chat: Chat, spot: Spot, redact: Redact) -> dict[str, Any] | None:
    """The message as a row that `greenlight parse` reads; nothing where there is none. Raises ChatError."""
    rows = await chat.history(spot.channel, spot.ts, spot.ts)
    row = next((one for one in rows if one.get("ts") == spot.ts), None)
    return None if row is None else fixture(row, spot.channel, redact)


async def newest(chat: Chat, channel: str, oldest: str, redact: Redact) -> tuple[dict[str, Any], ...]:
    """Every message of other apps since a moment, oldest first, as such rows. Raises ChatError."""
    rows = await chat.history(channel, oldest)
    return tuple(fixture(row, channel, redact) for row in rows if row.get("bot_id"))


def fixture(row: Mapping[str, Any], channel: str, redact: Redact) -> dict[str, Any]:
    """A message without people and secrets."""
    event = {name: row[name] for name in KEPT if name in row}
    clean = cast("dict[str, Any]", _clean({**event, "type": "message", "channel": channel}, redact))
    return {"id": f"{channel}-{row.get('ts', '')}", "event": clean}


def _clean(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return MENTION.sub(NOBODY, redact(value))
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {name: NOBODY[2:-1] if name == "user_id" else _clean(one, redact) for name, one in items}
    if isinstance(value, list):
        return [_clean(one, redact) for one in cast("list[Any]", value)]
    return value
