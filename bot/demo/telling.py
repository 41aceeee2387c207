"""What the demo tells its page: which processes live, and what the record says."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.commands.fleet import PARTS, Fleet
from bot.playground.page.server import Page
from bot.playground.page.values import Mark, MarkKind, Process

STOP_SECONDS = 5.0


def fleet_processes(fleet: Fleet) -> Callable[[], tuple[Process, ...]]:
    """Greenlight's processes as they are now."""

    def now() -> tuple[Process, ...]:
        return tuple(_process(part.name, fleet.running.get(part.name)) for part in PARTS)

    return now


def _process(name: str, process: asyncio.subprocess.Process | None) -> Process:
    alive = process is not None and process.returncode is None
    state = "running" if alive else "starting" if process is None else "ended"
    return Process(f"Greenlight {name}", state, alive)


@asynccontextmanager
async def followed(
    page: Page, variables: Mapping[str, str], names: Mapping[str, str], logs: Path
) -> AsyncGenerator[None]:
    """Pass on what the record's follower tells, for as long as the block lasts."""
    log = await asyncio.to_thread(os.open, logs / "record.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.demo.record"),
            env={
                **variables,
                "GREENLIGHT_PARENT_PIPE": "1",
                "GREENLIGHT_DEMO_NAMES": json.dumps(dict(names)),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    finally:
        os.close(log)
    reading = asyncio.create_task(_read(page, child))
    try:
        yield
    finally:
        await _ended(child)
        await asyncio.gather(reading, return_exceptions=True)


async def _read(page: Page, child: asyncio.subprocess.Process) -> None:
    assert child.stdout is not None
    async for line in child.stdout:
        told = json.loads(line)
        if "done" in told:
            page.done(told["done"])
        if "mark" in told:
            mark = told["mark"]
            page.mark(Mark(MarkKind(mark["kind"]), mark["text"], mark["at"]))


async def _ended(child: asyncio.subprocess.Process) -> None:
    if child.stdin is not None:
        child.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await child.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()
