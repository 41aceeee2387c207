from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_wire import Api, Dialler

from bot.playground.workspace.model import App
from bot.playground.workspace.testing import workspace as workspace  # noqa: PLC0414 - a fixture, exported on purpose
from bot.playground.workspace.workspace import Workspace


@pytest.fixture
def app(workspace: Workspace) -> App:
    installed = workspace.install_app("bot", commands=["/bot"], shortcuts=["look"])
    workspace.invite("C1", installed.bot_user_id, announce=False)
    return installed


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
def api(workspace: Workspace, app: App, session: aiohttp.ClientSession) -> Api:
    return Api(workspace, session, app.bot_token)


@pytest.fixture
async def dial(api: Api, app: App) -> AsyncIterator[Dialler]:
    dialler = Dialler(api, app)
    yield dialler
    await dialler.hang_up()
