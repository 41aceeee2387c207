"""Tools of MCP servers for agents: by name, read-only, within a budget; their answers are outside text."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast, final

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CONNECTION_CLOSED, CallToolResult, TextContent
from mcp.types import Tool as ServerTool

from agents.errors import ToolFailedError, choices
from agents.fence import cut, visible
from agents.model import ToolSpec
from agents.tools import Checked, Tool, schema_tool
from bot.adapters.mcp_file import Declared
from bot.adapters.team_answers import Clean
from bot.domain.errors import ContentError

START_SECONDS = 20.0
MAX_PAGES = 10
MAX_ANSWER = 400_000
"""Characters of an answer that are looked at before it is cut to its tokens."""

SAID_TOKENS = 80
"""Tokens of what a server says about a tool or a parameter: it stands in the prompt."""

GONE = (MCPError, OSError, httpx2.HTTPError, EOFError)


@final
@dataclass(slots=True)
class Server:
    """One server: connected by a task of its own, and again at the next call after it was lost."""

    declared: Declared
    client: Client | None = None
    keeper: asyncio.Task[None] | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def connected(self) -> Client:
        """The client; raises TimeoutError or what the connection raised."""
        async with self.starting:
            client = None if self.keeper is None or self.keeper.done() else self.client
            if client is None:
                ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
                self.stop = asyncio.Event()
                # Its scopes must end in the task in which they began.
                self.keeper = asyncio.create_task(self._keep(ready))
                try:
                    async with asyncio.timeout(START_SECONDS):
                        client = await ready
                finally:
                    # Who waited may have been cancelled: a half-made connection must not stay behind.
                    if client is None:
                        self.keeper.cancel()
                assert client is not None
                self.client = client
            return client

    async def lost(self) -> None:
        """Let the connection go; the next call makes another."""
        self.stop.set()
        if self.keeper is not None:
            with suppress(asyncio.CancelledError, TimeoutError, BaseExceptionGroup, *GONE):
                async with asyncio.timeout(START_SECONDS):
                    await self.keeper
        self.client = self.keeper = None

    async def _keep(self, ready: "asyncio.Future[Client]") -> None:
        stop = self.stop
        try:
            async with AsyncExitStack() as stack:
                client = await stack.enter_async_context(await _client(self.declared, stack))
                if not ready.done():
                    ready.set_result(client)
                await stop.wait()
        except (*GONE, BaseExceptionGroup, RuntimeError) as error:
            # What a library's task group raises is told to whoever waits, not to the log alone.
            if not ready.done():
                ready.set_exception(ConnectionError(_reason(error)))


async def _client(declared: Declared, stack: AsyncExitStack) -> Client:
    # A server may take longer to start than one call may take; calls are timed by the tool itself.
    longest = max(declared.seconds, START_SECONDS)
    if declared.command:
        # What a server writes to its standard error is its own, and may be anything.
        null = Path(os.devnull)
        sink = stack.enter_context(null.open("w", encoding="utf-8"))  # noqa: ASYNC230 - never blocks
        command, *words = declared.command
        asked = StdioServerParameters(command=command, args=words, env=dict(declared.environment))
        return Client(stdio_client(asked, errlog=sink), read_timeout_seconds=longest)
    headers = {"authorization": f"Bearer {declared.token}"} if declared.token else {}
    http = httpx2.AsyncClient(headers=headers, timeout=longest, trust_env=False, follow_redirects=False)
    await stack.enter_async_context(http)
    transport = streamable_http_client(declared.url, http_client=http)
    return Client(transport, read_timeout_seconds=longest)


@asynccontextmanager
async def tools_of(servers: Sequence[Declared], clean: Clean) -> AsyncGenerator[tuple[Tool, ...]]:
    """The declared tools of these servers while the block lasts.

    Raises ContentError where one does not exist, is not read-only by its own word, or exceeds its budget.
    """
    running = [Server(declared) for declared in servers]
    try:
        found = await asyncio.gather(*(_tools(server, clean) for server in running))
        yield tuple(tool for tools in found for tool in tools)
    finally:
        for server in running:
            await server.lost()


async def _tools(server: Server, clean: Clean) -> tuple[Tool, ...]:
    declared = server.declared
    try:
        client = await server.connected()
        async with asyncio.timeout(START_SECONDS):
            offered = await _offered(client)
    except (TimeoutError, *GONE) as error:
        raise ContentError((f"{declared.where}: the server did not start: {_reason(error)}",)) from error
    problems = [problem for name in declared.tools for problem in _problems(name, offered)]
    specs = [_spec(declared, offered[name], clean) for name in declared.tools if name in offered]
    size = sum(len(json.dumps(dict(spec.schema)) + spec.description) for spec in specs)
    if size > declared.schema_bytes:
        problems.append(
            f"its tools take {size} bytes of a prompt, schema_bytes allows {declared.schema_bytes}"
        )
    if problems:
        raise ContentError(tuple(f"{declared.where}.tools: {problem}" for problem in problems))
    return tuple(_tool(server, spec, name, clean) for spec, name in zip(specs, declared.tools, strict=True))


async def _offered(client: Client) -> Mapping[str, ServerTool]:
    found: dict[str, ServerTool] = {}
    cursor: str | None = None
    for _ in range(MAX_PAGES):
        page = await client.list_tools(cursor=cursor)
        found |= {tool.name: tool for tool in page.tools}
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def _problems(name: str, offered: Mapping[str, ServerTool]) -> list[str]:
    """Both are needed: that a person named the tool, and that the server calls it read-only."""
    if name not in offered:
        return [f"unknown tool {name!r}; the server has: {choices(offered)}"]
    said = offered[name].annotations
    if said is None or said.read_only_hint is not True or said.destructive_hint is True:
        return [f"{name} does not say that it is read-only, so no agent is given it"]
    return []


def _spec(declared: Declared, tool: ServerTool, clean: Clean) -> ToolSpec:
    said = _plain(tool.description or "", clean)
    schema = cast("dict[str, Any]", _plain(tool.input_schema, clean))
    description = f"A read-only tool of the server {declared.name}, which says of it: {said}"
    return ToolSpec(declared.tool_name(tool.name), description, schema)


def _plain(node: Any, clean: Clean) -> Any:
    """Words of a server as they may stand in a prompt: one line, short, nothing hidden in them."""
    if isinstance(node, str):
        return " ".join(visible(cut(clean(node), SAID_TOKENS)).split())
    if isinstance(node, list):
        return [_plain(item, clean) for item in cast("list[Any]", node)]
    if isinstance(node, dict):
        pairs = cast("dict[str, Any]", node).items()
        return {
            key: _plain(value, clean) for key, value in pairs if key != "title" or isinstance(value, dict)
        }
    return node


def _tool(server: Server, spec: ToolSpec, name: str, clean: Clean) -> Tool:
    async def call(arguments: Checked) -> str:
        try:
            client = await server.connected()
            result = await client.call_tool(name, dict(arguments))
        except MCPError as error:
            if error.code == CONNECTION_CLOSED:
                await server.lost()
            raise ToolFailedError(f"{spec.name}: {clean(str(error))[:500]}") from error
        except (OSError, httpx2.HTTPError, EOFError, RuntimeError) as error:
            await server.lost()
            raise ToolFailedError(f"{spec.name}: the server is lost: {type(error).__name__}") from error
        text = clean(_text(result))
        if result.is_error:
            raise ToolFailedError(f"{spec.name}: {text[:2_000]}")
        return text

    seconds, tokens = server.declared.seconds, server.declared.tokens
    return schema_tool(spec, call, seconds=float(seconds), tokens=tokens)


def _text(result: CallToolResult) -> str:
    parts = [part.text for part in result.content if isinstance(part, TextContent)]
    if not parts and result.structured_content is not None:
        parts = [json.dumps(result.structured_content)]
    whole = "\n".join(parts) or "(no text)"
    return whole if len(whole) <= MAX_ANSWER else f"{whole[:MAX_ANSWER]}\n({len(whole)} characters were cut)"


def _reason(error: BaseException) -> str:
    """What went wrong first, in a group of tasks as well."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return visible(f"{type(error).__name__} {error}".strip())[:200]
