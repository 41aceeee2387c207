"""Everything that runs for one demo: workspace, page, shop, and Greenlight's three processes."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.commands.fleet import Fleet, child_environment
from bot.demo.guide import setting
from bot.demo.home import CHANNEL, CHARACTERS, environment, lay_out, of_the_gate, people
from bot.demo.telling import fleet_processes, followed
from bot.domain.errors import GreenlightError
from bot.playground.page.server import Page
from bot.playground.page.shop import SiteShop
from bot.playground.site import Fault, Site
from bot.playground.workspace.model import App
from bot.playground.workspace.workspace import Workspace
from bot.settings import environment as caller_environment
from bot.settings import of_models

START_SECONDS = 30.0
WITH_MODELS = "Models are set: the shop's evidence goes to them. GREENLIGHT_TEAM=rules keeps it here."


class DemoBrokenError(GreenlightError):
    """The demo could not be started."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs for one demo; the page only where it is wanted."""

    home: Path
    workspace: Workspace
    app: App
    site: Site
    fleet: Fleet
    names: dict[str, str]
    page: Page | None


@asynccontextmanager
async def open_stage(
    home: Path,
    fault: Fault,
    *,
    real_prometheus: bool,
    gate: bool = False,
    announce: Callable[[str], None] | None = None,
) -> AsyncGenerator[Stage]:
    """Start all and wait until the bot listens; all gone afterwards. Raises DemoBrokenError.

    With `announce` there is a page, which speaks of `fault`; its address is told as soon as it answers. With
    `gate` windows are short, a staging twin runs, and the page leads through the rules of the gate.
    """
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(lambda: lay_out(home, gate=gate))
        workspace = await stack.enter_async_context(Workspace())
        app = people(workspace)
        names = {c.id: c.name for c in CHARACTERS} | {app.bot_user_id: "greenlight"}
        page = (
            await stack.enter_async_context(Page(workspace, setting(fault, gate=gate))) if announce else None
        )
        if page is not None and announce is not None:
            page.stage("Starting a small shop …", ready=False)
            announce(page.url)
        webhook = workspace.add_webhook(CHANNEL, "Alertmanager")
        version = "43" if fault is Fault.OOM else "41"
        made = Site(home / "site", webhook, real_prometheus, gate, version)
        site = await stack.enter_async_context(made)
        more = of_the_gate(workspace, site) if gate else {}
        variables = _environment(environment(home, workspace, app, site) | more)
        if of_models(variables) and variables.get("GREENLIGHT_TEAM") != "rules":
            print(WITH_MODELS, flush=True)
        fleet = Fleet(variables, output=home / "logs")
        if page is not None:
            await stack.enter_async_context(page.watching(SiteShop(site, fleet_processes(fleet))))
            page.stage("The shop is open. Starting Greenlight's three processes …", ready=False)
        await stack.enter_async_context(_running(fleet, workspace, app, home))
        if page is not None:
            await stack.enter_async_context(followed(page, variables, names, home / "logs"))
            page.stage("", ready=True)
        yield Stage(home, workspace, app, site, fleet, names, page)


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
    """The demo listens to none of the caller's own settings but those of models, in `.env` as well.

    It must run the same everywhere; with a key it runs on the team of models.
    """
    variables = of_models(caller_environment()) | variables
    kept = child_environment(**variables)
    foreign = ("GREENLIGHT_", "SLACK_")
    return {name: value for name, value in kept.items() if name in variables or not name.startswith(foreign)}


def _last_words(logs: Path) -> str:
    """The end of each process's output, to say why nothing started."""
    ends = [
        f"{file.name}:\n{file.read_text(errors='replace')[-1500:]}" for file in sorted(logs.glob("*.log"))
    ]
    return "Greenlight's processes did not start.\n" + "\n".join(ends)
