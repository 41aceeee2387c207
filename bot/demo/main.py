"""`greenlight demo`: break a small service, approve the fix, see it heal; no account or key needed."""

import argparse
import asyncio
import os
import signal
import sys
import webbrowser
from pathlib import Path

from bot.demo.calling import STORIES, WARM_UP_SECONDS, demo_home, parser, until_interrupted
from bot.demo.stage import Stage, open_stage
from bot.domain.errors import GreenlightError
from bot.playground.page.values import Mark, MarkKind, now_ms
from bot.playground.site import Fault


def main(argv: list[str]) -> int:
    """Serve the page until Ctrl-C; with --auto or --terminal, become the story in the terminal instead."""
    arguments = parser().parse_args(argv)
    if arguments.gate and (arguments.auto or arguments.terminal):
        parser().error("--gate is for the page")
    if arguments.auto or arguments.terminal:
        # A Ctrl-C while the new program still loads waits until it can end in order.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        # A program of its own: it needs the store's libraries, which would make the page wait for seconds.
        os.execv(sys.executable, [sys.executable, "-m", "bot.demo.story", *argv])  # noqa: S606 - no shell
    try:
        return asyncio.run(until_interrupted(_demo(arguments, demo_home()), interrupted=0))
    except GreenlightError as error:
        print(f"greenlight demo: {error.message}", file=sys.stderr)
        return 1


async def _demo(arguments: argparse.Namespace, home: Path) -> int:
    fault = Fault(arguments.fault)
    opening: list[asyncio.Task[bool]] = []

    def announce(url: str) -> None:
        print(f"\n  Greenlight's demo is at  {url}\n", flush=True)
        if not arguments.no_browser and has_screen():
            opening.append(asyncio.create_task(asyncio.to_thread(webbrowser.open, url)))

    print("Starting a local Slack workspace, a small shop and Greenlight's three processes …", flush=True)
    async with open_stage(
        home, fault, real_prometheus=arguments.prometheus, gate=arguments.gate, announce=announce
    ) as stage:
        print("Everything runs. Open the page; Ctrl-C here ends it all.", flush=True)
        await _break_it(stage, fault)
        await asyncio.Event().wait()
    return 0


async def _break_it(stage: Stage, fault: Fault) -> None:
    """The story begins once somebody looks."""
    assert stage.page is not None
    await stage.page.opened.wait()
    await asyncio.sleep(WARM_UP_SECONDS)
    if fault is not Fault.LEAK:
        stage.page.mark(Mark(MarkKind.FAULT, STORIES[fault], now_ms()))
    await stage.site.cause(fault)
    print(STORIES[fault], flush=True)


def has_screen() -> bool:
    """Whether a browser with windows can be expected; a text browser would take over the terminal."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
