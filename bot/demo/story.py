"""The demo in the terminal: told line by line, played by whoever types or, with `--auto`, by itself."""

import argparse
import asyncio
import os
import stat
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.store import Store
from bot.demo.calling import INTERRUPTED, STORIES, WARM_UP_SECONDS, demo_home, parser, until_interrupted
from bot.demo.responder import Auto, Desk, Responder, Terminal
from bot.demo.stage import Stage, open_stage
from bot.demo.teller import Teller
from bot.demo.watch import Ending, Watcher, ending_of
from bot.domain.errors import GreenlightError
from bot.domain.incident import Incident
from bot.playground.site import Fault
from bot.ports.records import Incidents
from bot.settings import Settings
from bot.wiring.store import open_store

LOOK_SECONDS = 0.2
AUTO_SECONDS = 240.0
SETTLE_SECONDS = 2.5
WRONG = 2
NOBODY_THERE = "--terminal reads from a terminal or a pipe, and there is none; --auto plays by itself."
GOOD = {Fault.LEAK: Ending.VERIFIED, Fault.OOM: Ending.VERIFIED, Fault.HEALTHY: Ending.HEALTHY}


def main(argv: list[str]) -> int:
    """Run the story; 0 only where the fix was verified (healthy service: where nothing was proposed)."""
    arguments = parser().parse_args(argv)
    if arguments.terminal and not arguments.auto and not _can_be_asked():
        print(f"greenlight demo: {NOBODY_THERE}", file=sys.stderr)
        return WRONG
    try:
        return asyncio.run(until_interrupted(_demo(arguments, demo_home()), interrupted=INTERRUPTED))
    except GreenlightError as error:
        print(f"greenlight demo: {error.message}", file=sys.stderr)
        return 1


def _can_be_asked() -> bool:
    """Whether lines can come in beside everything else: nobody waits at a file, nor at /dev/null."""
    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return False
    return os.isatty(0) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


async def _demo(arguments: argparse.Namespace, home: Path) -> int:
    fault = Fault(arguments.fault)
    print("Starting a local Slack workspace, a small shop and Greenlight's three processes …", flush=True)
    announce = _announced if arguments.page else None
    async with (
        open_stage(home, fault, real_prometheus=arguments.prometheus, announce=announce) as stage,
        _store(home) as store,
    ):
        teller = Teller(stage.workspace, stage.names)
        telling = asyncio.create_task(teller.follow())
        try:
            return await Story(stage, store.incidents, teller).play(fault, auto=arguments.auto)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)


def _store(home: Path) -> AbstractAsyncContextManager[Store]:
    return open_store(Settings.model_validate({"home": home, "redis_url": None}))


def _announced(url: str) -> None:
    print(f"The page: {url}", flush=True)


@dataclass(frozen=True, slots=True)
class Story:
    """One incident from its cause to its end."""

    stage: Stage
    incidents: Incidents
    teller: Teller

    async def play(self, fault: Fault, *, auto: bool) -> int:
        """Cause it, see it through, say how it ended."""
        self.teller.note(f"Checkout serves its customers; version {self.stage.site.version} is live.")
        await asyncio.sleep(WARM_UP_SECONDS)
        self.teller.note(STORIES[fault])
        await self.stage.site.cause(fault)
        desk = Desk(self.stage.workspace, self.stage.app, self.teller)
        if auto:
            return await self._told(fault, await self._follow(Auto(desk), AUTO_SECONDS))
        terminal = Terminal(desk)
        terminal.start()
        try:
            incident = await self._follow(terminal, None)
        finally:
            terminal.stop()
        return await self._told(fault, incident)

    async def _follow(self, responder: Responder, seconds: float | None) -> Incident | None:
        """Follow the incident by its record until it ends or the time is over."""
        watcher = Watcher(self.incidents)
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
            self.teller.note(f"No end after {seconds:g} s.")
        return incident

    async def _told(self, fault: Fault, incident: Incident | None) -> int:
        """Say how it ended, by the record and by the service itself."""
        ending = ending_of(incident) if incident else None
        now = await self.stage.site.snapshot()
        errors = "unknown" if now.error_ratio is None else f"{now.error_ratio * 100:.1f}%"
        record = f"The record says: {ending or 'still open'}."
        print(f"\n{record} Checkout now: version {now.version}, errors {errors}.")
        if incident is not None:
            for number, state in enumerate(incident.executions, start=1):
                steps = ", then ".join(step.title.lower() for step in state.plan.steps)
                print(f"  plan {number}: {steps}: {state.outcome or 'not verified'} ({state.outcome_detail})")
        print(f"Logs of the three processes: {self.stage.home / 'logs'}", flush=True)
        return 0 if ending is not None and ending is GOOD.get(fault) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
