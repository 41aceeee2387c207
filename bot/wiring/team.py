"""The team of a think process: models where they are wanted, else the rules; the labels say which."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agents.providers.settings import ProviderSettings
from agents.roster_files import SHIPPED
from bot.adapters.eyes import SourceEyes
from bot.adapters.mcp_door import connected
from bot.adapters.mcp_file import Declared, read_servers
from bot.adapters.rules_team import RulesTeam
from bot.adapters.store import Store
from bot.adapters.team import ModelTeam
from bot.adapters.team_crew import Crews, Files, Over, as_it_is
from bot.adapters.team_ledger import RedisBooks
from bot.adapters.team_tools import Reach
from bot.domain.apply import replay
from bot.domain.incident import Incident, Phase
from bot.ports.ports import Ports
from bot.settings import Settings, environment
from bot.wiring.memory import memory_of
from bot.wiring.parts import Parts

REMEMBERED = 30


@dataclass(frozen=True, slots=True)
class Past:
    """The closed incidents of a store, newest first; ids sort by time."""

    store: Store

    async def __call__(self) -> tuple[Incident, ...]:
        """A few of them."""
        names = sorted(await self.store.incidents.by_phase(Phase.CLOSED), reverse=True)[:REMEMBERED]
        loaded = [replay((await self.store.incidents.load(name)).entries) for name in names]
        return tuple(one for one in loaded if one is not None)


@asynccontextmanager
async def with_team(ports: Ports, parts: Parts, store: Store, eyes: SourceEyes) -> AsyncGenerator[Ports]:
    """These ports with the team that the settings ask for; raises ContentError for a broken roster."""
    rules = RulesTeam(parts.content)
    if not parts.settings.models_wanted:
        yield replace(ports, team=rules)
        return
    crews = crews_of(parts.settings, memory_of(parts.settings, store.link).over)
    try:
        async with connected(servers_of(parts.settings), parts.redactor) as more:
            reach = Reach(eyes, parts.content, parts.clock, parts.redactor, Past(store), more)
            team = ModelTeam(crews, rules, reach, RedisBooks(store.link))
            yield replace(ports, team=team, speaker=team)
    finally:
        await crews.aclose()


def crews_of(settings: Settings, over: Over = as_it_is) -> Crews:
    """The crews that these settings ask for; raises ContentError for a broken roster."""
    names = [name for server in servers_of(settings) for name in server.tool_names]
    return Crews(_files(settings), _providers(settings), more_tools=names, over=over)


def servers_of(settings: Settings) -> tuple[Declared, ...]:
    """The MCP servers that the team may ask; raises ContentError for a broken mcp.yaml."""
    return read_servers(settings.rosters / "mcp.yaml", environment())


def _files(settings: Settings) -> Files:
    own: tuple[Path, ...] = (settings.rosters,) if settings.rosters.is_dir() else ()
    return Files((SHIPPED, *own), settings.runbooks / "AGENTS.md", environment())


def _providers(settings: Settings) -> dict[str, ProviderSettings]:
    proxy = settings.team_proxy.get_secret_value() if settings.team_proxy else None
    keys = {"anthropic": settings.anthropic_api_key, "openai": settings.openai_api_key}
    urls = {"anthropic": settings.anthropic_base_url, "openai": settings.openai_base_url}
    return {
        name: ProviderSettings(key.get_secret_value() if key else "", urls[name], proxy)
        for name, key in keys.items()
    }
