"""The end of a file, by bytes, in whole lines: how every log is read here."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, final

MAX_LINE = 8_000
CHUNK = 256_000


@dataclass(frozen=True, slots=True)
class Tail:
    """Lines from the end of a file, oldest first; `cut` says that there is more before them."""

    lines: tuple[str, ...]
    cut: bool


def tail(path: Path, max_bytes: int) -> Tail:
    """The last lines of a file within a number of bytes; blocks, raises OSError.

    Bytes that are no UTF-8 become replacement characters, and a long line is cut.
    """
    stretch = Stretch(path, max_bytes)
    return Tail(tuple(line for lines in stretch.batches() for line in lines), stretch.cut)


@final
class Stretch:
    """The end of a file as it is now, in chunks; what is written later is not read. Raises OSError."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        with self._opened() as file:
            whole = file.seek(0, os.SEEK_END)
        self._start = max(0, whole - max_bytes)
        self.size = whole - self._start
        self.cut = self._start > 0

    def batches(self) -> Iterator[tuple[str, ...]]:
        """Whole lines, a chunk's worth at a time, as often as asked; no line is held whole beyond its cap."""
        with self._opened() as file:
            file.seek(self._start)
            left, held, partial = self.size, b"", self.cut
            while left > 0 and (chunk := file.read(min(CHUNK, left))):
                left -= len(chunk)
                *whole, held = (held + chunk).split(b"\n")
                if partial and whole:
                    whole, partial = whole[1:], False
                # Four bytes a letter at most: what is longer is cut when it is decoded.
                held = held[: 4 * MAX_LINE]
                yield _lines(whole)
            if held and not partial:
                yield _lines([held])

    def _opened(self) -> BinaryIO:
        # Not to be held up for ever by a pipe that somebody put where a log should be.
        handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        return os.fdopen(handle, "rb")


def _lines(raw: list[bytes]) -> tuple[str, ...]:
    texts = (line.decode("utf-8", "replace").rstrip("\r")[:MAX_LINE] for line in raw)
    return tuple(text for text in texts if text.strip())
