"""Tools: read-only callables with a schema, and the box that lets an agent call only its own."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class Form:
    """What a function makes of a tool, worked out once: its parameters are the schema."""

    name: str
    description: str
    shape: type[BaseModel]
    schema: Mapping[str, Any]

    def tool(self, function: Callable[..., Awaitable[str]], **traits: Unpack[Traits]) -> Tool:
        """A tool that calls this function, whose parameters are those of the form."""

        async def call(arguments: Checked) -> str:
            return await function(**arguments)

        return Tool(self.name, self.description, self.schema, self._checked, call, **traits)

    def _checked(self, arguments: Mapping[str, Any]) -> Checked:
        try:
            value = self.shape.model_validate(dict(arguments))
        except ValidationError as error:
            raise BadArgumentsError(_mistakes(error, self.name, tuple(self.shape.model_fields))) from error
        return {name: getattr(value, name) for name in self.shape.model_fields}


def form_of(function: Callable[..., Awaitable[str]], name: str = "", description: str = "") -> Form:
    """The form of an async function or method: its docstring is the description; making one takes time."""
    fields: dict[str, Any] = {
        parameter.name: (
            parameter.annotation,
            ... if parameter.default is inspect.Parameter.empty else parameter.default,
        )
        for parameter in inspect.signature(function, eval_str=True).parameters.values()
        if parameter.name != "self"
    }
    title = name or function.__name__
    shape = create_model(title, __config__=ConfigDict(extra="forbid"), **fields)
    return Form(title, description or inspect.getdoc(function) or "", shape, plain_schema(shape))


def tool_from(
    function: Callable[..., Awaitable[str]],
    name: str = "",
    description: str = "",
    **traits: Unpack[Traits],
) -> Tool:
    """A tool from an async function, made on the spot."""
    return form_of(function, name, description).tool(function, **traits)


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
    """The JSON schema of a model without what costs tokens and tells a model nothing.

    Titles repeat names, empty defaults repeat that a field is not required, and the definitions of types are
    described where they are used.
    """
    return _lean(shape.model_json_schema())


def _lean(node: Any) -> Any:
    if isinstance(node, list):
        return [_lean(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", node).items():
        if key == "title" or (key == "default" and value in (None, "", [], {})):
            continue
        if key == "$defs":
            found[key] = {name: _lean({**defined, "description": None}) for name, defined in value.items()}
        elif key == "properties":
            found[key] = {name: _lean(field) for name, field in value.items()}
        elif key != "description" or value is not None:
            found[key] = _lean(value)
    return found


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
