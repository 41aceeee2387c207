"""The port to a language model."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from agents.messages import Message, Reply


class Effort(StrEnum):
    """How long a model may think before it answers."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told about a tool; `schema` is a JSON schema of an object."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: `system` and `tools` are the stable prefix; `seconds` bounds the call with its retries.

    `growing` says that the messages will likely be sent again with more behind them, so caching pays.
    """

    system: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 4096
    effort: Effort | None = None
    seconds: float = 90.0
    growing: bool = False
    cache_key: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, as it arrives."""

    text: str


@dataclass(frozen=True, slots=True)
class StartedAgain:
    """The pieces so far are void: the call is made once more."""


Heard = Piece | StartedAgain
Listener = Callable[[Heard], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model's provider can do."""

    streams: bool = True
    caches: bool = False
    effort: bool = False


class Model(Protocol):
    """A language model; a failure is one of the errors under ModelFailedError."""

    @property
    def name(self) -> str:
        """Provider and model, as in `anthropic:claude-sonnet-4-6`."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What its provider can do."""
        ...

    async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
        """Answer once; with a listener the text is streamed to it as it arrives."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...
