"""The arguments of tool calls, which models write as JSON and sometimes break."""

import json
from typing import Any, cast

from agents.messages import ToolCall

MAX_BROKEN = 500


def tool_call(call: str, name: str, written: str) -> ToolCall:
    """A call with its arguments parsed; what is no JSON object is kept as broken, for the model to see."""
    try:
        value: Any = json.loads(written or "{}")
    except (ValueError, RecursionError):
        return ToolCall(call, name, {}, written[:MAX_BROKEN])
    if not isinstance(value, dict):
        return ToolCall(call, name, {}, written[:MAX_BROKEN])
    return ToolCall(call, name, cast("dict[str, Any]", value))
