"""Child processes that never outlive the playground, and the reaping of leftovers."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

PARENT = "PLAYGROUND_PARENT"
POLL_SECONDS = 0.2
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Child:
    """A running child process of the playground."""

    name: str
    process: asyncio.subprocess.Process

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def stop(self, patience: float = 4.0) -> None:
        """Asks the child to end, insists after `patience` seconds, and waits until it is gone."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()
        try:
            async with asyncio.timeout(patience):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: ours without proxies, with our package importable."""
    env = {key: value for key, value in os.environ.items() if key not in PROXIES}
    known = [part for part in env.get("PYTHONPATH", "").split(os.pathsep) if part]
    env["PYTHONPATH"] = os.pathsep.join([str(PACKAGE_ROOT), *known])
    env[PARENT] = str(os.getpid())
    return env | dict(extra or {})


async def spawn(
    name: str, module: str, args: Sequence[str], *, output: Path, extra: Mapping[str, str] | None = None
) -> Child:
    """Starts `python -m module args`, its output appended to a file, in a session of its own.

    The own session keeps a Ctrl-C of the terminal away from it: the playground stops it in order.
    """
    with output.open("ab") as sink:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *args,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=child_environment(extra),
            start_new_session=True,
        )
    return Child(name, process)


def live_under_parent(directory: Path, name: str, *, on_orphaned: Callable[[], None] | None = None) -> None:
    """Writes this process's pid file and ends this process once its parent is gone."""
    expected = int(os.environ.get(PARENT) or os.getppid())
    pids = directory / "pids"
    pids.mkdir(parents=True, exist_ok=True)
    (pids / f"{name}.pid").write_text(f"{os.getpid()}\n", encoding="ascii")
    threading.Thread(target=_watch, args=(expected, on_orphaned), name="parent-watch", daemon=True).start()


def _watch(expected: int, on_orphaned: Callable[[], None] | None) -> None:
    while os.getppid() == expected:
        time.sleep(POLL_SECONDS)
    if on_orphaned is not None:
        on_orphaned()
    os._exit(1)


def reap(directory: Path, patience: float = 3.0) -> tuple[int, ...]:
    """Ends the leftovers of an earlier run of this directory and returns their pids.

    A pid file counts only if the process still carries this directory on its command line: pids are reused.
    """
    found = tuple(_leftovers(directory))
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in found:
            if _belongs(pid, directory):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and any(_belongs(pid, directory) for pid in found):
            time.sleep(0.05)
    for path in (directory / "pids").glob("*.pid"):
        path.unlink(missing_ok=True)
    return found


def _leftovers(directory: Path) -> list[int]:
    pids: list[int] = []
    for path in sorted((directory / "pids").glob("*.pid")):
        text = path.read_text(encoding="ascii", errors="replace").strip()
        if text.isdigit() and int(text) != os.getpid() and _belongs(int(text), directory):
            pids.append(int(text))
    return pids


def _belongs(pid: int, directory: Path) -> bool:
    return str(directory) in command_line(pid)


def command_line(pid: int) -> str:
    """The command line of a living process; empty for a dead one, a zombie, or one we may not see."""
    proc = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    answer = subprocess.run(
        ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout


def free_port() -> int:
    """A loopback TCP port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def guard(directory: Path, name: str, argv: Sequence[str]) -> int:
    """Runs a foreign program as our child and takes it along when our own parent dies."""
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL)

    def end() -> None:
        program.terminate()
        try:
            program.wait(3)
        except subprocess.TimeoutExpired:
            program.kill()

    live_under_parent(directory, name, on_orphaned=end)

    def told_to_end(_sign: int, _frame: FrameType | None) -> None:
        program.terminate()

    signal.signal(signal.SIGTERM, told_to_end)
    return program.wait()


if __name__ == "__main__":
    sys.exit(guard(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
