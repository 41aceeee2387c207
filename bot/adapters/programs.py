"""Running a program of this machine: an argument list, no shell, a fixed environment, bounded in all ways."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from bot.domain.errors import GreenlightError, SourceUnavailableError

ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
}
MAX_OUTPUT = 65_536
END_SECONDS = 2.0
LAST_WORDS_SECONDS = 0.5


class NotStartedError(GreenlightError):
    """The program could not be started: nothing was done."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code and the beginning of what it wrote, on either channel."""

    code: int
    output: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Invocation:
    """A program with its arguments, and where it runs."""

    program: str
    arguments: tuple[str, ...] = ()
    directory: str = "/"
    environment: tuple[tuple[str, str], ...] = ()

    def shown(self) -> str:
        """As people write it; every part is one printable word."""
        return " ".join((self.program, *self.arguments))


async def ran(invocation: Invocation) -> Ended:
    """Run it to its end.

    Raises NotStartedError. Cancelled (a time-out) it kills the whole process group. A program that is ended
    by a signal raises SourceUnavailableError: what it did is not known.
    """
    await asyncio.to_thread(_trusted, invocation)
    ours, theirs = os.pipe2(os.O_CLOEXEC)
    try:
        process = await _started(invocation, theirs)
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    kept = _Kept()
    async with _reading(ours, kept) as read:
        code = await _exit_code(process)
        # What the program left running may hold the channel open; that is not waited for.
        await asyncio.wait({read}, timeout=LAST_WORDS_SECONDS)
    if code < 0:
        raise SourceUnavailableError(f"{invocation.program} was ended by signal {-code}.")
    return Ended(code, bytes(kept.output).decode(errors="replace"), kept.cut)


@final
@dataclass(slots=True)
class _Kept:
    output: bytearray = field(default_factory=bytearray)
    cut: bool = False


@asynccontextmanager
async def _reading(handle: int, kept: _Kept) -> AsyncGenerator[asyncio.Task[None]]:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(handle, "rb", buffering=0)
    )
    task = asyncio.create_task(_keep(reader, kept))
    try:
        yield task
    finally:
        task.cancel()
        transport.close()
        await asyncio.gather(task, return_exceptions=True)


async def _keep(reader: asyncio.StreamReader, kept: _Kept) -> None:
    """Keep the beginning; the rest is read and dropped, so that the program is not held up."""
    while chunk := await reader.read(65_536):
        kept.cut = kept.cut or len(kept.output) + len(chunk) > MAX_OUTPUT
        kept.output += chunk[: MAX_OUTPUT - len(kept.output)]


async def _exit_code(process: asyncio.subprocess.Process) -> int:
    try:
        return await process.wait()
    except asyncio.CancelledError:
        await _killed(process)
        raise


async def _killed(process: asyncio.subprocess.Process) -> None:
    """Nothing of the program's group goes on."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    async with asyncio.timeout(END_SECONDS):
        await process.wait()


async def _started(invocation: Invocation, output: int) -> asyncio.subprocess.Process:
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            invocation.program,
            *invocation.arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=invocation.directory,
            env={**ENVIRONMENT, **dict(invocation.environment)},
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # It may run already: a start is never left behind half awaited.
        with contextlib.suppress(OSError, ValueError):
            await _killed(await starting)
        raise
    except (OSError, ValueError) as error:
        raise NotStartedError(f"{invocation.program} could not be started ({error}).") from error


def _trusted(invocation: Invocation) -> None:
    """Only a program that nobody but its owner and group can have replaced is run; blocks."""
    path = Path(invocation.program)
    if not path.is_absolute() or ".." in path.parts:
        raise NotStartedError(f"{invocation.program} is not an absolute path.")
    try:
        found = path.stat()
    except OSError as error:
        raise NotStartedError(f"{invocation.program} cannot be found ({error.strerror}).") from error
    if not stat.S_ISREG(found.st_mode) or not os.access(path, os.X_OK):
        raise NotStartedError(f"{invocation.program} is not a program.")
    if found.st_mode & stat.S_IWOTH:
        raise NotStartedError(f"{invocation.program} can be written by everybody, so it is not run.")
