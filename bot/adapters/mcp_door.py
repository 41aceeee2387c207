"""MCP servers where they are declared: their client is loaded only then, since it is an optional extra."""

import importlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol, cast

from agents.errors import ToolFailedError
from agents.model import ToolSpec
from agents.tools import Checked, Tool, schema_tool
from bot.adapters.mcp_file import Declared
from bot.adapters.team_answers import Clean
from bot.domain.errors import ContentError

CLIENT = "bot.adapters.mcp_client"
EXTRA = "asking MCP servers needs the extra: pip install 'greenlight-oncall[mcp]'"


class _Client(Protocol):
    def tools_of(
        self, servers: Sequence[Declared], clean: Clean
    ) -> AbstractAsyncContextManager[tuple[Tool, ...]]: ...


@asynccontextmanager
async def connected(servers: Sequence[Declared], clean: Clean) -> AsyncGenerator[tuple[Tool, ...]]:
    """The tools of these servers while the block lasts; raises ContentError where they cannot be had."""
    if not servers:
        yield ()
        return
    try:
        client = cast("_Client", importlib.import_module(CLIENT))
    except ModuleNotFoundError as error:
        raise ContentError((f"{servers[0].where}: {EXTRA} (no module {error.name})",)) from error
    async with client.tools_of(servers, clean) as tools:
        yield tools


def unconnected(servers: Sequence[Declared]) -> tuple[Tool, ...]:
    """The same names in a process that connects to no server: each says so when it is called."""
    return tuple(_absent(name) for server in servers for name in server.tool_names)


def _absent(name: str) -> Tool:
    async def call(arguments: Checked) -> str:
        del arguments
        raise ToolFailedError(f"{name} is not connected in this process")

    return schema_tool(ToolSpec(name, "Not connected in this process.", {"type": "object"}), call)
