"""The chat.* methods, streaming apart."""

import json
from typing import Any, Final

from bot.playground.workspace import limits
from bot.playground.workspace.board import Draft
from bot.playground.workspace.call import Call, Method
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.model import Channel, Json, Message
from bot.playground.workspace.texts import link_bare_urls, normal_attachment

WRITE: Final = ("chat:write",)


def post_message(call: Call) -> Json:
    channel = posting_channel(call)
    content = content_of(call)
    require_content(content)
    if len(content.get("text", "")) > limits.POST_TEXT:
        content["text"] = content["text"][: limits.POST_TEXT]
    draft = Draft(
        channel.id,
        author_of(call),
        content,
        thread_ts=call.text("thread_ts"),
        broadcast=call.flag("reply_broadcast"),
        app_id=call.app.id,
        metadata=metadata_of(call),
    )
    message = call.hub.board.post(draft)
    return {"channel": channel.id, "ts": message.ts, "message": message.body}


def update(call: Call) -> Json:
    message = own_message(call)
    if message.stream is not None:
        raise SlackError("streaming_state_conflict")
    content = content_of(call)
    if not any(
        call.params.get(key) is not None for key in ("text", "blocks", "attachments", "markdown_text")
    ):
        raise SlackError("no_text")
    if len(content.get("text", "")) > limits.UPDATE_TEXT:
        raise SlackError("msg_too_long")
    after = {**message.body, **content}
    require_content(after)
    metadata = call.mapping("metadata", "invalid_metadata_format")
    if metadata:
        metadata = metadata_of(call)
    changed = call.hub.board.change(message, content, editor=call.app.bot_user_id, metadata=metadata)
    return {"channel": message.channel, "ts": message.ts, "text": changed.text, "message": changed.body}


def delete(call: Call) -> Json:
    channel = call.seen_channel()
    message = call.hub.state.message(channel.id, call.need("ts", "message_not_found"))
    if message.app_id != call.app.id:
        raise SlackError("cant_delete_message")
    call.hub.board.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(call: Call) -> Json:
    channel = posting_channel(call)
    user = call.need("user", "user_not_in_channel")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = content_of(call)
    require_content(content)
    shown = call.hub.board.whisper(call.app, channel.id, user, content, call.text("thread_ts"))
    return {"message_ts": shown.ts}


def permalink(call: Call) -> Json:
    channel = call.seen_channel()
    message = call.hub.state.message(channel.id, call.need("message_ts", "message_not_found"))
    team = call.hub.state.team
    link = f"https://{team.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def posting_channel(call: Call) -> Channel:
    """Where the app may post; a user id means the direct conversation with them."""
    name = call.need("channel", "channel_not_found")
    state = call.hub.state
    if name in state.users:
        return call.hub.board.direct(call.app.bot_user_id, name)
    channel = call.seen_channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.app.bot_user_id not in channel.members and "chat:write.public" not in call.app.scopes:
        raise SlackError("not_in_channel")
    return channel


def own_message(call: Call) -> Message:
    channel = call.seen_channel()
    message = call.hub.state.message(channel.id, call.need("ts", "message_not_found"))
    if message.app_id != call.app.id:
        raise SlackError("cant_update_message")
    if channel.is_archived:
        raise SlackError("is_archived")
    return message


def author_of(call: Call) -> Json:
    """A custom name makes a bot_message without a user, if the scope for it was granted."""
    plain = call.hub.board.app_author(call.app)
    name = call.text("username")
    if not name or "chat:write.customize" not in call.app.scopes:
        return plain
    icons = {key: call.text(f"icon_{key}") for key in ("emoji", "url") if call.text(f"icon_{key}")}
    custom: Json = {
        "subtype": "bot_message",
        "username": name,
        "bot_id": call.app.bot_id,
        "app_id": call.app.id,
    }
    return {**custom, "icons": icons} if icons else custom


def content_of(call: Call) -> Json:
    """The text, blocks and attachments that were given, checked."""
    content: Json = {}
    markdown = call.text("markdown_text")
    if markdown and (call.params.get("blocks") or call.params.get("text")):
        raise SlackError("markdown_text_conflict")
    if len(markdown) > limits.MARKDOWN_PER_MESSAGE:
        raise SlackError("msg_too_long")
    if markdown:
        content["text"] = markdown
        content["blocks"] = call.hub.blocks.message([{"type": "markdown", "text": markdown}])
    if call.params.get("text") is not None:
        content["text"] = link_bare_urls(call.text("text"))
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks is not None:
        content["blocks"] = call.hub.blocks.message(blocks)
    attachments = call.items("attachments", "invalid_attachments")
    if attachments is not None:
        content["attachments"] = checked_attachments(call, attachments)
    return content


def checked_attachments(call: Call, attachments: list[Any]) -> list[Json]:
    if len(attachments) > limits.ATTACHMENTS:
        raise SlackError("too_many_attachments")
    if not all(isinstance(one, dict) for one in attachments):
        raise SlackError("invalid_attachments")
    kept = [normal_attachment(one, number) for number, one in enumerate(attachments, start=1)]
    for one in kept:
        if one.get("blocks"):
            one["blocks"] = call.hub.blocks.message(one["blocks"])
    return kept


def require_content(content: Json) -> None:
    if not (content.get("text") or content.get("blocks") or content.get("attachments")):
        raise SlackError("no_text")


def metadata_of(call: Call) -> Json | None:
    metadata = call.mapping("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    if not isinstance(metadata.get("event_type"), str) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > limits.METADATA_JSON:
        raise SlackError("metadata_too_large")
    return metadata


METHODS: Final = {
    "chat.postMessage": Method(post_message, WRITE, limits.POSTING),
    "chat.update": Method(update, WRITE, limits.TIER_3),
    "chat.delete": Method(delete, WRITE, limits.TIER_3),
    "chat.postEphemeral": Method(post_ephemeral, WRITE, limits.TIER_4),
    "chat.getPermalink": Method(permalink, (), limits.SPECIAL),
}
