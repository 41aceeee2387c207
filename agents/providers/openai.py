"""Models of OpenAI and of every server that speaks its Chat Completions API."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import openai
from pydantic import BaseModel, ConfigDict, TypeAdapter

from agents.errors import (
    CutShortError,
    DeclinedError,
    GarbledError,
    OverloadedError,
    TimedOutError,
)
from agents.fence import tokens_of
from agents.journal import ASKS
from agents.messages import Message, Reply, Results, Said, Stop, Told, Usage
from agents.model import Ask, Capabilities, Listener, Piece
from agents.pace import Pace
from agents.providers.arguments import tool_call, wire_name
from agents.providers.faults import UNWRAPPED, of_connection, of_status, unwrapped
from agents.providers.retrying import Patience, answered
from agents.providers.settings import ProviderSettings, http_client

BASE_URL = "https://api.openai.com/v1"
# Models that take `reasoning_effort`, by OpenAI's model pages.
TAKES_EFFORT = re.compile(r"gpt-5(?!.*chat)|o[1-9]", re.ASCII)
STOPS: Mapping[str, Stop] = {"stop": Stop.END, "tool_calls": Stop.TOOLS, "length": Stop.LENGTH}
OPEN = ConfigDict(from_attributes=True)
ASKED: TypeAdapter[Mapping[str, Any]] = TypeAdapter(Mapping[str, Any])


class _CachedTokens(BaseModel):
    model_config = OPEN
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _Usage(BaseModel):
    model_config = OPEN
    prompt_tokens: int
    completion_tokens: int
    prompt_tokens_details: _CachedTokens | None = None


class _Function(BaseModel):
    model_config = OPEN
    name: str | None = None
    arguments: str | None = None


class _Call(BaseModel):
    model_config = OPEN
    index: int = 0
    id: str | None = None
    function: _Function | None = None


class _Words(BaseModel):
    model_config = OPEN
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Choice(BaseModel):
    model_config = OPEN
    finish_reason: str | None = None
    message: _Words | None = None
    delta: _Words | None = None


class _Completion(BaseModel):
    """A whole completion, or one chunk of it."""

    model_config = OPEN
    choices: list[_Choice]
    usage: _Usage | None = None


@final
@dataclass(slots=True)
class _Gathered:
    """A completion as it grows out of chunks; a whole one is a single chunk."""

    text: str = ""
    refusal: str = ""
    names: dict[int, str] = field(default_factory=dict[int, str])
    written: dict[int, str] = field(default_factory=dict[int, str])
    usage: _Usage | None = None
    finish: str | None = None
    chunks: int = 0

    def take(self, chunk: _Completion) -> str:
        """Add a chunk; the text that it brought."""
        self.chunks += 1
        self.usage = chunk.usage or self.usage
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finish = choice.finish_reason or self.finish
        words = choice.message or choice.delta
        if words is None:
            return ""
        self.refusal += words.refusal or ""
        whole = choice.message is not None
        for place, call in enumerate(words.tool_calls or ()):
            self._add(place if whole else call.index, call.function)
        self.text += words.content or ""
        return words.content or ""

    def _add(self, index: int, function: _Function | None) -> None:
        if function is not None:
            self.names[index] = self.names.get(index, "") + (function.name or "")
            self.written[index] = self.written.get(index, "") + (function.arguments or "")


@final
class OpenAIModel:
    """A model behind OpenAI's Chat Completions API."""

    def __init__(self, model: str, settings: ProviderSettings, pace: Pace, patience: Patience) -> None:
        self._model = model
        self._key = settings.api_key
        self._own = settings.base_url is None
        self._pace = pace
        self._patience = patience
        self._client = openai.AsyncOpenAI(
            api_key=settings.api_key or "none",
            base_url=settings.base_url or BASE_URL,
            max_retries=0,
            timeout=settings.silence,
            http_client=http_client(settings),
        )

    @property
    def name(self) -> str:
        """As in `openai:gpt-5-mini`."""
        return f"openai:{self._model}"

    @property
    def capabilities(self) -> Capabilities:
        """It streams; OpenAI's own server caches long prefixes by itself."""
        return Capabilities(streams=True, caches=self._own, effort=self._takes_effort())

    async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
        """Answer once, with retries of our own within `ask.seconds`."""
        attempt = partial(self._attempt, ask, listener)
        return await answered(attempt, ask, listener, self._pace, self._patience)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _attempt(self, ask: Ask, listener: Listener | None) -> Reply:
        try:
            gathered = await (self._whole(ask) if listener is None else self._streamed(ask, listener))
        except openai.APITimeoutError as error:
            raise TimedOutError("no answer in time") from error
        except openai.APIConnectionError as error:
            raise of_connection(error) from error
        except openai.APIStatusError as error:
            raise of_status(error.status_code, error.message, error.response.headers, self._key) from error
        except openai.APIResponseValidationError as error:
            raise GarbledError(type(error).__name__) from error
        except openai.APIError as error:
            # An error event in the middle of a stream.
            raise OverloadedError(f"in the stream: {str(error.code or error.type)[:60]}") from error
        except openai.OpenAIError as error:
            raise GarbledError(type(error).__name__) from error
        except UNWRAPPED as error:
            raise unwrapped(error) from error
        return _reply(gathered, ask, self.name)

    async def _whole(self, ask: Ask) -> _Gathered:
        answer: object = await self._client.chat.completions.create(**self._parameters(ask), stream=False)
        if isinstance(answer, str):
            raise GarbledError("a page instead of a completion")
        gathered = _Gathered()
        gathered.take(_Completion.model_validate(answer))
        return gathered

    async def _streamed(self, ask: Ask, listener: Listener) -> _Gathered:
        gathered = _Gathered()
        stream = await self._client.chat.completions.create(
            **self._parameters(ask), stream=True, stream_options={"include_usage": True}
        )
        async with stream:
            async for chunk in stream:
                text = gathered.take(_Completion.model_validate(chunk))
                if text:
                    await listener(Piece(text))
        if not gathered.chunks:
            raise GarbledError("a stream without events")
        return gathered

    def _takes_effort(self) -> bool:
        return TAKES_EFFORT.match(self._model) is not None

    def _parameters(self, ask: Ask) -> dict[str, Any]:
        messages: list[Any] = [{"role": "system", "content": ask.system}]
        for message in ask.messages:
            messages += _messages(message)
        # Other servers know the limit by its older name, and not all of them know a cache key.
        limit = "max_completion_tokens" if self._own else "max_tokens"
        found: dict[str, Any] = {"model": self._model, "messages": messages, limit: ask.max_tokens}
        if ask.tools:
            found["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": wire_name(spec.name),
                        "description": spec.description,
                        "parameters": dict(spec.schema),
                    },
                }
                for spec in ask.tools
            ]
        if ask.effort is not None and self._takes_effort():
            found["reasoning_effort"] = str(ask.effort)
        if self._own and ask.cache_key:
            found["prompt_cache_key"] = ask.cache_key
        return found


def connect(model: str, settings: ProviderSettings, pace: Pace, patience: Patience) -> OpenAIModel:
    """A model of OpenAI or of a server that speaks as it does; the client connects at the first call."""
    return OpenAIModel(model, settings, pace, patience)


def _messages(message: Message) -> list[Any]:
    match message:
        case Told(text):
            return [{"role": "user", "content": text}]
        case Results(results):
            return [
                {"role": "tool", "tool_call_id": result.id, "content": result.text or "(nothing)"}
                for result in results
            ]
        case Said():
            return [_said(message)]


def _said(said: Said) -> dict[str, Any]:
    found: dict[str, Any] = {"role": "assistant", "content": said.text or None}
    if said.calls:
        found["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {
                    "name": wire_name(call.name),
                    "arguments": ASKED.dump_json(call.arguments).decode(),
                },
            }
            for call in said.calls
        ]
    elif not said.text:
        found["content"] = "(nothing)"
    return found


def _reply(gathered: _Gathered, ask: Ask, model: str) -> Reply:
    if gathered.refusal or gathered.finish == "content_filter":
        raise DeclinedError("refusal" if gathered.refusal else "content filter")
    if gathered.finish is None:
        raise CutShortError("no finish reason")
    calls = tuple(
        tool_call(str(index), gathered.names[index], gathered.written[index])
        for index in sorted(gathered.names)
    )
    stop = STOPS.get(gathered.finish)
    if stop is None:
        raise GarbledError(f"unknown finish reason {gathered.finish[:40]!r}")
    if stop is Stop.TOOLS and not calls:
        raise GarbledError("tools are wanted, but none is named")
    # Some servers say "stop" where they want tools called.
    stop = Stop.TOOLS if calls and stop is Stop.END else stop
    return Reply(Said(gathered.text, calls, (), model), stop, _usage(gathered, ask))


def _usage(gathered: _Gathered, ask: Ask) -> Usage:
    usage = gathered.usage
    if usage is None:
        written = gathered.text + "".join(gathered.written.values())
        return Usage(tokens_of(ASKS.dump_json(ask).decode()), tokens_of(written), estimated=True)
    details = usage.prompt_tokens_details or _CachedTokens()
    read, write = details.cached_tokens or 0, details.cache_write_tokens or 0
    plain = max(usage.prompt_tokens - read - write, 0)
    return Usage(plain, usage.completion_tokens, read, write)
