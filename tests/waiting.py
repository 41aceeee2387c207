"""Waiting for something to become true, with a deadline instead of a sleep of a guessed length."""

import asyncio
from collections.abc import Awaitable, Callable

EVERY_SECONDS = 0.01


async def eventually(condition: Callable[[], Awaitable[bool]], within: float = 20.0) -> None:
    """Return as soon as the condition holds; fail after the deadline."""
    deadline = asyncio.get_running_loop().time() + within
    while not await condition():
        assert asyncio.get_running_loop().time() < deadline, "it did not become true in time"
        await asyncio.sleep(EVERY_SECONDS)
