"""Texts with very many secrets: bounded work, and pieces that are left out rather than shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

MOST = 200_000
"""Places of one text that rules may look at one by one; each costs some microseconds."""

SHARES = 8

PIECE = 16_384
"""Characters of a piece; a line that is longer is a piece of its own."""

BASE64 = re.compile(r"\s*[A-Za-z0-9+/=]{16,}\s*", re.ASCII)


class TooManyError(Exception):
    """There are more places to look at than one text may have."""


@final
@dataclass(slots=True)
class Work:
    """How many places of a text may still be looked at."""

    left: int
    given: int = 0

    def did(self, shown: str) -> str:
        """Count one place; raises TooManyError."""
        if self.left <= 0:
            raise TooManyError
        self.left -= 1
        return shown

    def share(self) -> "Work":
        """What one piece may take of it, so that a dense one does not take all."""
        most = max(self.left // SHARES, min(self.left, 1))
        return Work(most, most)

    def spend(self, share: "Work") -> None:
        """Count what a piece took."""
        self.left -= share.given - share.left


def pieces(text: str) -> Iterator[str]:
    """A text in pieces that end with a line, but never within a block of base64 such as a key."""
    piece: list[str] = []
    size = 0
    for line in text.splitlines(keepends=True):
        if piece and size + len(line) > PIECE and not (BASE64.fullmatch(line) or BASE64.fullmatch(piece[-1])):
            yield "".join(piece)
            piece, size = [], 0
        piece.append(line)
        size += len(line)
    yield "".join(piece)


def left_out(piece: str) -> str:
    """What stands in the place of a piece; its last line break stays."""
    end = "\n" if piece.endswith("\n") else ""
    return f"[{len(piece)} characters left out: the text holds too many secrets]{end}"
