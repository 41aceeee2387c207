"""What is said between an agent, its model and its tools."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Stop(StrEnum):
    """Why a model stopped."""

    END = "end"
    TOOLS = "tools"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call: uncached input, output, and input read from and written to the prompt cache.

    `estimated` says that the provider gave no numbers.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.estimated or other.estimated,
        )

    @property
    def total(self) -> int:
        """All tokens that went in or came out."""
        return self.input + self.output + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants called; `broken` holds arguments that were no JSON object."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered, or why the call was refused."""

    id: str
    name: str
    text: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning that its maker wants back unchanged; `signature` is opaque."""

    text: str
    signature: str
    redacted: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Words to the model."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """Words and calls of the model."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    thoughts: tuple[Thought, ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """The answers to all calls of one turn, in the order of the calls."""

    results: tuple[ToolResult, ...]


Message = Told | Said | Results


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply of a model."""

    said: Said
    stop: Stop
    usage: Usage
    seconds: float = 0.0
