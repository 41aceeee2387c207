"""Bot, think and act as three child processes, each with its own environment, run together."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.settings import WITHHELD

BROKEN_CONFIGURATION = 2
STOP_SECONDS = 10
MOST_BACKOFF_SECONDS = 30.0
STEADY_SECONDS = 60.0
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy")
SLACK_ONLY = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "GREENLIGHT_PAGERDUTY_TOKEN",
    "GREENLIGHT_INTAKE_TOKEN",
)
"""Only bot processes, which judge clicks, hold Slack's tokens and the key of the rosters."""

THINK_ONLY = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GREENLIGHT_TEAM_PROXY")
"""Only think processes, which change nothing, hold the keys of models."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process: its name and the arguments of `greenlight`."""

    name: str
    arguments: tuple[str, ...]


PARTS = (
    Part("bot", ("bot",)),
    Part("think", ("worker", "--role", "think")),
    Part("act", ("worker", "--role", "act")),
)


@dataclass(slots=True)
class Fleet:
    """The three processes; one that dies is started again, a wrong configuration ends all."""

    environment: Mapping[str, str]
    act_only: tuple[str, ...] = ()
    """Names of write credentials, which only the act process is given."""
    output: Path | None = None
    """Directory for each part's output; without it, all write to our own standard error."""
    running: dict[str, asyncio.subprocess.Process] = field(
        default_factory=dict[str, asyncio.subprocess.Process]
    )
    _stopping: bool = False

    async def run(self) -> int:
        """Run until stopped; returns the exit code of a part whose configuration is broken, else 0."""
        watchers = [asyncio.create_task(self._watch(part)) for part in PARTS]
        try:
            done, _ = await asyncio.wait(watchers, return_when=asyncio.FIRST_COMPLETED)
            return max(task.result() for task in done)
        finally:
            await self.stop()
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    async def stop(self) -> None:
        """Ask all to end, wait, then end what is left."""
        self._stopping = True
        for process in self.running.values():
            _signal(process, signal.SIGTERM)
        waits = [asyncio.create_task(process.wait()) for process in self.running.values()]
        if waits:
            await asyncio.wait(waits, timeout=STOP_SECONDS)
        for process in self.running.values():
            _signal(process, signal.SIGKILL)
            await process.wait()

    async def _watch(self, part: Part) -> int:
        backoff = 0.5
        while True:
            started = asyncio.get_running_loop().time()
            process = await self._start(part)
            code = await process.wait()
            if self._stopping:
                return 0
            if code == BROKEN_CONFIGURATION:
                return code
            steady = asyncio.get_running_loop().time() - started > STEADY_SECONDS
            backoff = 0.5 if steady else min(backoff * 2, MOST_BACKOFF_SECONDS)
            print(f"greenlight: {part.name} ended with {code}; starting it again.", file=sys.stderr)
            await asyncio.sleep(backoff)

    async def _start(self, part: Part) -> asyncio.subprocess.Process:
        """Children get a session of their own, so that Ctrl-C reaches only us and we stop them in order."""
        output = await asyncio.to_thread(self._output, part)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                *part.arguments,
                env={**self.environment_of(part), "GREENLIGHT_PARENT_PIPE": "1"},
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            if output is not None:
                os.close(output)
        self.running[part.name] = process
        return process

    def _output(self, part: Part) -> int | None:
        if self.output is None:
            return None
        file = self.output / f"{part.name}.log"
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def environment_of(self, part: Part) -> dict[str, str]:
        """What a part is given: everything but the credentials of the others."""
        hidden = {*(SLACK_ONLY if part.name != "bot" else ())}
        hidden |= {*(THINK_ONLY if part.name != "think" else ())}
        hidden |= {*(self.act_only if part.name != "act" else ())}
        kept = {name: value for name, value in self.environment.items() if name not in hidden}
        return kept | {WITHHELD: ",".join(sorted(hidden))}


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    if process.returncode is None:
        try:
            process.send_signal(number)
        except ProcessLookupError:
            return


def child_environment(**more: str) -> dict[str, str]:
    """Our own environment for children, and what they need beside it.

    Slack's SDK ignores NO_PROXY: proxies would capture even loopback, so with a local base URL they go.
    """
    kept = {**os.environ, "PYTHONUTF8": "1", **more}
    local = more.get("GREENLIGHT_SLACK_BASE_URL", "").startswith("http://127.0.0.1")
    return {name: value for name, value in kept.items() if not (local and name in PROXIES)}
