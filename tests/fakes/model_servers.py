"""A local server that speaks the wires of both makers of models, and every fault that was met on them."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web

from agents.messages import Said, Usage

STREAM = {"content-type": "text/event-stream"}
USAGE = Usage(input=100, output=20, cache_read=400, cache_write=60)


class Fault(StrEnum):
    """What may go wrong."""

    OVERLOADED = "overloaded"
    RATE_LIMITED = "rate limited"
    WAIT_AN_HOUR = "wait an hour"
    UNAUTHORIZED = "unauthorized"
    TRUNCATED = "truncated"
    DISCONNECTED = "disconnected"
    MALFORMED = "malformed"
    ERROR_EVENT = "error event"
    STALLED = "stalled"
    HTML = "html"
    EMPTY = "empty"
    ENDLESS = "endless"
    COMPRESSED = "compressed"
    REDIRECTED = "redirected"
    REFUSED = "refused"
    WRONG_TYPES = "wrong types"
    BROKEN_ARGUMENTS = "broken arguments"


Line = Said | Fault


@dataclass(slots=True)
class ModelServer:
    """Answers each call with the next line, the last one for ever; remembers what it was sent."""

    lines: list[Line]
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    usage: bool = True
    script: Callable[[str], Line] | None = None
    """From all that was sent to what is said, where it depends on it."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def line(self) -> Line:
        return self.lines.pop(0) if len(self.lines) > 1 else self.lines[0]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        self.bodies.append(body)
        self.headers.append(dict(request.headers))
        line = self.script(json.dumps(body)) if self.script else self.line()
        wire = Anthropic(self) if request.path.endswith("/messages") else OpenAI(self)
        if isinstance(line, Fault) and line in WHOLE:
            return await self._whole_fault(line, request)
        said = line if isinstance(line, Said) else Said("some words")
        fault = line if isinstance(line, Fault) else None
        if not body.get("stream"):
            return self._document(wire.document(said, fault), fault, request)
        return await self._stream(wire.events(said, fault), fault, request)

    async def _whole_fault(self, fault: Fault, request: web.Request) -> web.StreamResponse:
        said = {"type": "error", "error": {"type": str(fault), "message": f"no: {_key(request)}"}}
        statuses = {Fault.OVERLOADED: 529, Fault.RATE_LIMITED: 429, Fault.WAIT_AN_HOUR: 429}
        waits = {Fault.RATE_LIMITED: {"retry-after": "7"}, Fault.WAIT_AN_HOUR: {"retry-after": "3600"}}
        if fault in statuses or fault is Fault.UNAUTHORIZED:
            return web.json_response(said, status=statuses.get(fault, 401), headers=waits.get(fault))
        if fault is Fault.HTML:
            return web.Response(text="<html>Sign in to the network</html>", content_type="text/html")
        if fault is Fault.REDIRECTED:
            return web.Response(status=307, headers={"location": "/elsewhere"})
        if fault is Fault.STALLED:
            await self.closing.wait()
            return web.Response(text="too late")
        if fault is Fault.COMPRESSED:
            response = web.json_response({"padding": "x" * 10_000})
            response.enable_compression(web.ContentCoding.gzip)
            return response
        return web.Response(body=b"", headers=STREAM)

    def _document(
        self, document: dict[str, Any], fault: Fault | None, request: web.Request
    ) -> web.StreamResponse:
        text = json.dumps(document)
        if fault is Fault.MALFORMED:
            text = text[:-20]
        if fault is Fault.ENDLESS:
            text = json.dumps({**document, "padding": "x" * 9_000_000})
        if fault is Fault.DISCONNECTED:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text=text, content_type="application/json")

    async def _stream(
        self, events: list[str], fault: Fault | None, request: web.Request
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers=STREAM)
        await response.prepare(request)
        for event in events[:-3] if fault in CUT else events:
            await response.write(event.encode())
        if fault is Fault.DISCONNECTED:
            assert request.transport is not None
            request.transport.abort()
        try:
            while fault is Fault.ENDLESS:
                await response.write(b": " + b"x" * 100_000 + b"\n\n")
            await response.write_eof()
        except ConnectionError:
            pass
        return response


CUT = {Fault.TRUNCATED, Fault.DISCONNECTED, Fault.ENDLESS}
WHOLE = {
    Fault.OVERLOADED,
    Fault.RATE_LIMITED,
    Fault.WAIT_AN_HOUR,
    Fault.UNAUTHORIZED,
    Fault.HTML,
    Fault.STALLED,
    Fault.REDIRECTED,
    Fault.COMPRESSED,
    Fault.EMPTY,
}


def _key(request: web.Request) -> str:
    return request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix(
        "Bearer "
    )


@dataclass(frozen=True, slots=True)
class Anthropic:
    """The Messages API."""

    server: ModelServer

    def document(self, said: Said, fault: Fault | None) -> dict[str, Any]:
        stop = "tool_use" if said.calls else "end_turn"
        stop = {Fault.REFUSED: "refusal"}.get(fault, stop) if fault else stop
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": "words" if fault is Fault.WRONG_TYPES else self._blocks(said, fault),
            "stop_reason": None if fault is Fault.TRUNCATED else stop,
            "stop_sequence": None,
            "usage": self._usage(),
        }

    def events(self, said: Said, fault: Fault | None) -> list[str]:
        document = self.document(said, fault)
        found = [self._event("message_start", message={**document, "content": [], "stop_reason": None})]
        for place, block in enumerate(self._blocks(said, fault)):
            found += self._block(place, block, fault)
        if fault is Fault.MALFORMED:
            found.append('event: content_block_delta\ndata: {"type": "content_bl\n\n')
        if fault is Fault.ERROR_EVENT:
            found.append(self._event("error", error={"type": "overloaded_error", "message": "Overloaded"}))
        delta = {"stop_reason": document["stop_reason"], "stop_sequence": None}
        found.append(self._event("message_delta", delta=delta, usage={"output_tokens": USAGE.output}))
        return [*found, self._event("message_stop")]

    def _usage(self) -> dict[str, Any]:
        return {
            "input_tokens": USAGE.input,
            "output_tokens": USAGE.output,
            "cache_read_input_tokens": USAGE.cache_read,
            "cache_creation_input_tokens": USAGE.cache_write,
        }

    def _blocks(self, said: Said, fault: Fault | None) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = [
            {"type": "thinking", "thinking": thought.text, "signature": thought.signature}
            for thought in said.thoughts
        ]
        blocks += [{"type": "text", "text": said.text}] if said.text else []
        broken = fault is Fault.BROKEN_ARGUMENTS
        wanted = [("look", "oops")] if broken else [(call.name, dict(call.arguments)) for call in said.calls]
        blocks += [
            {"type": "tool_use", "id": f"toolu_{place}", "name": name, "input": arguments}
            for place, (name, arguments) in enumerate(wanted)
        ]
        return blocks

    def _block(self, place: int, block: dict[str, Any], fault: Fault | None) -> list[str]:
        kind = block["type"]
        begun: dict[str, Any] = {"type": "text", "text": ""}
        if kind == "text":
            deltas = self._pieces("text_delta", "text", block["text"])
        elif kind == "thinking":
            begun = {"type": "thinking", "thinking": "", "signature": ""}
            deltas = self._pieces("thinking_delta", "thinking", block["thinking"])
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        else:
            written = '{"place": ' if fault is Fault.BROKEN_ARGUMENTS else json.dumps(block["input"])
            begun = {**block, "input": {}}
            deltas = self._pieces("input_json_delta", "partial_json", written)
        return [
            self._event("content_block_start", index=place, content_block=begun),
            *(self._event("content_block_delta", index=place, delta=delta) for delta in deltas),
            self._event("content_block_stop", index=place),
        ]

    def _pieces(self, kind: str, key: str, text: str) -> list[dict[str, Any]]:
        return [{"type": kind, key: text[start : start + 7]} for start in range(0, len(text), 7)]

    def _event(self, kind: str, **rest: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n"


@dataclass(frozen=True, slots=True)
class OpenAI:
    """The Chat Completions API."""

    server: ModelServer

    def document(self, said: Said, fault: Fault | None) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None}
        calls = self._calls(said, fault)
        if calls:
            message["tool_calls"] = calls
        if fault is Fault.REFUSED:
            message["refusal"] = "I will not."
        document = self._frame("chat.completion", {"message": message}, self._finish(calls, fault))
        if fault is Fault.WRONG_TYPES:
            document["choices"] = "words"
        return {**document, "usage": self._usage()} if self.server.usage else document

    def events(self, said: Said, fault: Fault | None) -> list[str]:
        pieces: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        pieces += [{"content": said.text[start : start + 7]} for start in range(0, len(said.text), 7)]
        pieces += [{"refusal": "I will not."}] if fault is Fault.REFUSED else []
        calls = self._calls(said, fault)
        for place, call in enumerate(calls):
            pieces += self._call(place, call)
        found = [
            self._event(self._frame("chat.completion.chunk", {"delta": piece}, None)) for piece in pieces
        ]
        if fault is Fault.MALFORMED:
            found.append('data: {"id": "chat\n\n')
        if fault is Fault.ERROR_EVENT:
            found.append(
                self._event({"error": {"message": "Overloaded", "type": "server_error", "code": "x"}})
            )
        finish = self._finish(calls, fault)
        found.append(self._event(self._frame("chat.completion.chunk", {"delta": {}}, finish)))
        last: dict[str, Any] = {
            **self._frame("chat.completion.chunk", {}, None),
            "choices": [],
            "usage": self._usage(),
        }
        return [
            *found,
            self._event(last if self.server.usage else {**last, "usage": None}),
            "data: [DONE]\n\n",
        ]

    def _usage(self) -> dict[str, Any]:
        prompt = USAGE.input + USAGE.cache_read + USAGE.cache_write
        return {
            "prompt_tokens": prompt,
            "completion_tokens": USAGE.output,
            "total_tokens": prompt + USAGE.output,
            "prompt_tokens_details": {
                "cached_tokens": USAGE.cache_read,
                "cache_write_tokens": USAGE.cache_write,
            },
        }

    def _finish(self, calls: list[dict[str, Any]], fault: Fault | None) -> str | None:
        if fault is Fault.TRUNCATED:
            return None
        return "tool_calls" if calls else "stop"

    def _calls(self, said: Said, fault: Fault | None) -> list[dict[str, Any]]:
        wanted = [(call.name, json.dumps(dict(call.arguments))) for call in said.calls]
        if fault is Fault.BROKEN_ARGUMENTS:
            wanted = [("look", '{"place": ')]
        return [
            {"id": f"call_{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for place, (name, arguments) in enumerate(wanted)
        ]

    def _call(self, place: int, call: dict[str, Any]) -> list[dict[str, Any]]:
        written: str = call["function"]["arguments"]
        head = {**call, "index": place, "function": {"name": call["function"]["name"], "arguments": ""}}
        rest = [
            {"index": place, "function": {"arguments": written[start : start + 7]}}
            for start in range(0, len(written), 7)
        ]
        return [{"tool_calls": [piece]} for piece in (head, *rest)]

    def _frame(self, kind: str, words: dict[str, Any], finish: str | None) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": finish, **words}
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": "m", "choices": [choice]}

    def _event(self, document: dict[str, Any]) -> str:
        return f"data: {json.dumps(document)}\n\n"


@asynccontextmanager
async def serving(*lines: Line, usage: bool = True) -> AsyncGenerator[ModelServer]:
    """A server on a free port of the loopback interface."""
    server = ModelServer(list(lines), usage=usage)
    app = web.Application()
    app.router.add_post("/v1/messages", server.handle)
    app.router.add_post("/v1/chat/completions", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.closing.set()
        await runner.cleanup()
