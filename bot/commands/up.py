"""`greenlight up`: bot, think and act, with the Slack tokens of the environment."""

import argparse
import asyncio
import signal
import sys

from bot.adapters.write_names import write_names
from bot.commands.fleet import Fleet, child_environment
from bot.settings import Problems, load
from bot.wiring.parts import SHIPPED


def main(argv: list[str]) -> int:
    """Run until a signal comes."""
    parser = argparse.ArgumentParser(
        prog="greenlight up",
        description="Run the Slack side and the two workers, and start again whichever of them dies. "
        "Settings come from the environment or .env; .env.example explains each.",
    )
    parser.parse_args(argv)
    settings = load(slack=True)
    if isinstance(settings, Problems):
        print(settings.text(), file=sys.stderr)
        return 2
    print("greenlight: starting bot, think and act; Ctrl-C ends them.", file=sys.stderr, flush=True)
    return asyncio.run(_up(write_names((settings.runbooks, SHIPPED))))


async def _up(act_only: tuple[str, ...]) -> int:
    fleet = Fleet(child_environment(), act_only)
    running = asyncio.create_task(fleet.run())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    await fleet.stop()
    stopping.cancel()
    return await running
