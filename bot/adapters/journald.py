"""The journal of systemd through `journalctl -o json`: an argument list, an absolute program, no shell.

Source: journalctl(1) and systemd.journal-fields(7).
"""

import asyncio
import json
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import httpx2

from bot.adapters.log_entries import stamped
from bot.adapters.log_reading import RANKS, LogAsk, LogBatch, Newest
from bot.adapters.shapes import items, mapping
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import SECOND, At
from bot.domain.service import Source

PROGRAM = "/usr/bin/journalctl"
PRIORITIES = ("fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug")
"""Our words for the priorities of syslog, 0 to 7."""
MAX_ENTRY = 1_000_000
MICROSECONDS = 1_000
SECONDS = 12.0
ENVIRONMENT: Mapping[str, str] = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}


async def read_journal(source: Source, ask: LogAsk, _: httpx2.AsyncClient) -> AsyncGenerator[LogBatch]:
    """The entries of a unit in the window, oldest first; raises SourceUnavailableError."""
    newest = Newest(ask.max_bytes)
    try:
        async with asyncio.timeout(SECONDS), _running(source, ask) as process:
            await _collected(process, newest)
    except TimeoutError as error:
        raise SourceUnavailableError(f"journalctl did not answer within {SECONDS:g} s.") from error
    except OSError as error:
        raise SourceUnavailableError(f"journalctl cannot be run ({error.strerror}).") from error
    for batch in newest.batches():
        yield batch


def arguments(source: Source, ask: LogAsk) -> tuple[str, ...]:
    """The program and its arguments; every value stands behind `=`, so that none can be an option."""
    program = source.setting("journalctl", PROGRAM)
    if not Path(program).is_absolute():
        raise SourceUnavailableError("journalctl: expected an absolute path.")
    wanted = [
        "--output=json",
        "--no-pager",
        "--quiet",
        "--reverse",
        "--utc",
        f"--unit={source.setting('unit')}",
        f"--since=@{ask.window.start // SECOND}",
        f"--until=@{-(-ask.window.end // SECOND)}",
    ]
    if source.setting("directory"):
        wanted.append(f"--directory={source.setting('directory')}")
    if ask.level:
        wanted.append(
            f"--priority={max(n for n, word in enumerate(PRIORITIES) if _as_loud(word, ask.level))}"
        )
    return program, *wanted


def _as_loud(word: str, level: str) -> bool:
    return RANKS.index(word) >= RANKS.index(level)


@asynccontextmanager
async def _running(source: Source, ask: LogAsk) -> AsyncGenerator[Process]:
    """The program, ended in any case when it is no longer listened to."""
    process = await asyncio.create_subprocess_exec(
        *arguments(source, ask), stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=ENVIRONMENT, limit=MAX_ENTRY
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _collected(process: Process, newest: Newest) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    while raw := await _entry(process.stdout):
        line = entry_line(raw)
        if line is not None and not newest.add(line):
            return
    said = (await process.stderr.read(2_000)).decode("utf-8", "replace")
    code = await process.wait()
    if code:
        why = "".join(letter if letter.isprintable() else " " for letter in said[:300]).strip()
        raise SourceUnavailableError(f"journalctl ended with {code}: {why or 'no reason given'}")


async def _entry(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError as error:
        raise SourceUnavailableError(f"journalctl wrote an entry of more than {MAX_ENTRY} bytes.") from error


def entry_line(raw: bytes) -> str | None:
    """One entry of `-o json` as a line; nothing where it has no time or no message."""
    try:
        parsed: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise SourceUnavailableError("journalctl wrote something else than JSON.") from error
    entry = mapping(parsed)
    message = _text(entry.get("MESSAGE"))
    stamp = entry.get("__REALTIME_TIMESTAMP")
    if message is None or not isinstance(stamp, str) or not stamp.isdecimal():
        return None
    priority = entry.get("PRIORITY")
    known = isinstance(priority, str) and priority in set("01234567")
    level = PRIORITIES[int(str(priority))] if known else ""
    return stamped(At(int(stamp) // MICROSECONDS), message, level)


def _text(raw: object) -> str | None:
    """A field: text, or the list of its bytes where it is no UTF-8; the first of several values."""
    if isinstance(raw, str):
        return raw
    values = items(raw)
    if not values:
        return None
    if all(isinstance(value, int) and 0 <= value < 256 for value in values):  # noqa: PLR2004 - bytes
        return bytes(cast("list[int]", values)).decode("utf-8", "replace")
    return _text(values[0])
