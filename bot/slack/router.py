"""Which events mean something to us: pure, from an envelope to what it is about."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from bot.slack.alerts.webhook import WebhookAlert, heard
from bot.slack.payloads import Edited, Envelope, Identity, Mention, Posted

ALERT_SUBTYPES = frozenset({None, "bot_message"})
CONTENT = ("text", "attachments", "blocks")
UNFURLED = ("from_url", "original_url", "is_app_unfurl", "app_unfurl_url", "service_url")
HEARD = "greenlight_alert"
"""The type of events that our own door for webhooks stores; Slack sends none of that name."""
IDS = frozenset({"id", "block_id", "action_id"})
"""Slack numbers blocks and attachments anew on every edit."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A message of another app that may be an alert, new or edited; `ts` anchors its thread."""

    key: str
    channel: str
    ts: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Somebody mentioned the bot; `thread` is the thread's anchor, the message itself outside of threads."""

    key: str
    channel: str
    thread: str
    ts: str
    person: str
    text: str


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert that came over HTTP, to be shown in this channel."""

    key: str
    channel: str
    alert: WebhookAlert


def route(envelope: Envelope, me: Identity) -> Sight | Spoken | Heard | None:
    """What an event is about; nothing for all that does not concern us, malformed events included."""
    try:
        match envelope.kind:
            case "app_mention":
                return _mention(envelope, me)
            case _ if envelope.kind == HEARD:
                return Heard(envelope.event_id, str(envelope.event.get("channel", "")), heard(envelope.event))
            case "message" if envelope.event.get("subtype") == "message_changed":
                return _edit(envelope, me)
            case "message":
                return _message(envelope, me)
            case _:
                return None
    except ValidationError:
        return None


def _message(envelope: Envelope, me: Identity) -> Sight | None:
    posted = Posted.model_validate(envelope.event)
    if posted.channel is None or not _may_alert(posted, envelope, me):
        return None
    return Sight(f"message:{posted.channel}:{posted.ts}", posted.channel, posted.ts, envelope.event)


def _edit(envelope: Envelope, me: Identity) -> Sight | None:
    edited = Edited.model_validate(envelope.event)
    posted = Posted.model_validate(edited.message)
    if not _may_alert(posted, envelope, me):
        return None
    if content_hash(edited.message) == content_hash(edited.previous_message):
        return None
    message = {"type": "message", **edited.message, "channel": edited.channel}
    return Sight(f"edit:{edited.channel}:{posted.ts}:{edited.ts}", edited.channel, posted.ts, message)


def _mention(envelope: Envelope, me: Identity) -> Spoken | None:
    said = Mention.model_validate(envelope.event)
    if said.user is None or said.bot_id or said.user == me.user_id:
        return None
    text = said.text.replace(f"<@{me.user_id}>", " ").strip()
    anchor = said.thread_ts or said.ts
    return Spoken(f"mention:{said.channel}:{said.ts}", said.channel, anchor, said.ts, said.user, text)


def _may_alert(posted: Posted, envelope: Envelope, me: Identity) -> bool:
    """Root messages of other apps: no thread or image replies, no joins, no people, nothing of our own."""
    ours = (
        posted.user == me.user_id
        or (posted.bot_id and posted.bot_id == me.bot_id)
        or (posted.app_id and posted.app_id == envelope.api_app_id)
    )
    by_an_app = bool(posted.bot_id or posted.app_id)
    return by_an_app and not ours and posted.is_root and posted.subtype in ALERT_SUBTYPES


def content_hash(message: Mapping[str, Any]) -> str:
    """A hash of what a message says, without link previews and without Slack's own numbering."""
    said = {field: _said(message.get(field)) for field in CONTENT if message.get(field)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _said(value: Any) -> Any:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value)
        return {name: _said(inner) for name, inner in items.items() if name not in IDS}
    if isinstance(value, list):
        rows = cast("list[Any]", value)
        return [_said(row) for row in rows if not _is_preview(row)]
    return value


def _is_preview(row: Any) -> bool:
    return isinstance(row, Mapping) and any(name in row for name in UNFURLED)
