"""The end of a file, by bytes, in whole lines: how every log is read here."""

import os
from dataclasses import dataclass
from pathlib import Path

MAX_LINE = 8_000


@dataclass(frozen=True, slots=True)
class Tail:
    """Lines from the end of a file, oldest first; `cut` says that there is more before them."""

    lines: tuple[str, ...]
    cut: bool


def tail(path: Path, max_bytes: int) -> Tail:
    """The last lines of a file within a number of bytes; blocks, raises OSError.

    Bytes that are no UTF-8 become replacement characters, and a long line is cut.
    """
    # Not to be held up for ever by a pipe that somebody put where a log should be.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - max_bytes)
        file.seek(start)
        raw = file.read(max_bytes)
    if start > 0:
        raw = raw.partition(b"\n")[2]
    texts = raw.decode("utf-8", "replace").split("\n")
    lines = tuple(line.rstrip("\r")[:MAX_LINE] for line in texts if line.strip())
    return Tail(lines, start > 0)
