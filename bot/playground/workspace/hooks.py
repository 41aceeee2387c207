"""Doors besides the Web API: incoming webhooks, response URLs, uploads, Socket Mode links."""

import dataclasses
import json
from typing import Any, Final, cast

from aiohttp import web

from bot.playground.workspace import limits
from bot.playground.workspace.board import Draft
from bot.playground.workspace.call import Call, Hub
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.methods.chat import content_of, require_content
from bot.playground.workspace.model import App, Ephemeral, Json, Message, ResponseUrl, Webhook

UPLOAD_BYTES: Final = 20_000_000


class Hooks:
    """Answers everything that carries its secret in its path."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def webhook(self, request: web.Request) -> web.Response:
        """An incoming webhook: "ok", or Slack's plain-text reason."""
        hook = self._hub.state.webhooks.get(request.path)
        if hook is None:
            return web.Response(status=404, text="no_service")
        if self._hub.state.channels[hook.channel].is_archived:
            return web.Response(status=410, text="channel_is_archived")
        try:
            self._post(hook, await read_payload(request))
        except SlackError as refused:
            return web.Response(status=400, text=refused.code)
        return web.Response(text="ok")

    def _post(self, hook: Webhook, given: Json) -> None:
        call = self._call(self._hook_app(hook), given)
        content = content_of(call)
        require_content(content)
        content["text"] = str(content.get("text", ""))[: limits.POST_TEXT]
        author: Json = {"subtype": "bot_message", "bot_id": hook.bot_id, "app_id": hook.app_id}
        author["username"] = call.text("username") or hook.name
        icons = {key: call.text(f"icon_{key}") for key in ("emoji", "url") if call.text(f"icon_{key}")}
        if icons:
            author["icons"] = icons
        self._hub.board.post(Draft(hook.channel, author, content, call.text("thread_ts"), app_id=hook.app_id))

    def _hook_app(self, hook: Webhook) -> App:
        known = self._hub.state.apps.get(hook.app_id)
        return known or App(hook.app_id, hook.name, hook.bot_id, "", "", "", (), ())

    async def response_url(self, request: web.Request) -> web.Response:
        """An answer to an interaction: at most five within half an hour."""
        state = self._hub.state
        url = state.response_urls.get(request.match_info["key"])
        if url is None or state.now - url.made > state.options.response_url_seconds:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        if url.uses >= state.options.response_url_uses:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        state.response_urls[url.key] = dataclasses.replace(url, uses=url.uses + 1)
        try:
            self._respond(url, await read_payload(request))
        except SlackError as refused:
            return web.json_response(refused.answer(), status=400)
        return web.Response(text="ok")

    def _respond(self, url: ResponseUrl, given: Json) -> None:
        call = self._call(self._hub.state.apps[url.app_id], given)
        if call.flag("delete_original"):
            self._change_source(url, None)
            return
        content = content_of(call)
        require_content(content)
        thread_ts = call.text("thread_ts") or url.thread_ts
        if call.flag("replace_original"):
            self._change_source(url, content)
        elif call.text("response_type", "ephemeral") == "in_channel":
            author = self._hub.board.app_author(call.app)
            self._hub.board.post(Draft(url.channel, author, content, thread_ts, app_id=call.app.id))
        else:
            self._hub.board.whisper(call.app, url.channel, url.user, content, thread_ts)

    def _change_source(self, url: ResponseUrl, content: Json | None) -> None:
        source = self._source(url)
        if isinstance(source, Ephemeral):
            self._hub.board.change_whisper(source, content)
        elif content is None:
            self._hub.board.delete(source)
        else:
            self._hub.board.change(source, {"blocks": [], **content}, editor=source.user)

    def _source(self, url: ResponseUrl) -> Message | Ephemeral:
        if not url.source_is_ephemeral:
            return self._hub.state.message(url.channel, url.source_ts)
        for shown in self._hub.state.ephemerals:
            if shown.ts == url.source_ts:
                return shown
        raise SlackError("message_not_found")

    async def upload(self, request: web.Request) -> web.Response:
        """The bytes of a file whose address the app asked for."""
        file = self._hub.state.files.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404, text="file_not_found")
        content = await uploaded_bytes(request)
        if len(content) != file.length:
            return web.Response(status=400, text="length_mismatch")
        self._hub.state.files[file.id] = dataclasses.replace(file, content=content)
        return web.Response(text=f"OK - {len(content)}")

    async def link(self, request: web.Request) -> web.StreamResponse:
        """A Socket Mode connection, opened by its single-use ticket."""
        app_id = self._hub.state.tickets.pop(request.query.get("ticket", ""), "")
        if not app_id:
            return web.Response(status=404)
        return await self._hub.sockets.serve(request, app_id)

    def _call(self, app: App, given: Json) -> Call:
        return Call(self._hub, app, given)


async def read_payload(request: web.Request) -> Json:
    """A JSON object, as the body or as the form field `payload`."""
    if request.content_type == "application/x-www-form-urlencoded":
        text = str((await request.post()).get("payload", ""))
    else:
        text = await request.text()
    try:
        body: Any = json.loads(text)
    except ValueError:
        raise SlackError("invalid_payload") from None
    if not isinstance(body, dict):
        raise SlackError("invalid_payload")
    return cast("Json", body)


async def uploaded_bytes(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.content.read(UPLOAD_BYTES)
    form = await request.post()
    for part in form.values():
        if isinstance(part, web.FileField):
            return part.file.read()
    return b""
