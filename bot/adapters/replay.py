"""A log played against the signatures of a page: which lines match which of them, and how often."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bot.adapters.patterns import Patterns
from bot.ports.content import FailureMode

MAX_LINE = 16_384
"""Bytes of one line that are looked at; the rest of it is passed over."""
MAX_EXAMPLE = 160
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A signature, how many lines it matched, and the first of them with their numbers."""

    signature: str
    count: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a page made of a log."""

    lines: int
    matched: int
    excluded: int
    hits: tuple[Hit, ...]


def lines_of(file: BinaryIO) -> Iterator[str]:
    """The lines of a log, each cut to a bounded length, however long it is."""
    while raw := file.readline(MAX_LINE):
        line = raw
        while not raw.endswith(b"\n") and (raw := file.readline(MAX_LINE)):
            pass
        yield line.decode(errors="replace").rstrip("\r\n")


def replayed(page: FailureMode, lines: Iterable[str]) -> Replayed:
    """Count what matches; a line that is excluded counts for no signature."""
    signatures, excludes = Patterns(page.signatures), Patterns(page.excludes)
    counts = [0] * len(page.signatures)
    examples: list[list[tuple[int, str]]] = [[] for _ in page.signatures]
    total = matched = excluded = 0
    for total, line in enumerate(lines, start=1):
        found = signatures.matching(line)
        if found and excludes.matching(line):
            excluded += 1
            continue
        matched += bool(found)
        for place in found:
            counts[place] += 1
            if len(examples[place]) < EXAMPLES:
                examples[place].append((total, line[:MAX_EXAMPLE]))
    hits = zip(page.signatures, counts, examples, strict=True)
    return Replayed(
        total, matched, excluded, tuple(Hit(one, count, tuple(seen)) for one, count, seen in hits)
    )
