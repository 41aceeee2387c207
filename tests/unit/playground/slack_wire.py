"""A raw client of the workspace: no SDK between the test and the wire."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.playground.workspace.model import App
from bot.playground.workspace.workspace import Workspace

Json = dict[str, Any]


@dataclass
class Api:
    """Calls methods with the bot's token, JSON bodies unless told otherwise."""

    workspace: Workspace
    session: aiohttp.ClientSession
    token: str

    async def __call__(self, method: str, **params: Any) -> Json:
        response = await self.raw(method, json=params)
        body: Json = await response.json()
        return body

    async def raw(self, method: str, *, token: str | None = None, **request: Any) -> aiohttp.ClientResponse:
        chosen = self.token if token is None else token
        headers = {"Authorization": f"Bearer {chosen}"} if chosen else {}
        return await self.session.post(f"{self.workspace.api_url}{method}", headers=headers, **request)


@dataclass
class Socket:
    """A Socket Mode client; acknowledges everything unless `acks` is off; `answers` by envelope type."""

    connection: aiohttp.ClientWebSocketResponse
    acks: bool = True
    answers: dict[str, Json] = field(default_factory=dict[str, Json])
    frames: list[Json] = field(default_factory=list[Json])
    task: asyncio.Task[None] | None = None

    async def read(self) -> None:
        async for frame in self.connection:
            body: Json = json.loads(frame.data)
            self.frames.append(body)
            if self.acks and "envelope_id" in body:
                await self.acknowledge(body)

    async def acknowledge(self, body: Json) -> None:
        answer = self.answers.get(body["type"])
        ack = {"envelope_id": body["envelope_id"], **({"payload": answer} if answer else {})}
        await self.connection.send_str(json.dumps(ack))

    def of(self, kind: str) -> list[Json]:
        return [one for one in self.frames if one["type"] == kind]

    @property
    def events(self) -> list[Json]:
        return [one["payload"]["event"] for one in self.of("events_api")]


@dataclass
class Dialler:
    api: Api
    app: App
    open: list[Socket] = field(default_factory=list[Socket])

    async def __call__(self) -> Socket:
        response = await self.api.raw("apps.connections.open", token=self.app.app_token)
        url = (await response.json())["url"]
        socket = Socket(await self.api.session.ws_connect(url))
        socket.task = asyncio.create_task(socket.read())
        self.open.append(socket)
        await self.api.workspace.wait_until(lambda: socket.frames)
        return socket

    async def hang_up(self) -> None:
        for socket in self.open:
            await socket.connection.close()
            if socket.task is not None:
                await socket.task
