"""The demo's shop with Greenlight's three real processes, alerted by whoever the test puts in charge."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bot.adapters.store import Store
from bot.commands.fleet import Fleet
from bot.demo.home import CHANNEL, CHARACTERS, environment, lay_out, people
from bot.demo.stage import Stage, _environment, _running
from bot.playground.site import Site
from bot.playground.workspace.workspace import Workspace
from bot.settings import Settings
from bot.wiring.store import open_store

Furnish = Callable[[Path, Site], Mapping[str, str]]
"""Changes the home before Greenlight starts; what it returns is added to the processes' environment."""


def as_it_is(_home: Path, _site: Site) -> Mapping[str, str]:
    """Change nothing."""
    return {}


@asynccontextmanager
async def shop(
    home: Path, furnish: Furnish = as_it_is, *, real_prometheus: bool = False
) -> AsyncGenerator[tuple[Stage, str, Store]]:
    """The stage, the webhook that alerts may be posted to, and the store of its record."""
    async with AsyncExitStack() as stack:
        lay_out(home)
        workspace = await stack.enter_async_context(Workspace())
        app = people(workspace)
        names = {c.id: c.name for c in CHARACTERS} | {app.bot_user_id: "greenlight"}
        webhook = workspace.add_webhook(CHANNEL, "Alertmanager")
        site = await stack.enter_async_context(Site(home / "site", None, real_prometheus, staging=True))
        variables = environment(home, workspace, app, site) | {"GREENLIGHT_TEAM": "rules"}
        fleet = Fleet(_environment(variables | dict(furnish(home, site))), output=home / "logs")
        await stack.enter_async_context(_running(fleet, workspace, app, home))
        settings = Settings.model_validate({"home": home, "redis_url": None})
        store = await stack.enter_async_context(open_store(settings))
        yield Stage(home, workspace, app, site, fleet, names, None), webhook, store
