"""The names and arguments of tool calls as they go over the wire; models sometimes break the latter."""

import json
from dataclasses import replace
from typing import Any, cast

from agents.messages import Reply, ToolCall
from agents.model import Ask

MAX_BROKEN = 500


def wire_name(name: str) -> str:
    """A tool's name as makers allow it: letters, digits, `_` and `-`."""
    return name.replace(".", "__")


def own_names(reply: Reply, ask: Ask) -> Reply:
    """The reply with the names that the tools have here."""
    known = {wire_name(spec.name): spec.name for spec in ask.tools}
    calls = tuple(replace(call, name=known.get(call.name, call.name)) for call in reply.said.calls)
    return replace(reply, said=replace(reply.said, calls=calls))


def tool_call(call: str, name: str, written: str) -> ToolCall:
    """A call with its arguments parsed; what is no JSON object is kept as broken, for the model to see."""
    try:
        value: Any = json.loads(written or "{}")
    except (ValueError, RecursionError):
        return ToolCall(call, name, {}, written[:MAX_BROKEN])
    if not isinstance(value, dict):
        return ToolCall(call, name, {}, written[:MAX_BROKEN])
    return ToolCall(call, name, cast("dict[str, Any]", value))
