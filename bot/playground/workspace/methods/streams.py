"""Streamed messages: chat.startStream, appendStream, stopStream."""

import dataclasses
from typing import Any, Final, cast

from bot.playground.workspace import limits
from bot.playground.workspace.board import Draft
from bot.playground.workspace.call import Call, Method
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.methods.chat import WRITE, metadata_of, posting_channel
from bot.playground.workspace.model import ChannelKind, Json, Message, Stream

TASK_FIELDS: Final = ("title", "status", "details", "output", "sources")
DISPLAYS: Final = frozenset({"timeline", "plan"})


def start(call: Call) -> Json:
    channel = posting_channel(call)
    thread_ts = call.need("thread_ts", "invalid_thread_ts")
    if channel.kind is not ChannelKind.DIRECT:
        for name in ("recipient_user_id", "recipient_team_id"):
            if not call.text(name):
                raise SlackError(f"missing_{name}")
    display = call.text("task_display_mode", "timeline")
    if display not in DISPLAYS:
        raise SlackError("invalid_arguments", ("[ERROR] task_display_mode must be timeline or plan",))
    stream = grown(call, Stream(call.hub.state.now, display))
    content: Json = {"streaming_state": "in_progress", **content_of(call, stream)}
    draft = Draft(
        channel.id, call.hub.board.app_author(call.app), content, thread_ts, app_id=call.app.id, stream=stream
    )
    message = call.hub.board.post(draft)
    return {"channel": channel.id, "ts": message.ts}


def append(call: Call) -> Json:
    message, stream = streaming_message(call)
    if not call.text("markdown_text") and not call.params.get("chunks"):
        raise SlackError("no_text")
    stream = grown(call, stream)
    body = {**message.body, **content_of(call, stream)}
    call.hub.board.replace(message, dataclasses.replace(message, body=body, stream=stream), quiet=True)
    return {"channel": message.channel, "ts": message.ts}


def stop(call: Call) -> Json:
    message, stream = streaming_message(call)
    stream = grown(call, stream)
    final = call.items("blocks", "invalid_blocks_format") or []
    body = {**message.body, **content_of(call, stream, final), "streaming_state": "completed"}
    metadata = metadata_of(call) or message.metadata
    done = dataclasses.replace(message, body=body, stream=None, metadata=metadata)
    call.hub.board.replace(message, done)
    return {"channel": message.channel, "ts": message.ts, "message": body}


def streaming_message(call: Call) -> tuple[Message, Stream]:
    """The app's message that still streams; Slack ends a stream by itself after a while."""
    channel = call.seen_channel()
    message = call.hub.state.message(channel.id, call.need("ts", "message_not_found"))
    if message.app_id != call.app.id:
        raise SlackError("message_not_owned_by_app")
    if message.stream is None:
        raise SlackError("message_not_in_streaming_state")
    if call.hub.state.now - message.stream.started > call.hub.state.options.stream_seconds:
        body = {**message.body, "streaming_state": "errored"}
        call.hub.board.replace(message, dataclasses.replace(message, body=body, stream=None))
        raise SlackError("message_not_in_streaming_state")
    return message, message.stream


def grown(call: Call, stream: Stream) -> Stream:
    """The stream with the markdown or chunks of this call."""
    markdown = call.text("markdown_text")
    chunks = call.items("chunks", "invalid_chunks") or []
    if markdown and chunks:
        raise SlackError("markdown_text_conflict")
    if len(markdown) > limits.STREAM_TEXT:
        raise SlackError("msg_too_long")
    stream = dataclasses.replace(stream, text=stream.text + markdown)
    for chunk in chunks:
        stream = with_chunk(stream, chunk)
    return stream


def with_chunk(stream: Stream, chunk: Any) -> Stream:
    match chunk:
        case {"type": "markdown_text", "text": str(text)}:
            return dataclasses.replace(stream, text=stream.text + text)
        case {"type": "plan_update", "title": str(title)}:
            return dataclasses.replace(stream, plan_title=title)
        case {"type": "task_update", "id": str(task_id), **fields}:
            return with_task(stream, task_id, {key: fields[key] for key in TASK_FIELDS if fields.get(key)})
        case {"type": "blocks", "blocks": list()}:
            extra = cast("list[Json]", chunk["blocks"])
            return dataclasses.replace(stream, extra_blocks=(*stream.extra_blocks, *extra))
        case _:
            raise SlackError("invalid_chunks")


def with_task(stream: Stream, task_id: str, fields: Json) -> Stream:
    known = {str(task["task_id"]): task for task in stream.tasks}
    task: Json = {"type": "task_card", "task_id": task_id, "title": task_id, "status": "in_progress"}
    for key in ("details", "output"):
        if isinstance(fields.get(key), str):
            fields[key] = rich_text(fields[key])
    known[task_id] = {**known.get(task_id, task), **fields}
    return dataclasses.replace(stream, tasks=tuple(known.values()))


def rich_text(text: str) -> Json:
    section: Json = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [section]}


def content_of(call: Call, stream: Stream, final: list[Json] | None = None) -> Json:
    """What the message shows of the stream so far."""
    blocks: list[Json] = []
    if stream.tasks and (stream.display == "plan" or stream.plan_title):
        blocks.append({"type": "plan", "title": stream.plan_title or "Plan", "tasks": list(stream.tasks)})
    else:
        blocks += [{**task, "status": started(str(task["status"]))} for task in stream.tasks]
    if stream.text:
        blocks.append({"type": "markdown", "text": stream.text[: limits.MARKDOWN_PER_MESSAGE]})
    shown = [*blocks, *stream.extra_blocks, *(final or [])]
    return {"text": stream.text, "blocks": call.hub.blocks.message(shown)}


def started(status: str) -> str:
    # a standalone task card cannot be pending
    return "in_progress" if status == "pending" else status


METHODS: Final = {
    "chat.startStream": Method(start, WRITE, limits.TIER_2),
    "chat.appendStream": Method(append, WRITE, limits.TIER_4),
    "chat.stopStream": Method(stop, WRITE, limits.TIER_2),
}
