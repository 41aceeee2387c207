"""The embedded store as one file: a snapshot that the server itself writes, and a store made from it."""

import asyncio
import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from redis.exceptions import ResponseError

from bot.adapters.embedded import EmbeddedServer
from bot.adapters.ledger import Ledger, reading
from bot.adapters.redis_client import connected
from bot.adapters.store import StorePlan
from bot.domain.errors import GreenlightError
from bot.domain.ids import At, PersonId
from bot.domain.pausing import EVERYTHING
from bot.ports.records import Pause

SNAPSHOT_SECONDS = 300
LOOK_SECONDS = 0.02
MAGIC = (b"REDIS", b"VALKEY")
AS_LOG = "appendonly.aof"
"""A server takes a snapshot of this name for the beginning of its log, and turns it into a log of today."""

BUSY = "in progress"


class BackupError(GreenlightError):
    """The store cannot be saved into this file, or made from it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a backup holds, by loading it into a server of its own."""

    incidents: int
    broken: tuple[str, ...]
    sha256: str
    size: int
    """In bytes."""


async def save(plan: StorePlan, into: Path) -> None:
    """Let the running server write its memory and keep it in this file, which must not exist yet.

    Raises BackupError, NoStoreError, ChainKeyError, StoreUnavailableError, EmbeddedServerError, OSError.
    """
    _own_store_only(plan)
    if await asyncio.to_thread(os.path.lexists, into):
        raise BackupError(f"{into} exists already; a backup never replaces a file.")
    async with reading(plan) as ledger:
        with _alone(plan.data / "store" / "backup.lock"):
            made = Path(await _config(ledger, "dir")) / await _config(ledger, "dbfilename")
            try:
                await _snapshot(ledger, made)
                await asyncio.to_thread(_kept, made, into)
            finally:
                await asyncio.to_thread(made.unlink, missing_ok=True)


async def check(plan: StorePlan, file: Path) -> Checked:
    """Load a backup into a server of its own, in a directory that is gone afterwards, and read every record.

    Raises BackupError, ChainKeyError, EmbeddedServerError, OSError.
    """
    await asyncio.to_thread(_must_be_a_snapshot, file)
    with TemporaryDirectory(prefix="greenlight-") as folder:
        return await _checked(plan, file, Path(folder) / "store")


async def restore(plan: StorePlan, file: Path, at: At) -> Checked:
    """Make the store of this home from a backup, everything paused; there must be no store yet.

    The new store takes its place in one step, after its records were read.
    Raises BackupError, ChainKeyError, EmbeddedServerError, OSError.
    """
    _own_store_only(plan)
    await asyncio.to_thread(_must_be_a_snapshot, file)
    place = plan.data / "store"
    if await asyncio.to_thread(os.path.lexists, place):
        raise BackupError(f"{place} exists already: stop Greenlight and move that directory away first.")
    draft = plan.data / f"store.{secrets.token_hex(4)}"
    try:
        found = await _checked(plan, file, draft, pause=at)
        await asyncio.to_thread(draft.rename, place)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        raise
    return found


def _own_store_only(plan: StorePlan) -> None:
    if plan.url is not None:
        raise BackupError(
            "The store is a server of your own (GREENLIGHT_REDIS_URL): save and restore it by its own means."
        )


async def _config(ledger: Ledger, name: str) -> str:
    answer = await ledger.link.call("CONFIG", "GET", name)
    return os.fsdecode(answer[name] if name in answer else answer[name.encode()])


@contextmanager
def _alone(lock: Path) -> Generator[None]:
    """Two at once would take each other's snapshot away."""
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BackupError("Another backup of this store is being made.") from error
    finally:
        os.close(descriptor)


async def _snapshot(ledger: Ledger, made: Path) -> None:
    """Ask for a snapshot and wait for it; the server renames the file when it is whole."""
    await asyncio.to_thread(made.unlink, missing_ok=True)
    deadline = time.monotonic() + SNAPSHOT_SECONDS
    begun = False
    while not await asyncio.to_thread(made.is_file):
        state = await ledger.link.call("INFO", "persistence")
        if begun and not int(state["rdb_bgsave_in_progress"]) and not await asyncio.to_thread(made.is_file):
            raise BackupError(f"The server could not write {made}: is the disk full? Its log stands there.")
        if time.monotonic() > deadline:
            raise BackupError(f"The server wrote no snapshot within {SNAPSHOT_SECONDS} s.")
        begun = begun or await _begun(ledger)
        await asyncio.sleep(LOOK_SECONDS)


async def _begun(ledger: Ledger) -> bool:
    """Whether a snapshot could be begun; none can while the log is being rewritten."""
    try:
        await ledger.link.call("BGSAVE")
    except ResponseError as error:
        if BUSY not in str(error):
            raise BackupError(f"The server makes no snapshot: {error}.") from error
        return False
    return True


def _kept(made: Path, into: Path) -> None:
    """Copy to a draft beside the goal, have it on disk, then give it its name: never half a backup."""
    draft = into.with_name(f".{into.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with made.open("rb") as source, os.fdopen(descriptor, "wb") as goal:
            shutil.copyfileobj(source, goal)
            goal.flush()
            os.fsync(goal.fileno())
        os.link(draft, into)
    finally:
        draft.unlink()


def _must_be_a_snapshot(file: Path) -> None:
    with file.open("rb") as opened:
        if not opened.read(6).startswith(MAGIC):
            raise BackupError(f"{file} is no backup of a store.")


async def _checked(plan: StorePlan, file: Path, folder: Path, pause: At | None = None) -> Checked:
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True)
    await asyncio.to_thread(shutil.copyfile, file, folder / AS_LOG)
    server = EmbeddedServer(folder, plan.binary)
    url = await server.start()
    try:
        await _must_be_of_greenlight(url, plan, file)
        async with reading(replace(plan, url=url)) as ledger:
            if pause is not None:
                await _paused(ledger, file, pause)
            names = await ledger.names()
            broken = tuple([name for name in names if await ledger.problems(name)])
    finally:
        await server.stop()
    size, digest = await asyncio.to_thread(_measured, file)
    return Checked(len(names), broken, digest, size)


async def _must_be_of_greenlight(url: str, plan: StorePlan, file: Path) -> None:
    """Any store of Greenlight's notes which key chains it, from its first moment on."""
    async with connected(url, plan.prefix, plan.connections) as link:
        if await link.call("GET", link.key("chain-key")) is None:
            raise BackupError(f"{file} holds no store of Greenlight's.")


async def _paused(ledger: Ledger, file: Path, at: At) -> None:
    """What was done after the snapshot is not known to it: nothing may start before a person has looked."""
    reason = f"restored from {file.name}; what happened after that backup is not in this record"
    await ledger.incidents.set_pause(Pause(EVERYTHING, PersonId("greenlight backup restore"), reason, at))
    with suppress(ResponseError):
        await ledger.link.call("WAITAOF", 1, 0, 1000)


def _measured(file: Path) -> tuple[int, str]:
    """Bytes and SHA-256."""
    with file.open("rb") as opened:
        return file.stat().st_size, hashlib.file_digest(opened, "sha256").hexdigest()
