"""Pytest fixtures for testing any Slack app against a local workspace.

Load with `pytest_plugins = ["bot.playground.workspace.testing"]` or by importing `workspace` into a conftest.
"""

from collections.abc import AsyncIterator
from typing import Final

import pytest_asyncio

from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace

# redelivery within a test's patience; everything else as Slack does it
QUICK: Final = Options(ack_timeout=1.0, retry_delays=(0.0, 0.05, 0.1), refresh_grace=0.2)


@pytest_asyncio.fixture
async def workspace() -> AsyncIterator[Workspace]:
    """A started workspace with a public channel C1 "alerts" and the people U1 "ann" and U2 "ben" in it."""
    async with Workspace(options=QUICK) as started:
        started.add_user("U1", "ann", email="ann@example.com")
        started.add_user("U2", "ben")
        started.add_channel("C1", "alerts", members=("U1", "U2"))
        yield started
