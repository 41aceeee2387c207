"""A page over a local workspace with a scripted app and a shop that is only numbers."""
# pyright: reportUnknownMemberType=false

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest_asyncio
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.page.server import Page
from bot.playground.page.values import FaultButton, Person, Process, Sample, Setting, Step, now_ms
from bot.playground.workspace.testing import workspace as workspace  # noqa: PLC0414 - a fixture, exported on purpose
from bot.playground.workspace.workspace import Workspace
from tests.browser.scripted import scripted_app

PEOPLE = (Person("U1", "ann", "on call"), Person("U2", "ben", "a colleague"))
GUIDE = (
    Step("first", "Watch", "Something will happen."),
    Step("second", "Ask", "Ask it.", act_as="U2", fill_in="@scripted hello", where="channel"),
)


@dataclass(slots=True)
class NumbersOnly:
    """A shop that shows what a test says and remembers what it was told to do."""

    now: Sample = field(
        default_factory=lambda: Sample(
            now_ms(), version="41", errors=0.01, latency=0.04, pool=2, pool_size=20
        )
    )
    done: list[str] = field(default_factory=list[str])
    faults: tuple[FaultButton, ...] = (FaultButton("leak", "Leak", "It leaks."),)

    async def sample(self) -> Sample:
        return self.now

    async def cause(self, fault: str) -> None:
        self.done.append(fault)

    async def reset(self) -> None:
        self.done.append("reset")

    def deployed(self, version: str) -> str:
        return f"Version {version}"


@dataclass(frozen=True, slots=True)
class Room:
    """Workspace, page and shop of one test."""

    workspace: Workspace
    page: Page
    shop: NumbersOnly


@pytest_asyncio.fixture
async def room(workspace: Workspace) -> AsyncIterator[Room]:
    """A page whose app answers; ends in order."""
    app = workspace.install_app(
        "scripted",
        commands=["/local"],
        scopes=("chat:write", "users:read", "im:write", "commands", "app_mentions:read", "channels:history"),
    )
    workspace.invite("C1", app.bot_user_id, announce=False)
    bolt = scripted_app(AsyncWebClient(token=app.bot_token, base_url=workspace.api_url))
    handler = AsyncSocketModeHandler(bolt, app.app_token)
    await handler.connect_async()
    await workspace.wait_connected(app)
    shop = NumbersOnly(
        Sample(
            now_ms(), "41", 30.0, 0.01, 0.04, 2, 20, processes=(Process("checkout", "running", alive=True),)
        )
    )
    try:
        async with Page(workspace, Setting("C1", PEOPLE, GUIDE)) as page, page.watching(shop):
            yield Room(workspace, page, shop)
    finally:
        await handler.close_async()
