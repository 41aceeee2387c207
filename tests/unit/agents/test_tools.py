"""Tools: schemas from types, refusals that help, allow-lists."""

from dataclasses import replace
from typing import Any, Literal

import pytest
from inline_snapshot import snapshot

from agents.errors import BadArgumentsError, ToolFailedError, ToolTimedOutError, UnknownToolError
from agents.messages import ToolCall
from agents.model import ToolSpec
from agents.tools import Tool, Toolbox, schema_tool, tool_from


async def query_metrics(service: str, metric: Literal["cpu", "memory"], minutes: int = 30) -> str:
    """One metric of a service, against its normal range."""
    return f"{service} {metric} {minutes}"


TOOL = tool_from(query_metrics)


async def call(tool: Tool, arguments: dict[str, Any]) -> str:
    return await Toolbox.of((tool,)).call(ToolCall("1", tool.name, arguments))


def test_the_schema_and_the_description_come_from_the_function() -> None:
    assert (TOOL.name, TOOL.description) == (
        "query_metrics",
        "One metric of a service, against its normal range.",
    )
    assert TOOL.schema == snapshot(
        {
            "additionalProperties": False,
            "properties": {
                "service": {"type": "string"},
                "metric": {"enum": ["cpu", "memory"], "type": "string"},
                "minutes": {"default": 30, "type": "integer"},
            },
            "required": ["service", "metric"],
            "type": "object",
        }
    )


async def test_defaults_are_filled_in_and_values_converted() -> None:
    assert await call(TOOL, {"service": "a", "metric": "cpu"}) == "a cpu 30"
    assert await call(TOOL, {"service": "a", "metric": "cpu", "minutes": "5"}) == "a cpu 5"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"service": "a"}, "metric: Field required"),
        ({"service": "a", "metric": "iq"}, "metric: Input should be 'cpu' or 'memory'"),
        ({"service": "a", "metric": "cpu", "host": "b"}, "host: Extra inputs are not permitted"),
        ({"service": "a" * 9_000, "metric": "cpu"}, "expected at most 8000 characters"),
    ],
)
async def test_wrong_arguments_are_refused_with_what_is_valid(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(BadArgumentsError, match=said):
        await call(TOOL, arguments)


async def test_a_parameter_named_title_keeps_its_place_in_the_schema() -> None:
    async def write(title: str) -> str:
        """Write."""
        return title

    assert list(tool_from(write).schema["properties"]) == ["title"]


async def test_a_tool_of_a_foreign_server_is_checked_by_its_schema() -> None:
    async def look(arguments: Any) -> str:
        return f"saw {arguments['query']}"

    schema = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    tool = schema_tool(ToolSpec("look", "Look.", schema), look, tokens=50)
    assert (await call(tool, {"query": "up"}), tool.tokens) == ("saw up", 50)
    with pytest.raises(BadArgumentsError, match="look: query: 3 is not of type 'string'; parameters: query"):
        await call(tool, {"query": 3})


async def test_an_allow_list_leaves_nothing_else() -> None:
    box = Toolbox.of((TOOL, replace(TOOL, name="other"))).only(("other",))
    assert [spec.name for spec in box.specs()] == ["other"]
    with pytest.raises(UnknownToolError, match="'query_metrics'; you have: other"):
        await box.call(ToolCall("1", "query_metrics", {}))
    with pytest.raises(KeyError):
        box.only(("query_metrics",))


async def test_lost_connections_and_time_outs_are_told_without_their_inner_words() -> None:
    async def lose() -> str:
        raise ConnectionRefusedError(111, "secret.internal:9090")

    async def wait() -> str:
        raise TimeoutError

    with pytest.raises(ToolFailedError) as caught:
        await call(tool_from(lose), {})
    assert "secret.internal" not in str(caught.value)
    with pytest.raises(ToolTimedOutError, match="ask for less"):
        await call(tool_from(wait), {})
