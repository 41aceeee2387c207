"""Tools of MCP servers: real processes over both transports, and every way in which they disappoint."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from agents.errors import ToolFailedError, ToolTimedOutError
from agents.messages import Results, Said, ToolCall
from agents.model import Ask
from agents.providers import connect
from agents.providers.scripted import answers, calls
from agents.providers.settings import ProviderSettings
from agents.roster_files import SHIPPED
from agents.tools import Toolbox
from bot.adapters.mcp_door import connected, unconnected
from bot.adapters.mcp_file import read_servers
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team import ModelTeam
from bot.adapters.team_crew import Crews, Files
from bot.adapters.team_ledger import MemoryBooks
from bot.adapters.team_tools import Reach
from bot.domain.errors import ContentError
from bot.domain.incident import Phase
from bot.redaction.redactor import Redactor
from tests.fakes.crews import ROAD, Cast, analyst, environment, proposed
from tests.fakes.harness import TOOLS
from tests.fakes.house import house
from tests.fakes.model_servers import serving
from tests.fakes.paces import JumpingPace

pytestmark = pytest.mark.asyncio(loop_scope="module")
ROOT = Path(__file__).resolve().parents[3]
QUERY = "mcp.fake.execute_query"
ENVIRONMENT = {"TOKEN_OF_FAKE": "t0ken-of-fake"}


def declared(folder: Path, body: str) -> Path:
    path = folder / "mcp.yaml"
    path.write_text(f"servers:\n  fake:\n{body}", encoding="utf-8")
    return path


def over_stdio(folder: Path, tools: str = "[execute_query]", more: str = "") -> Path:
    words = f"    command: [{sys.executable}, -m, tests.fakes.mcp_server]\n"
    given = f"    environment: {{PYTHONPATH: {ROOT}, WHO: env:TOKEN_OF_FAKE}}\n"
    return declared(folder, f"{words}{given}    tools: {tools}\n{more}")


@asynccontextmanager
async def over_http(folder: Path) -> AsyncGenerator[Path]:
    """The declaration of a server that listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.fakes.mcp_server_http", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    port = int(await process.stdout.readline())
    try:
        yield declared(folder, f"    url: http://127.0.0.1:{port}/mcp\n    tools: [execute_query]\n")
    finally:
        process.kill()
        await process.communicate()


@asynccontextmanager
async def box_of(path: Path) -> AsyncGenerator[Toolbox]:
    async with connected(read_servers(path, ENVIRONMENT), Redactor()) as tools:
        yield Toolbox.of(tools)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Toolbox]:
    """One server for all tests that leave it well."""
    os.environ["KEY_OF_OURS"] = "x"
    try:
        async with box_of(over_stdio(tmp_path_factory.mktemp("fake"))) as box:
            yield box
    finally:
        del os.environ["KEY_OF_OURS"]


async def asks(box: Toolbox, query: str, tool: str = QUERY) -> str:
    return await box.call(ToolCall("1", tool, {"query": query}))


async def refused(path: Path) -> str:
    """Why these servers cannot be used."""
    with pytest.raises(ContentError) as caught:
        async with box_of(path):
            pass
    return "\n".join(caught.value.problems)


async def test_a_tool_answers_over_http_as_well(tmp_path: Path) -> None:
    async with over_http(tmp_path) as path, box_of(path) as box:
        assert await asks(box, "up") == "up over 30 min is 23"
        with pytest.raises(ToolFailedError, match="parse error"):
            await asks(box, "fail")


async def test_what_a_tool_answers_is_redacted_and_its_refusal_comes_through(box: Toolbox) -> None:
    assert await asks(box, "up") == "up over 30 min is 23"
    assert await asks(box, "secret") == 'password="[secret:84ca]" for everybody'
    with pytest.raises(ToolFailedError, match="parse error: unclosed left parenthesis"):
        await asks(box, "fail")
    assert len(await asks(box, "much")) < 500_000
    assert list(box.tools) == [QUERY]


async def test_what_a_server_says_of_a_tool_is_short_visible_and_said_to_be_its_own_word(
    box: Toolbox,
) -> None:
    (spec,) = box.specs()
    assert spec.description.startswith("A read-only tool of the server fake, which says of it: Run a query.")
    assert "\\u{202e}" in spec.description
    assert "\u202e" not in spec.description
    assert dict(spec.schema)["required"] == ["query"]


async def test_a_server_is_given_the_declared_environment_and_nothing_of_ours(box: Toolbox) -> None:
    names = set((await asks(box, "where")).split())
    assert {"WHO", "PYTHONPATH"} <= names
    assert "KEY_OF_OURS" not in names
    assert names <= {"WHO", "PYTHONPATH", "HOME", "PATH", "SHELL", "TERM", "LC_CTYPE", "LOGNAME", "USER"}


async def test_a_server_that_dies_is_told_to_the_agent_and_there_again_at_the_next_call(
    tmp_path: Path,
) -> None:
    async with box_of(over_stdio(tmp_path)) as box:
        with pytest.raises(ToolFailedError, match="Connection closed"):
            await asks(box, "die")
        assert await asks(box, "up") == "up over 30 min is 23"


async def test_a_tool_that_never_answers_is_waited_for_no_longer_than_declared(tmp_path: Path) -> None:
    async with box_of(over_stdio(tmp_path, more="    seconds: 1\n")) as box:
        with pytest.raises(ToolTimedOutError, match="had 1 s"):
            await asks(box, "wait")
        assert await asks(box, "up") == "up over 30 min is 23"


async def test_a_tool_needs_a_person_who_names_it_a_server_that_calls_it_read_only_and_room_in_the_prompt(
    tmp_path: Path,
) -> None:
    names = "[execute_query, cheese, unannotated, drop_table, wordy]"
    problem = await refused(over_stdio(tmp_path, names, "    schema_bytes: 200\n"))
    for said in (
        "unknown tool 'cheese'; the server has: drop_table, execute_query",
        "unannotated does not say that it is read-only",
        "drop_table does not say that it is read-only",
    ):
        assert f"{tmp_path}/mcp.yaml:2: servers.fake.tools: {said}" in problem
    assert "bytes of a prompt, schema_bytes allows 200" in problem
    assert "tools: execute_query" not in problem


async def test_a_server_that_does_not_start_is_named(tmp_path: Path) -> None:
    nowhere = declared(tmp_path, "    command: [/no/such/program]\n    tools: [x]\n")
    assert "servers.fake: the server did not start" in await refused(nowhere)
    away = declared(tmp_path, "    url: http://127.0.0.1:1/mcp\n    tools: [x]\n")
    assert "servers.fake: the server did not start" in await refused(away)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("    tools: [x]\n", "mcp.yaml:2: servers.fake: expected either command, a list of words, or url"),
        ("    command: [a]\n    url: http://a\n    tools: [x]\n", "expected either command"),
        ("    command: [a]\n", "servers.fake.tools: Field required"),
        ("    command: a b c\n    tools: [x]\n", "mcp.yaml:3: servers.fake.command: Input should be a valid"),
        ("    command: [a]\n    tools: [x]\n    shell: true\n", "mcp.yaml:5: servers.fake.shell: Extra"),
        ("    command: [a]\n    tools: ['a.b']\n", "servers.fake.tools.0: String should match"),
        (
            "    url: http://a\n    token: env:NOT_SET\n    tools: [x]\n",
            "servers.fake.token: expected the environment to have NOT_SET",
        ),
    ],
)
async def test_mistakes_in_the_file_are_named_with_line_and_key(body: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        read_servers(declared(tmp_path, body), ENVIRONMENT)
    assert said in "\n".join(caught.value.problems)


async def test_without_a_file_there_are_no_servers(tmp_path: Path) -> None:
    assert read_servers(tmp_path / "mcp.yaml", {}) == ()


async def test_a_process_that_connects_to_no_server_has_the_names_and_says_so(tmp_path: Path) -> None:
    box = Toolbox.of(unconnected(read_servers(over_stdio(tmp_path), ENVIRONMENT)))
    with pytest.raises(ToolFailedError, match="not connected in this process"):
        await asks(box, "up")


async def test_a_roster_gives_the_tool_to_one_agent_and_what_it_answers_stands_in_the_fence(
    tmp_path: Path,
) -> None:
    def curious(ask: Ask) -> Any:
        if not any(isinstance(message, Results) for message in ask.messages):
            return calls((QUERY, {"query": "up"}), (QUERY, {"query": "much"}), ("mcp.fake.wordy", {}))
        return analyst(ask)

    def without(ask: Ask) -> Any:
        assert QUERY not in [spec.name for spec in ask.tools]
        return answers({"options": []})

    path, team = over_stdio(tmp_path), tmp_path / "roster"
    team.mkdir()
    tools = f"tools: [fetch_logs, {QUERY}]"
    (team / "team.yaml").write_text(f"agents: {{log_analyst: {{{tools}}}}}\n", encoding="utf-8")
    cast, home = Cast({**ROAD, "log_analyst": curious, "remediator": without}), house()
    servers = read_servers(path, ENVIRONMENT)
    files = Files((SHIPPED, team), None, environment())
    names = [name for server in servers for name in server.tool_names]
    crews = Crews(files, {}, cast.pace, cast.connect, more_tools=names)
    async with connected(servers, Redactor()) as more:
        reach = Reach(home.eyes, home.content, home.clock, lambda text: text, more=more)
        home.ports = replace(home.ports, team=ModelTeam(crews, RulesTeam(home.content), reach, MemoryBooks()))
        found = await proposed(home)
    (results,) = [one for one in cast.asked("log_analyst")[1].messages if isinstance(one, Results)]
    up, much, wordy = results.results
    assert up.text.startswith("<<outside ")
    assert "up over 30 min is 23" in up.text
    assert "tokens cut here" in much.text
    assert len(much.text) < 9_000
    assert wordy.refused
    assert "you have: fetch_logs, mcp.fake.execute_query" in wordy.text
    assert found.phase is not Phase.DETECTED


@pytest.mark.parametrize("maker", ["anthropic:claude-sonnet-4-6", "openai:gpt-5-mini"])
async def test_makers_are_told_a_name_that_they_allow_and_the_agent_gets_its_own_back(maker: str) -> None:
    tool = replace(TOOLS.tools["fetch_logs"], name=QUERY)
    said = Said("", (ToolCall("0", "mcp__fake__execute_query", {"service": "a"}),))
    async with serving(said) as server:
        url = server.url if maker.startswith("anthropic") else f"{server.url}/v1"
        settings = {maker.partition(":")[0]: ProviderSettings("key", url)}
        model = connect((maker,), settings, JumpingPace())[maker]
        reply = await model.reply(Ask("s", (), (tool.spec,)))
        await model.reply(Ask("s", (reply.said,), (tool.spec,)))
        await model.aclose()
    assert reply.said.calls[0].name == QUERY
    assert all('"mcp__fake__execute_query"' in str(body).replace("'", '"') for body in server.bodies)
    assert all(QUERY not in str(body) for body in server.bodies)
