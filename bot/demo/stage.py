"""Everything that runs for one demo: workspace, shop, and Greenlight's three processes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.store import Store
from bot.commands.fleet import Fleet, child_environment
from bot.demo.home import CHANNEL, CHARACTERS, environment, lay_out, people
from bot.demo.teller import Teller
from bot.domain.errors import GreenlightError
from bot.playground.site import Site
from bot.playground.workspace.model import App
from bot.playground.workspace.workspace import Workspace
from bot.settings import Settings
from bot.wiring.store import open_store

START_SECONDS = 30.0


class DemoBrokenError(GreenlightError):
    """The demo could not be started."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs for one demo."""

    home: Path
    workspace: Workspace
    app: App
    site: Site
    fleet: Fleet
    teller: Teller
    store: Store


@asynccontextmanager
async def open_stage(home: Path, *, real_prometheus: bool) -> AsyncGenerator[Stage]:
    """Start all and wait until the bot listens; all gone afterwards. Raises DemoBrokenError."""
    await asyncio.to_thread(lay_out, home)
    settings = Settings.model_validate({"home": home, "redis_url": None})
    async with Workspace() as workspace, open_store(settings) as store:
        app = people(workspace)
        webhook = workspace.add_webhook(CHANNEL, "Alertmanager")
        async with Site(home / "site", webhook, real_prometheus) as site:
            variables = environment(home, workspace, app, site)
            fleet = Fleet(_environment(variables), output=home / "logs")
            names = {c.id: c.name for c in CHARACTERS} | {app.bot_user_id: "greenlight"}
            async with _running(fleet, workspace, app, home):
                yield Stage(home, workspace, app, site, fleet, Teller(workspace, names), store)


@asynccontextmanager
async def _running(fleet: Fleet, workspace: Workspace, app: App, home: Path) -> AsyncGenerator[None]:
    running = asyncio.create_task(fleet.run())
    connected = asyncio.create_task(workspace.wait_connected(app, seconds=START_SECONDS))
    try:
        await asyncio.wait({running, connected}, return_when=asyncio.FIRST_COMPLETED)
        if not connected.done() or connected.exception() is not None:
            raise DemoBrokenError(await asyncio.to_thread(_last_words, home / "logs"))
        yield
    finally:
        connected.cancel()
        await asyncio.gather(connected, return_exceptions=True)
        await fleet.stop()
        await asyncio.gather(running, return_exceptions=True)


def _environment(variables: dict[str, str]) -> dict[str, str]:
    """The demo listens to none of the caller's own settings: it must run the same everywhere."""
    kept = child_environment(**variables)
    foreign = ("GREENLIGHT_", "SLACK_")
    return {name: value for name, value in kept.items() if name in variables or not name.startswith(foreign)}


def _last_words(logs: Path) -> str:
    """The end of each process's output, to say why nothing started."""
    ends = [
        f"{file.name}:\n{file.read_text(errors='replace')[-1500:]}" for file in sorted(logs.glob("*.log"))
    ]
    return "Greenlight's processes did not start.\n" + "\n".join(ends)
