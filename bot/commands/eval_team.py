"""The team to measure: the rules, or the models that the settings name, with no eyes beside the evidence."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from bot.adapters.absent import NoEyes
from bot.adapters.clock import SystemClock
from bot.adapters.mcp_door import unconnected
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team import ModelTeam
from bot.adapters.team_ledger import MemoryBooks
from bot.adapters.team_tools import Reach
from bot.domain.errors import ContentError
from bot.ports.content import Content
from bot.ports.team import Team
from bot.redaction.redactor import Redactor
from bot.settings import Problems, load
from bot.wiring.team import crews_of, servers_of


class NoTeamError(Exception):
    """The team that was asked for cannot be made here."""


@asynccontextmanager
async def team_named(name: str, content: Content) -> AsyncGenerator[Team]:
    """The team of that name; raises NoTeamError with the reason where it cannot be made."""
    rules = RulesTeam(content)
    if name == "rules":
        yield rules
        return
    settings = load()
    if isinstance(settings, Problems):
        raise NoTeamError(settings.text())
    if not settings.models_wanted:
        raise NoTeamError("no model is configured: set a key, an address or a model; --team rules needs none")
    try:
        crews = crews_of(settings)
    except ContentError as error:
        raise NoTeamError(str(error)) from error
    more = unconnected(servers_of(settings))
    reach = Reach(NoEyes(), content, SystemClock(), Redactor(settings.secrets()), more=more)
    try:
        yield ModelTeam(crews, rules, reach, MemoryBooks())
    finally:
        await crews.aclose()
