"""Tools: read-only callables with a schema, and the box that lets an agent call only its own."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, Unpack, cast

import jsonschema
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from agents.errors import (
    BadArgumentsError,
    ToModelError,
    ToolFailedError,
    ToolTimedOutError,
    UnknownToolError,
    choices,
)
from agents.messages import ToolCall
from agents.model import ToolSpec

SECONDS = 20.0
TOKENS = 2_000
MAX_ARGUMENT_CHARACTERS = 8_000

Checked = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tool:
    """A callable that looks and never changes.

    `outside`: its answer must be fenced. `kept`: its answer may come from the journal after a restart; False
    where the caller must see every call.
    `check` raises BadArgumentsError; `call` gets what it returned; it may raise ToolFailedError.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    check: Callable[[Mapping[str, Any]], Checked]
    call: Callable[[Checked], Awaitable[str]]
    seconds: float = SECONDS
    tokens: int = TOKENS
    outside: bool = True
    kept: bool = True

    @property
    def spec(self) -> ToolSpec:
        """What a model is told about it."""
        return ToolSpec(self.name, self.description, self.schema)


class Traits(TypedDict, total=False):
    """What may be said of a tool besides its function."""

    seconds: float
    tokens: int
    outside: bool
    kept: bool


def tool_from(
    function: Callable[..., Awaitable[str]],
    name: str = "",
    description: str = "",
    **traits: Unpack[Traits],
) -> Tool:
    """A tool from an async function: its parameters are the schema, its docstring the description."""
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    fields: dict[str, Any] = {
        parameter.name: (
            parameter.annotation,
            ... if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for parameter in parameters
    }
    title = name or function.__name__
    shape = create_model(title, __config__=ConfigDict(extra="forbid"), **fields)
    tool = typed_tool(shape, function, title, description or inspect.getdoc(function) or "")
    return replace(tool, **traits)


def typed_tool(
    shape: type[BaseModel], function: Callable[..., Awaitable[str]], name: str, description: str
) -> Tool:
    """A tool whose parameters are the fields of a pydantic model."""

    def check(arguments: Mapping[str, Any]) -> Checked:
        try:
            value = shape.model_validate(dict(arguments))
        except ValidationError as error:
            raise BadArgumentsError(_mistakes(error, name, tuple(shape.model_fields))) from error
        return {field_name: getattr(value, field_name) for field_name in shape.model_fields}

    async def call(arguments: Checked) -> str:
        return await function(**arguments)

    return Tool(name, description, plain_schema(shape), check, call)


def schema_tool(spec: ToolSpec, call: Callable[[Checked], Awaitable[str]], **traits: Unpack[Traits]) -> Tool:
    """A tool whose parameters are described by a JSON schema, as those of an MCP server are."""
    validator = jsonschema.Draft202012Validator(dict(spec.schema))

    def check(arguments: Mapping[str, Any]) -> Checked:
        error = next(iter(validator.iter_errors(dict(arguments))), None)  # pyright: ignore[reportUnknownMemberType]
        if error is not None:
            place = ".".join(str(part) for part in error.absolute_path) or "arguments"
            names: Mapping[str, Any] = spec.schema.get("properties") or {}
            raise BadArgumentsError(
                f"{spec.name}: {place}: {error.message[:300]}; parameters: {choices(names)}"
            )
        return arguments

    return Tool(spec.name, spec.description, spec.schema, check, call, **traits)


def plain_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model without titles, which cost tokens and say nothing."""
    return _without_titles(shape.model_json_schema())


def _without_titles(node: Any, *, names: bool = False) -> Any:
    if isinstance(node, dict):
        pairs = cast("dict[str, Any]", node)
        return {
            key: _without_titles(value, names=key in {"properties", "$defs"} and not names)
            for key, value in pairs.items()
            if names or key != "title"
        }
    if isinstance(node, list):
        return [_without_titles(item) for item in cast("list[Any]", node)]
    return node


def _mistakes(error: ValidationError, name: str, parameters: tuple[str, ...]) -> str:
    found = [
        f"{'.'.join(str(part) for part in mistake['loc']) or 'arguments'}: {mistake['msg']}"
        for mistake in error.errors(include_url=False, include_input=False)[:5]
    ]
    return f"{name}: {'; '.join(found)}; parameters: {choices(parameters)}"


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one agent, by name; anything else is refused with the names that exist."""

    tools: Mapping[str, Tool] = field(default_factory=dict[str, Tool])

    @classmethod
    def of(cls, tools: Iterable[Tool]) -> "Toolbox":
        """A box of these tools."""
        return cls({tool.name: tool for tool in tools})

    def only(self, names: Iterable[str]) -> "Toolbox":
        """The box with nothing but these; a name without a tool raises KeyError."""
        return Toolbox({name: self.tools[name] for name in names})

    def with_tools(self, *more: Tool) -> "Toolbox":
        """The box with these added."""
        return Toolbox({**self.tools, **{tool.name: tool for tool in more}})

    def specs(self) -> tuple[ToolSpec, ...]:
        """What a model is told, in a stable order."""
        return tuple(self.tools[name].spec for name in sorted(self.tools))

    def find(self, name: str) -> Tool:
        """The tool of this name; raises UnknownToolError with the names that exist."""
        if name not in self.tools:
            raise UnknownToolError(f"{name[:80]!r}; you have: {choices(self.tools)}")
        return self.tools[name]

    async def call(self, call: ToolCall) -> str:
        """The tool's answer, unfenced; raises an error for the model."""
        tool = self.find(call.name)
        if call.broken is not None:
            raise BadArgumentsError(f"{tool.name}: expected one JSON object, not {call.broken[:200]!r}")
        if len(repr(call.arguments)) > MAX_ARGUMENT_CHARACTERS:
            raise BadArgumentsError(f"{tool.name}: expected at most {MAX_ARGUMENT_CHARACTERS} characters")
        checked = tool.check(call.arguments)
        try:
            async with asyncio.timeout(tool.seconds):
                return await tool.call(checked)
        except TimeoutError as error:
            raise ToolTimedOutError(f"{tool.name} had {tool.seconds:g} s; ask for less") from error
        except OSError as error:
            raise ToolFailedError(f"{tool.name}: {type(error).__name__}") from error


def refusal(error: ToModelError) -> str:
    """An error as the model reads it."""
    return f"{error} (nothing was done)"
