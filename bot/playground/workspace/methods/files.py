"""The two steps of an upload: files.getUploadURLExternal, files.completeUploadExternal."""

import dataclasses
from typing import Any, Final, cast

from bot.playground.workspace import limits
from bot.playground.workspace.board import Draft
from bot.playground.workspace.call import Call, Method
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.methods.chat import posting_channel
from bot.playground.workspace.model import File, Json

WRITE: Final = ("files:write",)


def upload_url(call: Call) -> Json:
    name = call.need("filename")
    length = call.need("length")
    if not length.isdigit() or int(length) < 1:
        raise SlackError("invalid_arguments", ("[ERROR] must be greater than 0 [json-pointer:/length]",))
    state = call.hub.state
    file = File(state.new_id("F"), name, call.app.id, int(length))
    state.files[file.id] = file
    return {"upload_url": f"{state.url}/upload/v1/{file.id}", "file_id": file.id}


def complete(call: Call) -> Json:
    given = call.items("files", "invalid_arguments")
    if not given:
        raise SlackError("invalid_arguments", ("[ERROR] missing required field: files",))
    files = [finished(call, one) for one in given]
    if call.text("channel_id"):
        share(call, files)
    return {"files": files}


def finished(call: Call, given: Any) -> Json:
    if not isinstance(given, dict):
        raise SlackError("invalid_arguments", ("[ERROR] must be an object [json-pointer:/files]",))
    wanted = cast("Json", given)
    file = call.hub.state.files.get(str(wanted.get("id", "")))
    if file is None or file.app_id != call.app.id or len(file.content) != file.length:
        raise SlackError("file_not_found")
    title = str(wanted.get("title") or file.name)
    call.hub.state.files[file.id] = dataclasses.replace(file, title=title, is_shared=True)
    address = f"{call.hub.state.url}/files/{file.id}/{file.name}"
    body: Json = {"id": file.id, "name": file.name, "title": title, "size": file.length, "mode": "hosted"}
    return {**body, "user": call.app.bot_user_id, "url_private": address, "permalink": address}


def share(call: Call, files: list[Json]) -> None:
    channel = posting_channel(
        dataclasses.replace(call, params={**call.params, "channel": call.text("channel_id")})
    )
    content: Json = {"subtype": "file_share", "text": call.text("initial_comment"), "files": files}
    blocks = call.structure("blocks", "invalid_blocks_format")
    if blocks:
        content["blocks"] = call.hub.blocks.message(blocks)
    author = call.hub.board.app_author(call.app)
    call.hub.board.post(Draft(channel.id, author, content, call.text("thread_ts"), app_id=call.app.id))


METHODS: Final = {
    "files.getUploadURLExternal": Method(upload_url, WRITE, limits.TIER_4),
    "files.completeUploadExternal": Method(complete, WRITE, limits.TIER_4),
}
