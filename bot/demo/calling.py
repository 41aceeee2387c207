"""How the demo is called, where its home is, and how it ends when somebody presses Ctrl-C."""

import argparse
import asyncio
import os
import signal
from collections.abc import Coroutine
from pathlib import Path

from bot.demo.home import ROOT, claimed_home
from bot.playground.site import Fault

INTERRUPTED = 130
WARM_UP_SECONDS = 4.0
STORIES = {
    Fault.LEAK: "Version 42 of checkout goes live; it keeps a connection whenever a card is declined.",
    Fault.UNFIXABLE: "The payment provider stops answering. Nothing on this machine can mend that.",
    Fault.OOM: "A sale begins: for so many receipts, the memory limit of 160 MiB is too small.",
    Fault.HEALTHY: "A short rush of customers sets off an alert. Nothing is broken.",
}
HELP = """\
  approve                 click Approve on the plan that waits
  reject REASON           click Reject and give a reason
  details                 open the whole plan
  ask TEXT                mention Greenlight in the thread (status, why, evidence, plan, use 1, …)
  as NAME                 act as olivia (on call), lena (lead), carl (not on call), gus (guest)
  pause, resume REASON    /greenlight pause all, /greenlight resume all REASON
  help, quit"""


def parser() -> argparse.ArgumentParser:
    """The arguments of `greenlight demo`."""
    made = argparse.ArgumentParser(
        prog="greenlight demo",
        description="A small shop runs on this machine and breaks for real. Greenlight, in a local Slack\n"
        "workspace, finds the likely cause and asks you. Nothing leaves this machine,\n"
        "unless the key of a model is set: then the shop's evidence goes to it.\n"
        "Opens a page on 127.0.0.1; Ctrl-C ends everything.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"At the prompt of --terminal:\n{HELP}\n\nExit code of --auto and --terminal: 0 if the fix "
        "was verified by measurement\n(with --fault healthy: if nothing was proposed).",
    )
    made.add_argument("--auto", action="store_true", help="play the responders too, through the same wire")
    made.add_argument(
        "--terminal", action="store_true", help="tell the story in the terminal, without a page"
    )
    made.add_argument("--page", action="store_true", help="with --auto: serve the page as well")
    made.add_argument("--no-browser", action="store_true", help="print the page's address, open no browser")
    made.add_argument(
        "--fault",
        choices=[fault.value for fault in STORIES],
        default=Fault.LEAK.value,
        help="a leaking deploy (default), a memory limit that kills, something that nothing here can fix, "
        "or nothing at all",
    )
    made.add_argument(
        "--gate",
        action="store_true",
        help="try the gate: plans expire within two minutes, one needs two people, staging heals itself",
    )
    made.add_argument("--prometheus", action="store_true", help="use the real Prometheus of this machine")
    return made


def demo_home() -> Path:
    """Where this run keeps everything: its own until it ends, emptied at its start. Raises DemoHomeError."""
    inside = ROOT if (ROOT / "pyproject.toml").is_file() else Path.cwd()
    return claimed_home(Path(os.environ.get("GREENLIGHT_HOME") or inside) / ".greenlight")


async def until_interrupted(playing: Coroutine[None, None, int], *, interrupted: int) -> int:
    """Run as a task that Ctrl-C cancels, so that everything is put away in order."""
    task = asyncio.ensure_future(playing)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        return await task
    except asyncio.CancelledError:
        print("\nStopped; nothing is left running.", flush=True)
        return interrupted
