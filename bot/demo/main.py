"""`greenlight demo`: break a small service, approve the fix, see it heal; no account or key needed."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.demo.home import ROOT
from bot.demo.responder import HELP, Auto, Desk, Responder, Terminal
from bot.demo.stage import DemoBrokenError, Stage, open_stage
from bot.demo.watch import Ending, Watcher, ending_of
from bot.domain.incident import Incident
from bot.playground.site import Fault

WARM_UP_SECONDS = 4.0
LOOK_SECONDS = 0.2
AUTO_SECONDS = 240.0
SETTLE_SECONDS = 2.5
INTERRUPTED = 130
STORIES = {
    Fault.LEAK: "Version 42 of checkout goes live; it keeps a connection whenever a card is declined.",
    Fault.UNFIXABLE: "The payment provider stops answering. Nothing on this machine can mend that.",
    Fault.HEALTHY: "A short rush of customers sets off an alert. Nothing is broken.",
}
GOOD = {Fault.LEAK: Ending.VERIFIED, Fault.HEALTHY: Ending.HEALTHY}


def main(argv: list[str]) -> int:
    """Run the demo; 0 only where the fix was verified (for a healthy service: where nothing was proposed)."""
    arguments = _parser().parse_args(argv)
    home = Path(os.environ.get("GREENLIGHT_HOME") or ROOT) / ".greenlight" / "demo"
    try:
        return asyncio.run(_until_interrupted(arguments, home))
    except DemoBrokenError as error:
        print(f"greenlight demo: {error.message}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="greenlight demo",
        description="A small shop runs on this machine and breaks for real. Greenlight, in a local Slack\n"
        "workspace, finds the likely cause and asks you. Nothing leaves this machine.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"At the prompt:\n{HELP}\n\nExit code 0: the fix was verified by measurement "
        "(with --fault healthy: nothing was proposed).",
    )
    parser.add_argument("--auto", action="store_true", help="play the responders too, through the same wire")
    parser.add_argument(
        "--fault",
        choices=[fault.value for fault in STORIES],
        default=Fault.LEAK.value,
        help="a leaking deploy (default), something that nothing here can fix, or nothing at all",
    )
    parser.add_argument("--prometheus", action="store_true", help="use the real Prometheus of this machine")
    parser.add_argument("--terminal", action="store_true", help="tell the story in the terminal")
    return parser


async def _until_interrupted(arguments: argparse.Namespace, home: Path) -> int:
    """Run the demo as a task that Ctrl-C cancels, so that everything is put away in order."""
    playing = asyncio.ensure_future(_demo(arguments, home))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, playing.cancel)
    try:
        return await playing
    except asyncio.CancelledError:
        print("\nStopped; nothing is left running.", flush=True)
        return INTERRUPTED


async def _demo(arguments: argparse.Namespace, home: Path) -> int:
    fault = Fault(arguments.fault)
    print("Starting a local Slack workspace, a small shop and Greenlight's three processes …", flush=True)
    async with open_stage(home, real_prometheus=arguments.prometheus) as stage:
        telling = asyncio.create_task(stage.teller.follow())
        try:
            return await _story(stage, fault, auto=arguments.auto)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


async def _story(stage: Stage, fault: Fault, *, auto: bool) -> int:
    stage.teller.note("Checkout serves its customers; version 41 is live.")
    await asyncio.sleep(WARM_UP_SECONDS)
    stage.teller.note(STORIES[fault])
    await stage.site.cause(fault)
    desk = Desk(stage.workspace, stage.app, stage.teller)
    if auto:
        incident = await _play(stage, Auto(desk), AUTO_SECONDS)
    else:
        terminal = Terminal(desk)
        terminal.start()
        try:
            incident = await _play(stage, terminal, None)
        finally:
            terminal.stop()
    return await _told(stage, fault, incident)


async def _play(stage: Stage, responder: Responder, seconds: float | None) -> Incident | None:
    """Follow the incident by its record until it ends or the time is over."""
    watcher = Watcher(stage.store.incidents)
    incident: Incident | None = None
    try:
        async with asyncio.timeout(seconds):
            while not responder.finished:
                incident = await watcher.newest()
                if incident is not None:
                    await responder.respond(incident)
                    if ending_of(incident) is not None and responder.ends_with(incident):
                        await asyncio.sleep(SETTLE_SECONDS)
                        return await watcher.newest()
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError:
        stage.teller.note(f"No end after {seconds:g} s.")
    return incident


async def _told(stage: Stage, fault: Fault, incident: Incident | None) -> int:
    """Say how it ended, by the record and by the service itself."""
    ending = ending_of(incident) if incident else None
    now = await stage.site.snapshot()
    errors = "unknown" if now.error_ratio is None else f"{now.error_ratio * 100:.1f}%"
    print(
        f"\nThe record says: {ending or 'still open'}. Checkout now: version {now.version}, errors {errors}."
    )
    if incident is not None:
        for number, state in enumerate(incident.executions, start=1):
            steps = ", then ".join(step.title.lower() for step in state.plan.steps)
            print(f"  plan {number}: {steps}: {state.outcome or 'not verified'} ({state.outcome_detail})")
    print(f"Logs of the three processes: {stage.home / 'logs'}", flush=True)
    return 0 if ending is not None and ending is GOOD.get(fault) else 1
