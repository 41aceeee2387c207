"""The processes of one run: started, killed by their ids, and started again as a supervisor would."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.commands.fleet import SLACK_ONLY, child_environment

ROOT = Path(__file__).resolve().parent.parent.parent
STOP_SECONDS = 10


@dataclass(slots=True)
class Crew:
    """Processes by name; whoever dies is started again at once."""

    home: Path
    environment: Mapping[str, str]
    running: dict[str, asyncio.subprocess.Process] = field(
        default_factory=dict[str, asyncio.subprocess.Process]
    )
    deaths: Counter[str] = field(default_factory=Counter[str])
    stopping: bool = False
    _watching: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    def start(self, *names: str) -> None:
        """Start these and keep them running."""
        self._watching += [asyncio.create_task(self._watch(name)) for name in names]

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to one of ours; false where it is not there now."""
        process = self.running.get(name)
        if process is None or process.returncode is not None:
            return False
        try:
            process.send_signal(number)
        except ProcessLookupError:
            return False
        return True

    def kill_pid(self, pid: int) -> bool:
        """Kill the embedded server, which is no child of a crew member for long."""
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    async def stop(self) -> None:
        """End all, whatever state they are in."""
        self.stopping = True
        for name in self.running:
            self.signal(name, signal.SIGCONT)
            self.signal(name, signal.SIGTERM)
        waits = [asyncio.create_task(process.wait()) for process in self.running.values()]
        if waits:
            await asyncio.wait(waits, timeout=STOP_SECONDS)
        for name in self.running:
            self.signal(name, signal.SIGKILL)
        for watcher in self._watching:
            watcher.cancel()
        await asyncio.gather(*self._watching, *waits, return_exceptions=True)

    def log(self, name: str) -> str:
        """What a process wrote."""
        file = self.home / "logs" / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    async def _watch(self, name: str) -> None:
        while not self.stopping:
            process = await self._spawn(name)
            code = await process.wait()
            if code != -signal.SIGKILL and not self.stopping:
                self.deaths[f"{name} by itself ({code})"] += 1
                await asyncio.sleep(0.5)
            self.deaths[name] += 0 if self.stopping else 1

    async def _spawn(self, name: str) -> asyncio.subprocess.Process:
        hidden = () if name.startswith("bot") else SLACK_ONLY
        environment = {key: value for key, value in self.environment.items() if key not in hidden}
        log = os.open(self.home / "logs" / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.chaos.entry",
                name,
                cwd=ROOT,
                env={**environment, "GREENLIGHT_PARENT_PIPE": "1"},
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        self.running[name] = process
        return process


@asynccontextmanager
async def crewed(home: Path, variables: Mapping[str, str], *names: str) -> AsyncGenerator[Crew]:
    """These processes, with these settings and none of the caller's own."""
    kept = child_environment(**variables)
    foreign = ("GREENLIGHT_", "SLACK_", "CHAOS_", "ANTHROPIC_", "OPENAI_")
    clean = {name: value for name, value in kept.items() if name in variables or not name.startswith(foreign)}
    crew = Crew(home, clean)
    crew.start(*names)
    try:
        yield crew
    finally:
        await crew.stop()
