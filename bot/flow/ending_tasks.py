"""Ends a task for certain: a library may lose a cancellation, and who waits for it then waits for ever."""

import asyncio
from typing import Any

AGAIN_SECONDS = 0.2


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel the task until it has ended; what it raised is nobody's any more.

    redis-py loses a cancellation that comes together with a time-out of its own: the task then goes on.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()
