"""What is said in the deploy channels of the inventory is kept, by people and by apps alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from bot.domain.ids import SECOND, At
from bot.ports.cards import Announcement, Seen
from bot.ports.content import Content
from bot.slack.payloads import Envelope, Identity, Posted

KIND = "deploy_channel"
MAX_TEXT = 2_000
TEXTS = ("pretext", "title", "text", "fallback")
SUBTYPES = frozenset({None, "bot_message", "file_share"})


@dataclass(frozen=True, slots=True)
class Announcements:
    """Keeps messages of channels that the inventory names as a source of changes."""

    me: Identity
    seen: Seen
    content: Content

    async def keep(self, envelope: Envelope, *, again: bool) -> None:
        """Keep the message, once; raises StoreUnavailableError."""
        said = announced(envelope, self.me)
        if said is None or not self._listens(envelope):
            return
        channel = str(envelope.event["channel"])
        if await self.seen.first(f"announced:{channel}:{envelope.event['ts']}") or again:
            await self.seen.announce(channel, said)

    def _listens(self, envelope: Envelope) -> bool:
        if envelope.is_ext_shared_channel and not self.content.policy().shared_channels_allowed:
            return False
        channel = envelope.event.get("channel")
        sources = (source for service in self.content.inventory().services for source in service.changes)
        return any(source.kind == KIND and source.setting("channel") == channel for source in sources)


def announced(envelope: Envelope, me: Identity) -> Announcement | None:
    """A new message in a channel itself, of somebody else; nothing for anything else."""
    if envelope.kind != "message":
        return None
    try:
        posted = Posted.model_validate(envelope.event)
    except ValidationError:
        return None
    ours = posted.user == me.user_id or (posted.bot_id is not None and posted.bot_id == me.bot_id)
    text = " ".join(" ".join(_texts(envelope.event)).split())[:MAX_TEXT]
    if ours or posted.channel is None or not posted.is_root or posted.subtype not in SUBTYPES or not text:
        return None
    seconds, _, fraction = posted.ts.partition(".")
    at = At(int(seconds) * SECOND + int(f"{fraction:0<3}"[:3] or 0))
    return Announcement(at, str(envelope.event.get("username") or posted.user or "an app")[:80], text)


def _texts(event: Mapping[str, Any]) -> Iterable[str]:
    """Everything that a message says, in text, attachments and blocks."""
    if event.get("text"):
        yield str(event["text"])
    for part in _rows(event.get("attachments")):
        yield from (str(part[name]) for name in TEXTS if isinstance(part.get(name), str))
    for block in _rows(event.get("blocks")):
        inner = _rows([block.get("text"), *_rows(block.get("fields"))])
        yield from (str(one["text"]) for one in inner if "text" in one)


def _rows(value: Any) -> list[dict[str, Any]]:
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return [cast("dict[str, Any]", row) for row in rows if isinstance(row, dict)]
