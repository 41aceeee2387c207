"""Models of Anthropic, by the Messages API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import anthropic
from anthropic.types import (
    MessageParam,
    TextBlockParam,
    ToolParam,
)
from pydantic import BaseModel, ConfigDict

from agents.errors import (
    CutShortError,
    DeclinedError,
    GarbledError,
    ModelFailedError,
    OverloadedError,
    TimedOutError,
)
from agents.messages import Message, Reply, Results, Said, Stop, Thought, Told, ToolCall, Usage
from agents.model import Ask, Capabilities, Listener, Piece
from agents.pace import Pace
from agents.providers.arguments import tool_call, wire_name
from agents.providers.faults import UNWRAPPED, of_connection, of_status, unwrapped
from agents.providers.retrying import Patience, answered
from agents.providers.settings import ProviderSettings, http_client

BASE_URL = "https://api.anthropic.com"
# Models that take `output_config.effort`, by Anthropic's model overview.
TAKES_EFFORT = (
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-opus-5",
    "claude-sonnet-5",
    "claude-haiku-5",
    "claude-fable",
    "claude-mythos",
)
STOPS: Mapping[str, Stop] = {
    "end_turn": Stop.END,
    "stop_sequence": Stop.END,
    "tool_use": Stop.TOOLS,
    "max_tokens": Stop.LENGTH,
    "model_context_window_exceeded": Stop.LENGTH,
}
STREAM_FAULTS = {"overloaded_error", "api_error", "rate_limit_error", "timeout_error"}
OPEN = ConfigDict(from_attributes=True)
MARK: Any = {"type": "ephemeral"}


class _Usage(BaseModel):
    model_config = OPEN
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class _Block(BaseModel):
    model_config = OPEN
    type: str
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    written: str = ""


class _Message(BaseModel):
    model_config = OPEN
    content: list[_Block]
    stop_reason: str | None = None
    usage: _Usage


class _Delta(BaseModel):
    model_config = OPEN
    type: str = ""
    text: str = ""
    partial_json: str = ""
    thinking: str = ""
    signature: str = ""
    stop_reason: str | None = None


class _Event(BaseModel):
    model_config = OPEN
    type: str
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None


@final
@dataclass(slots=True)
class _Gathered:
    """A message as it grows out of a stream's events."""

    blocks: dict[int, _Block] = field(default_factory=dict[int, _Block])
    usage: dict[str, int] = field(default_factory=dict[str, int])
    stop: str | None = None
    events: int = 0

    def take(self, event: _Event) -> str:
        """Add an event; the text that it brought."""
        self.events += 1
        if event.message is not None:
            self._count(event.message.usage)
        if event.usage is not None:
            self._count(event.usage)
        if event.content_block is not None:
            self.blocks[event.index] = event.content_block
        if event.delta is None:
            return ""
        self.stop = event.delta.stop_reason or self.stop
        return self._add(event.index, event.delta) if event.type == "content_block_delta" else ""

    def _count(self, usage: _Usage) -> None:
        self.usage.update(usage.model_dump(exclude_none=True))

    def _add(self, index: int, delta: _Delta) -> str:
        block = self.blocks.get(index)
        if block is None:
            raise GarbledError("a delta of a block that was not started")
        block.text = (block.text or "") + delta.text
        block.thinking = (block.thinking or "") + delta.thinking
        block.signature = (block.signature or "") + delta.signature
        block.written += delta.partial_json
        return delta.text

    def message(self) -> _Message:
        """The whole message."""
        blocks = [self.blocks[index] for index in sorted(self.blocks)]
        return _Message(content=blocks, stop_reason=self.stop, usage=_Usage(**self.usage))


@final
class AnthropicModel:
    """A model of Anthropic."""

    def __init__(self, model: str, settings: ProviderSettings, pace: Pace, patience: Patience) -> None:
        self._model = model
        self._key = settings.api_key
        self._pace = pace
        self._patience = patience
        self._client = anthropic.AsyncAnthropic(
            api_key=settings.api_key,
            base_url=settings.base_url or BASE_URL,
            max_retries=0,
            timeout=settings.silence,
            http_client=http_client(settings),
        )

    @property
    def name(self) -> str:
        """As in `anthropic:claude-sonnet-4-6`."""
        return f"anthropic:{self._model}"

    @property
    def capabilities(self) -> Capabilities:
        """It streams and caches; not every model takes an effort."""
        return Capabilities(streams=True, caches=True, effort=self._model.startswith(TAKES_EFFORT))

    async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
        """Answer once, with retries of our own within `ask.seconds`."""
        attempt = partial(self._attempt, ask, listener)
        return await answered(attempt, ask, listener, self._pace, self._patience)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _attempt(self, ask: Ask, listener: Listener | None) -> Reply:
        try:
            if listener is None:
                message = await self._whole(ask)
            else:
                message = await self._streamed(ask, listener)
        except anthropic.APITimeoutError as error:
            raise TimedOutError("no answer in time") from error
        except anthropic.APIConnectionError as error:
            raise of_connection(error) from error
        except anthropic.APIStatusError as error:
            raise self._refused(error) from error
        except anthropic.AnthropicError as error:
            raise GarbledError(type(error).__name__) from error
        except UNWRAPPED as error:
            raise unwrapped(error) from error
        return _reply(message, self.name)

    def _refused(self, error: anthropic.APIStatusError) -> ModelFailedError:
        # A stream may bring an error event after a status of 200.
        if error.type in STREAM_FAULTS and error.status_code < 400:  # noqa: PLR2004 - HTTP's own border
            return OverloadedError(f"in the stream: {error.type}")
        return of_status(error.status_code, error.message, error.response.headers, self._key)

    async def _whole(self, ask: Ask) -> _Message:
        message: object = await self._client.messages.create(**_parameters(ask, self._model), stream=False)
        if isinstance(message, str):
            raise GarbledError("a page instead of a message")
        return _Message.model_validate(message)

    async def _streamed(self, ask: Ask, listener: Listener) -> _Message:
        gathered = _Gathered()
        stream = await self._client.messages.create(**_parameters(ask, self._model), stream=True)
        async with stream:
            async for event in stream:
                text = gathered.take(_Event.model_validate(event))
                if text:
                    await listener(Piece(text))
        if not gathered.events:
            raise GarbledError("a stream without events")
        return gathered.message()


def connect(model: str, settings: ProviderSettings, pace: Pace, patience: Patience) -> AnthropicModel:
    """A model of Anthropic; the client connects at the first call."""
    return AnthropicModel(model, settings, pace, patience)


def _parameters(ask: Ask, model: str) -> dict[str, Any]:
    system: TextBlockParam = {"type": "text", "text": ask.system, "cache_control": MARK}
    messages = [_message(message, model) for message in ask.messages]
    if ask.growing:
        _mark_last(messages)
    tools: list[ToolParam] = [
        {"name": wire_name(spec.name), "description": spec.description, "input_schema": dict(spec.schema)}
        for spec in ask.tools
    ]
    found: dict[str, Any] = {
        "model": model,
        "max_tokens": ask.max_tokens,
        "system": [system],
        "messages": messages,
    }
    if tools:
        found["tools"] = tools
    if ask.effort is not None and model.startswith(TAKES_EFFORT):
        found["output_config"] = {"effort": str(ask.effort)}
    return found


def _mark_last(messages: list[MessageParam]) -> None:
    """What stands so far will be sent again: let it be read from the cache."""
    content: Any = messages[-1]["content"]
    content[-1]["cache_control"] = MARK


def _message(message: Message, model: str) -> MessageParam:
    match message:
        case Told(text):
            return {"role": "user", "content": [{"type": "text", "text": text}]}
        case Results(results):
            return {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": result.id,
                        "content": [{"type": "text", "text": result.text or "(nothing)"}],
                        "is_error": result.refused,
                    }
                    for result in results
                ],
            }
        case Said():
            return {"role": "assistant", "content": _said(message, model)}


def _said(said: Said, model: str) -> list[Any]:
    # Reasoning is signed for the model that wrote it; another one would refuse it.
    thoughts = said.thoughts if said.model == f"anthropic:{model}" else ()
    content: list[Any] = [
        {"type": "redacted_thinking", "data": thought.signature}
        if thought.redacted
        else {"type": "thinking", "thinking": thought.text, "signature": thought.signature}
        for thought in thoughts
    ]
    if said.text.strip() or not said.calls:
        content.append({"type": "text", "text": said.text if said.text.strip() else "(nothing)"})
    content += [
        {"type": "tool_use", "id": call.id, "name": wire_name(call.name), "input": dict(call.arguments)}
        for call in said.calls
    ]
    return content


def _reply(message: _Message, model: str) -> Reply:
    if message.stop_reason is None:
        raise CutShortError("no stop reason")
    if message.stop_reason == "refusal":
        raise DeclinedError("refusal")
    stop = STOPS.get(message.stop_reason)
    if stop is None:
        raise GarbledError(f"unknown stop reason {message.stop_reason[:40]!r}")
    text = "".join(block.text or "" for block in message.content if block.type == "text")
    calls = tuple(_call(block) for block in message.content if block.type == "tool_use")
    if stop is Stop.TOOLS and not calls:
        raise GarbledError("tools are wanted, but none is named")
    thoughts = tuple(
        Thought(block.thinking or "", block.signature or block.data or "", block.type == "redacted_thinking")
        for block in message.content
        if block.type in {"thinking", "redacted_thinking"}
    )
    return Reply(Said(text, calls, thoughts, model), stop, _usage(message.usage))


def _call(block: _Block) -> ToolCall:
    return tool_call(block.id or "", block.name or "", block.written or json.dumps(block.input or {}))


def _usage(usage: _Usage) -> Usage:
    return Usage(
        usage.input_tokens or 0,
        usage.output_tokens or 0,
        usage.cache_read_input_tokens or 0,
        usage.cache_creation_input_tokens or 0,
    )
