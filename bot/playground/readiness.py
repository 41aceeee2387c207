"""Waiting for other processes to be ready."""

import asyncio

import aiohttp

from bot.playground.processes import Child

READY_SECONDS = 20.0
PAUSE = 0.05


class NotReadyError(Exception):
    """A process of the playground did not become ready."""


async def until_ready(url: str, child: Child | None = None, patience: float = READY_SECONDS) -> None:
    """Returns once an address answers 200; raises NotReadyError, at once if the child behind it has ended."""
    try:
        async with asyncio.timeout(patience), aiohttp.ClientSession() as session:
            while not await _answers(session, url):
                if child is not None and not child.alive:
                    raise NotReadyError(f"{child.name} ended with status {child.process.returncode}")
                await asyncio.sleep(PAUSE)
    except TimeoutError as error:
        raise NotReadyError(f"{url} did not become ready within {patience:g} s") from error


async def until_listening(port: int, patience: float = READY_SECONDS) -> None:
    """Returns once a loopback port accepts connections; raises NotReadyError."""
    try:
        async with asyncio.timeout(patience):
            while not await _accepts(port):  # noqa: ASYNC110 - another process gets ready
                await asyncio.sleep(PAUSE)
    except TimeoutError as error:
        raise NotReadyError(f"port {port} did not listen within {patience:g} s") from error


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=2)) as answer:
            return answer.status == 200  # noqa: PLR2004 - OK
    except (aiohttp.ClientError, TimeoutError):
        return False
