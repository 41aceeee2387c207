"""Socket Mode: connections, envelopes, acknowledgements and the redelivery of events."""

import asyncio
import json
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, cast

from aiohttp import WSMsgType, web

from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import Ack, Json
from bot.playground.workspace.state import State

HEARTBEAT: Final = 30.0
CLOSING: Final = 1.0  # a stopped client answers no goodbye


@dataclass(eq=False, slots=True)
class Connection:
    """One WebSocket of one app; a draining one gets no new envelope."""

    app_id: str
    socket: web.WebSocketResponse
    is_draining: bool = False


class Sockets:
    """Hands each envelope to one connection of the app, chosen at random."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._connections: list[Connection] = []
        self._pending: dict[str, tuple[asyncio.Future[Json], bool]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def count(self, app_id: str) -> int:
        return len(self._ready(app_id))

    async def serve(self, request: web.Request, app_id: str) -> web.WebSocketResponse:
        """One connection from hello to its end."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, timeout=CLOSING)
        await socket.prepare(request)
        if self.count(app_id) >= self._state.options.max_connections:
            await self._say_goodbye(socket, "too_many_websockets")
            await socket.close()
            return socket
        connection = Connection(app_id, socket)
        await socket.send_str(json.dumps(self._hello(app_id, request.host)))
        self._connections.append(connection)
        self._tell(app_id)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._receive(frame.data)
        finally:
            self._connections.remove(connection)
            self._tell(app_id)
        return socket

    def publish(self, app_id: str, payload: Json) -> None:
        """Deliver an event now, and again by the retry delays until it is acknowledged."""
        self._start(self._deliver_event(app_id, payload))
        if self._state.faults.take_duplicate():
            self._start(self._deliver_event(app_id, payload))

    async def ask(self, app_id: str, envelope_type: str, payload: Json) -> Ack:
        """Deliver an interaction or a command once; Slack never delivers these again."""
        return await self._send(app_id, self._envelope(envelope_type, payload, accepts_response=True))

    async def disconnect(self, app_id: str, reason: str = "refresh_requested") -> None:
        """Ask every connection of the app to be renewed, and close it after the grace time."""
        for connection in self._ready(app_id):
            connection.is_draining = True
            await self._say_goodbye(connection.socket, reason)
            self._start(self._close_later(connection))

    async def cut(self, app_id: str) -> None:
        """Close every connection of the app without a word."""
        for connection in [one for one in self._connections if one.app_id == app_id]:
            await connection.socket.close()

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in tuple(self._connections):
            await connection.socket.close()

    def _ready(self, app_id: str) -> list[Connection]:
        return [
            one
            for one in self._connections
            if one.app_id == app_id and not one.is_draining and not one.socket.closed
        ]

    def _hello(self, app_id: str, host: str) -> Json:
        return {
            "type": "hello",
            "num_connections": self.count(app_id) + 1,
            "connection_info": {"app_id": app_id},
            "debug_info": {"host": host, "approximate_connection_time": 18060},
        }

    def _envelope(self, kind: str, payload: Json, *, accepts_response: bool) -> Json:
        return {
            "envelope_id": str(uuid.uuid4()),
            "type": kind,
            "accepts_response_payload": accepts_response,
            "payload": payload,
        }

    async def _deliver_event(self, app_id: str, payload: Json) -> None:
        reason = ""
        for attempt, delay in enumerate((0.0, *self._state.options.retry_delays)):
            if delay:
                await asyncio.sleep(delay)
            envelope = self._envelope("events_api", payload, accepts_response=False)
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
            reached = self.count(app_id) > 0
            ack = await self._send(app_id, envelope)
            if ack.acked:
                return
            reason = "timeout" if reached else "connection_failed"
        self._state.feed.add(ChangeKind.NOT_ACKNOWLEDGED, data={"app_id": app_id, "payload": payload})

    async def _send(self, app_id: str, envelope: Json) -> Ack:
        ready = self._ready(app_id)
        if not ready:
            return Ack(acked=False, envelope_id=envelope["envelope_id"])
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Json] = loop.create_future()
        is_event = envelope["type"] == "events_api"
        self._pending[envelope["envelope_id"]] = (answer, is_event)
        started = loop.time()
        try:
            async with asyncio.timeout(self._state.options.ack_timeout):
                connection = self._state.options.dice.choice(ready)
                await connection.socket.send_str(json.dumps(envelope))
                payload = await answer
        except (TimeoutError, ConnectionError):
            return Ack(False, {}, loop.time() - started, envelope_id=envelope["envelope_id"])
        finally:
            self._pending.pop(envelope["envelope_id"], None)
        return Ack(True, payload, loop.time() - started, envelope_id=envelope["envelope_id"])

    def _receive(self, raw: str) -> None:
        try:
            frame: Any = json.loads(raw)
        except ValueError:
            return
        body = cast("Json", frame) if isinstance(frame, dict) else {}
        answer, is_event = self._pending.get(str(body.get("envelope_id")), (None, False))
        if answer is None or answer.done() or self._state.faults.take_lost_ack(is_event=is_event):
            return
        payload = body.get("payload")
        answer.set_result(cast("Json", payload) if isinstance(payload, dict) else {})

    async def _say_goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        body = {"type": "disconnect", "reason": reason, "debug_info": {"host": "local"}}
        await socket.send_str(json.dumps(body))

    async def _close_later(self, connection: Connection) -> None:
        await asyncio.sleep(self._state.options.refresh_grace)
        await connection.socket.close()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # asyncio keeps only weak references to tasks
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _tell(self, app_id: str) -> None:
        self._state.feed.add(
            ChangeKind.CONNECTION_CHANGED, data={"app_id": app_id, "connections": self.count(app_id)}
        )
