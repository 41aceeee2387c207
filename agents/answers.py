"""Typed answers: how an agent gives one, and how it is told what is wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

from agents.messages import Said, ToolCall
from agents.model import ToolSpec
from agents.tools import plain_schema

ANSWER = "answer"
TEXT = "text"
MAX_MISTAKES = 8


@dataclass(frozen=True, slots=True)
class Invalid:
    """Why what the model gave is no answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The kinds of answers that a roster may name; `text` is always among them."""

    shapes: Mapping[str, type[BaseModel]]

    def names(self) -> tuple[str, ...]:
        """All kinds."""
        return tuple(sorted({*self.shapes, TEXT}))

    def shape(self, name: str) -> type[BaseModel] | None:
        """The shape of a kind, None for text."""
        return self.shapes.get(name)


@lru_cache(maxsize=64)
def answer_spec(shape: type[BaseModel]) -> ToolSpec:
    """The tool by which a typed answer is given; kept, because a schema takes milliseconds to make."""
    return ToolSpec(ANSWER, "Give your final answer. This ends your work.", plain_schema(shape))


def read_answer(said: Said, shape: type[BaseModel] | None) -> BaseModel | str | Invalid | None:
    """The answer in a reply; None while the model still works."""
    if shape is None:
        return None if said.calls else said.text
    given = next((call for call in said.calls if call.name == ANSWER), None)
    if given is not None:
        return _from_call(given, shape)
    if said.calls:
        return None
    return _from_text(said.text, shape)


def _from_call(call: ToolCall, shape: type[BaseModel]) -> BaseModel | Invalid:
    if call.broken is not None:
        return Invalid(f"the arguments of {ANSWER} are no JSON object")
    return _checked(dict(call.arguments), shape)


def _from_text(text: str, shape: type[BaseModel]) -> BaseModel | Invalid:
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return Invalid(f"expected a call of the tool {ANSWER}, not text")
    try:
        value = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return Invalid(f"expected a call of the tool {ANSWER}; the text holds no valid JSON object")
    return _checked(value, shape)


def _checked(value: Any, shape: type[BaseModel]) -> BaseModel | Invalid:
    try:
        return shape.model_validate_json(json.dumps(value))
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False, include_context=False)
        return Invalid(
            "; ".join(
                f"{'.'.join(str(part) for part in mistake['loc']) or ANSWER}: {mistake['msg']}"
                for mistake in mistakes[:MAX_MISTAKES]
            )
        )
