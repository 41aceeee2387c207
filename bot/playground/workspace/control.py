"""The control door: another process acts as people, reads what they see and follows changes."""

import dataclasses
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, cast
from urllib.parse import urlsplit

from aiohttp import web

from bot.playground.workspace.actor import Actor
from bot.playground.workspace.call import Hub
from bot.playground.workspace.errors import RefusedError, SlackError
from bot.playground.workspace.model import Ephemeral, Json, Message, View

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """Answers `/control/…` to those who know the token and come from this machine."""

    def __init__(self, hub: Hub, token: str) -> None:
        self._hub = hub
        self._token = token

    def add_routes(self, application: web.Application) -> None:
        router = application.router
        router.add_get("/control/state", self._guarded(self._state))
        router.add_get("/control/channels/{channel}/messages", self._guarded(self._messages))
        router.add_get("/control/users/{user}", self._guarded(self._screen))
        router.add_get("/control/changes", self._guarded(self._changes))
        router.add_post("/control/act", self._guarded(self._act))

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            if not self._is_allowed(request):
                return web.json_response({"ok": False, "error": "forbidden"}, status=403)
            try:
                return await handler(request)
            except (RefusedError, SlackError) as refused:
                return web.json_response({"ok": False, "error": str(refused)})
            except (KeyError, TypeError, ValueError) as malformed:
                return web.json_response({"ok": False, "error": f"malformed: {malformed!r}"}, status=400)

        return guarded

    def _is_allowed(self, request: web.Request) -> bool:
        """Token, Host and Origin: a page of another site cannot act, nor one that rebinds a name."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        given = given or request.query.get("token", "")
        origin = request.headers.get("Origin", f"http://{request.host}")
        is_here = (
            urlsplit(f"//{request.host}").hostname in LOOPBACK and urlsplit(origin).netloc == request.host
        )
        return is_here and hmac.compare_digest(given.encode(), self._token.encode())

    async def _state(self, _: web.Request) -> web.Response:
        state = self._hub.state
        return reply(
            {
                "team": dataclasses.asdict(state.team),
                "users": [dataclasses.asdict(one) for one in state.users.values()],
                "channels": [dataclasses.asdict(one) for one in state.channels.values()],
                "groups": [dataclasses.asdict(one) for one in state.groups.values()],
                "apps": [
                    {"id": one.id, "name": one.name, "bot_user_id": one.bot_user_id, "commands": one.commands}
                    | {"shortcuts": one.shortcuts, "connections": self._hub.sockets.count(one.id)}
                    for one in state.apps.values()
                ],
                "last_change": state.feed.last,
            }
        )

    async def _messages(self, request: web.Request) -> web.Response:
        channel = self._hub.state.channel(request.match_info["channel"])
        after = request.query.get("after", "")
        kept = self._hub.state.messages.get(channel.id, {}).values()
        return reply({"messages": [one.body for one in kept if one.ts > after]})

    async def _screen(self, request: web.Request) -> web.Response:
        actor = self._actor(request.match_info["user"])
        homes = [
            self._hub.state.views[one]
            for (_, user), one in self._hub.state.homes.items()
            if user == actor.user
        ]
        return reply(
            {
                "views": [one.body for one in actor.views],
                "ephemerals": [{**one.body, "channel": one.channel} for one in actor.ephemerals],
                "homes": [one.body for one in homes],
            }
        )

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events, resumable by `after` or Last-Event-ID."""
        last = request.headers.get("Last-Event-ID") or request.query.get("after")
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        async for change in self._hub.state.feed.follow(int(last) if last else None):
            data = json.dumps(dataclasses.asdict(change))
            await response.write(f"id: {change.number}\ndata: {data}\n\n".encode())
        return response

    async def _act(self, request: web.Request) -> web.Response:
        """`{"as": user, "do": verb, …}`; the verbs are those of an actor."""
        order: Any = await request.json()
        if not isinstance(order, dict):
            raise TypeError("an object was expected")
        wish = cast("Json", order)
        return reply(await self._obey(self._actor(str(wish["as"])), str(wish["do"]), wish))

    async def _obey(self, actor: Actor, verb: str, wish: Json) -> Json:
        match verb:
            case "post" | "say":
                act = actor.say if verb == "say" else actor.post
                thread_ts, broadcast = str(wish.get("thread_ts") or ""), bool(wish.get("broadcast"))
                return (await act(wish["channel"], wish["text"], thread_ts, broadcast=broadcast)).body
            case "edit":
                return (await actor.edit(self._message(wish), wish["text"])).body
            case "delete":
                await actor.delete(self._message(wish))
            case "react":
                await actor.react(self._message(wish), wish["name"], add=bool(wish.get("add", True)))
            case "join":
                await actor.join(wish["channel"])
            case _:
                return await self._interact(actor, verb, wish)
        return {}

    async def _interact(self, actor: Actor, verb: str, wish: Json) -> Json:
        match verb:
            case "click":
                return await self._click(actor, wish)
            case "submit":
                done = await actor.submit(None, wish.get("values") or {})
                return {"errors": done.errors, "acked": done.ack.acked}
            case "close":
                await actor.close(everything=bool(wish.get("everything")))
            case "command":
                channel = str(wish.get("channel") or "")
                return dataclasses.asdict(
                    await actor.command(wish["command"], str(wish.get("text") or ""), channel=channel)
                )
            case "shortcut":
                return dataclasses.asdict(await actor.shortcut(self._message(wish), wish["callback_id"]))
            case "open_home":
                await actor.open_home(tab=str(wish.get("tab") or "home"))
            case _:
                raise RefusedError(f"nobody can {verb!r}")
        return {}

    async def _click(self, actor: Actor, wish: Json) -> Json:
        source, block_id = self._source(actor, wish), str(wish.get("block_id") or "")
        confirm, value = bool(wish.get("confirm", True)), wish.get("value")
        ack = await actor.click(source, str(wish["action_id"]), value, block_id=block_id, confirm=confirm)
        return dataclasses.asdict(ack)

    def _actor(self, user: str) -> Actor:
        if user not in self._hub.state.users:
            raise RefusedError(f"there is no user {user!r}")
        return Actor(self._hub, user)

    def _message(self, wish: Json) -> Message:
        return self._hub.state.message(str(wish["channel"]), str(wish["ts"]))

    def _source(self, actor: Actor, wish: Json) -> Message | Ephemeral | View:
        if wish.get("view_id"):
            return self._hub.state.views[str(wish["view_id"])]
        for shown in actor.ephemerals:
            if shown.ts == wish["ts"]:
                return shown
        return self._message(wish)


def reply(body: Json) -> web.Response:
    return web.json_response({"ok": True, "result": body})
