"""The page's server: static files, one stream of what happens, and two doors to act through."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Self, cast

from aiohttp import web

from bot.playground.page.doors import Doors, with_headers
from bot.playground.page.faces import Face
from bot.playground.page.pulse import Pulse
from bot.playground.page.shop import Shop, ShopError
from bot.playground.page.values import Mark, MarkKind, Setting, as_json, now_ms
from bot.playground.workspace.feed import Change
from bot.playground.workspace.model import Json
from bot.playground.workspace.server import listen
from bot.playground.workspace.workspace import Workspace

STATIC: Final = Path(__file__).resolve().parent / "static"
TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
PNG: Final = b"\x89PNG\r\n\x1a\n"
KEEP_ALIVE_SECONDS: Final = 15.0
MOST_WAITING: Final = 5_000
"""Events that one slow browser may leave unread before its stream is cut; it then comes again."""
Told = tuple[str, Json]
Line = asyncio.Queue[Told | None]


class Page:
    """Serves one workspace on 127.0.0.1; the shop may come later."""

    def __init__(self, workspace: Workspace, setting: Setting, *, port: int = 0) -> None:
        self.opened = asyncio.Event()
        self._workspace = workspace
        self._setting = setting
        self._port = port
        self._files = _files()
        paths = frozenset(f"/{name}" for name in self._files if name != "index.html")
        self._doors = Doors(secrets.token_urlsafe(24), open_paths=paths)
        self._lines: set[Line] = set()
        self._busy = asyncio.Lock()
        self._pulse = Pulse(self._publish, as_json)
        self._shop: Shop | None = None
        self._state: Json = {"stage": "", "ready": False, "done": []}
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address with its token; whoever knows it may act as anybody in the workspace."""
        return f"{self.origin}/?token={self._doors.token}"

    @property
    def origin(self) -> str:
        """The address without its token."""
        return f"http://127.0.0.1:{self._doors.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen."""
        application = web.Application(middlewares=[self._doors.guard], client_max_size=100_000)
        application.on_response_prepare.append(with_headers)
        router = application.router
        router.add_get("/", self._index)
        router.add_get("/{name}", self._file)
        router.add_get("/page/live", self._live)
        router.add_get("/page/files/{file}", self._picture)
        router.add_post("/page/shop", self._order)
        self._workspace.add_control(application, self._doors.token)
        self._runner, self._doors.port = await listen(application, self._port)

    async def stop(self) -> None:
        """End every stream and stop listening."""
        for line in self._lines:
            line.put_nowait(None)
        if self._runner is not None:
            await self._runner.cleanup()

    @asynccontextmanager
    async def watching(self, shop: Shop) -> AsyncGenerator[None]:
        """Show a shop for as long as the block lasts."""
        self._shop = shop
        self._publish("faults", {"faults": self._faults()})
        looking = asyncio.create_task(self._pulse.run(shop))
        try:
            yield
        finally:
            self._shop = None
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    def stage(self, text: str, *, ready: bool) -> None:
        """Say what is being started; `ready` takes the line away."""
        self._state |= {"stage": text, "ready": ready}
        self._publish("stage", self._state)

    def done(self, *steps: str) -> None:
        """Tick steps of the guided path."""
        known: list[str] = self._state["done"]
        self._state["done"] = [*known, *(one for one in steps if one not in known)]
        if self._state["done"] != known:
            self._publish("stage", self._state)

    def mark(self, mark: Mark) -> None:
        """Put a mark on the charts."""
        self._pulse.mark(mark)

    def _publish(self, kind: str, data: Json) -> None:
        for line in tuple(self._lines):
            put(line, (kind, data))

    def _faults(self) -> list[Json]:
        return [as_json(one) for one in self._shop.faults] if self._shop else []

    async def _index(self, _: web.Request) -> web.Response:
        return self._answer("index.html")

    async def _file(self, request: web.Request) -> web.Response:
        return self._answer(request.match_info["name"])

    async def _picture(self, request: web.Request) -> web.Response:
        """An uploaded picture; nothing else is given out, so that no upload can be a page."""
        content = self._workspace.file(request.match_info["file"])
        if content is None or not content.startswith(PNG):
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="image/png")

    def _answer(self, name: str) -> web.Response:
        if name not in self._files:
            raise web.HTTPNotFound
        return web.Response(body=self._files[name], content_type=TYPES[Path(name).suffix], charset="utf-8")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events for one person: everything once, then what changes."""
        user = request.query.get("as", "")
        if user not in {person.id for person in self._setting.people}:
            user = self._setting.people[0].id
        face = Face(self._workspace, user)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        line: Line = asyncio.Queue()
        # No await from here to the task: nothing may happen between the whole and the first change.
        changes = self._workspace.changes()
        line.put_nowait(("hello", {**face.whole(), **self._whole()}))
        self._lines.add(line)
        feeding = asyncio.create_task(_feed(changes, face, line))
        self.opened.set()
        try:
            await _write(response, line)
        except ConnectionError:
            pass
        finally:
            self._lines.discard(line)
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
        return response

    def _whole(self) -> Json:
        return {
            "setting": as_json(self._setting),
            "faults": self._faults(),
            "samples": [as_json(one) for one in self._pulse.samples],
            "marks": [as_json(one) for one in self._pulse.marks],
            **self._state,
        }

    async def _order(self, request: web.Request) -> web.Response:
        """`{"do": "cause", "fault": …}` or `{"do": "reset"}`."""
        given: Any = await request.json()
        order: Json = cast("Json", given) if isinstance(given, dict) else {}
        if self._shop is None:
            return web.json_response({"ok": False, "error": "there is no shop yet"}, status=409)
        if self._busy.locked():
            return web.json_response({"ok": False, "error": "something else is being done"}, status=409)
        try:
            async with self._busy:
                done = await self._obey(self._shop, order)
        except ShopError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=502)
        return web.json_response({"ok": done, "error": "" if done else "nobody can do that"})

    async def _obey(self, shop: Shop, order: Json) -> bool:
        chosen = next((one for one in shop.faults if one.id == order.get("fault")), None)
        match order.get("do"):
            case "cause" if chosen is not None:
                self.mark(Mark(MarkKind.FAULT, f"Caused: {chosen.label.lower()}", now_ms()))
                await shop.cause(chosen.id)
            case "reset":
                self.mark(Mark(MarkKind.FAULT, "Reset by hand", now_ms()))
                await shop.reset()
            case _:
                return False
        return True


async def _feed(changes: Any, face: Face, line: Line) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        async for change in changes:
            told = face.told(cast("Change", change))
            if told is not None:
                put(line, told)
    put(line, None)


async def _write(response: web.StreamResponse, line: Line) -> None:
    while True:
        try:
            told = await asyncio.wait_for(line.get(), KEEP_ALIVE_SECONDS)
        except TimeoutError:
            await response.write(b": still here\n\n")
            continue
        if told is None:
            return
        kind, data = told
        await response.write(f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode())


def put(line: Line, told: Told | None) -> None:
    """Queue an event; a line that nobody reads any more is ended."""
    if line.qsize() >= MOST_WAITING:
        while not line.empty():
            line.get_nowait()
        told = None
    line.put_nowait(told)


def _files() -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in sorted(STATIC.iterdir()) if one.suffix in TYPES}
