"""The Web API door: tokens, bodies, faults, rate limits, then the method."""

import asyncio
import json
import math
from collections import deque
from typing import Any, Final, cast

from aiohttp import web

from bot.playground.workspace import limits
from bot.playground.workspace.call import Call, Hub, Method
from bot.playground.workspace.errors import RateLimitedError, SlackError
from bot.playground.workspace.faults import FaultKind
from bot.playground.workspace.methods.table import METHODS
from bot.playground.workspace.model import App, Json
from bot.playground.workspace.state import ApiCall

MINUTE: Final = 60.0
BEFORE: Final = (FaultKind.RATE_LIMIT, FaultKind.SERVER_ERROR, FaultKind.ERROR)


class Rates:
    """Sliding windows of a minute per app and method, and per channel for posting."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, ...], deque[float]] = {}

    def count(self, key: tuple[str, ...], most: int, span: float, now: float) -> None:
        """Raise with the seconds until the oldest call leaves the window, when it is full."""
        window = self._windows.setdefault(key, deque())
        while window and now - window[0] >= span:
            window.popleft()
        if len(window) >= most:
            raise RateLimitedError(max(1, math.ceil(span - (now - window[0]))))
        window.append(now)


class Api:
    """Answers `/api/<method>`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rates = Rates()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        state = self._hub.state
        state.counts[name] += 1
        app: App | None = None
        params: Json = {}
        try:
            params = await read_params(request)
            app, method = self._admit(request, name, params)
            early = await self._fault_before(name)
            if early is not None:
                return early
            self._count_rate(app, name, method, params)
            body: Json = {"ok": True, **method.answer(Call(self._hub, app, params))}
        except RateLimitedError as slow:
            state.limited[name] += 1
            return too_many(slow.retry_after)
        except SlackError as refused:
            body = refused.answer()
        state.calls.append(ApiCall(name, app.id if app else "", without_token(params), body, state.now))
        if state.faults.take(name, FaultKind.DROP_RESPONSE):
            return drop(request)
        return web.json_response(body, headers=headers_for(app))

    def _admit(self, request: web.Request, name: str, params: Json) -> tuple[App, Method]:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        token = token or str(params.get("token", ""))
        if not token:
            raise SlackError("not_authed")
        if token in self._hub.state.revoked:
            raise SlackError("token_revoked")
        app = self._hub.state.app_of_token(token)
        if app is None:
            raise SlackError("invalid_auth")
        if (token == app.app_token) != method.takes_app_token and name not in {"api.test", "auth.test"}:
            raise SlackError("not_allowed_token_type")
        if method.scopes and not set(method.scopes) & set(app.scopes):
            raise SlackError("missing_scope", needed=method.scopes[0], provided=",".join(app.scopes))
        return app, method

    async def _fault_before(self, name: str) -> web.Response | None:
        faults = self._hub.state.faults
        slow = faults.take(name, FaultKind.DELAY)
        if slow is not None:
            await asyncio.sleep(slow.seconds)
        fault = faults.take(name, *BEFORE)
        if fault is None:
            return None
        if fault.kind is FaultKind.RATE_LIMIT:
            raise RateLimitedError(int(fault.seconds))
        if fault.kind is FaultKind.ERROR:
            raise SlackError(fault.code)
        return web.Response(status=fault.status, text="")

    def _count_rate(self, app: App, name: str, method: Method, params: Json) -> None:
        state = self._hub.state
        if not state.options.rate_limits:
            return
        if name == "chat.postMessage":
            key = (app.id, name, str(params.get("channel", "")))
            self._rates.count(key, limits.POSTING_BURST, limits.POSTING_BURST, state.now)
        else:
            self._rates.count((app.id, name), method.per_minute, MINUTE, state.now)


async def read_params(request: web.Request) -> Json:
    """Query, form or JSON parameters, whichever way the client sent them."""
    params: Json = dict(request.query)
    if request.method == "GET":
        return params
    if request.content_type == "application/json":
        return {**params, **parsed_json(await request.text())}
    form = await request.post()
    return {**params, **{key: value for key, value in form.items() if isinstance(value, str)}}


def parsed_json(text: str) -> Json:
    if not text.strip():
        return {}
    try:
        body: Any = json.loads(text)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(body, dict):
        raise SlackError("json_not_object")
    return cast("Json", body)


def without_token(params: Json) -> Json:
    return {key: value for key, value in params.items() if key != "token"}


def headers_for(app: App | None) -> dict[str, str]:
    return {"x-oauth-scopes": ",".join(app.scopes)} if app else {}


def too_many(retry_after: int) -> web.Response:
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(retry_after)})


def drop(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
