"""Many log lines folded into few: shapes with counts and times, and a digest under a budget."""

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import final

import logfold

from bot.adapters.digest import Candidate, digest, louder_before_the_end
from bot.adapters.log_shapes import MAX_LINE, Shaped, shaped
from bot.adapters.log_words import FAILS, STEP_MARK, level_of, loudness
from bot.domain.evidence import LogPattern

MAX_SHAPES = 60_000
MAX_PATTERNS = 200
MAX_WATCHED = 400
BEFORE, AFTER, TAIL = 5, 8, 60
SIMILARITY = 0.55
REST = b"(other lines)"
"""The key of the shapes that are only counted together."""

DIGITS = b"0123456789"
NUMBER = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condensed:
    """The shapes, loudest and newest first, the digest in the order of the log, and how much there was."""

    patterns: tuple[LogPattern, ...]
    text: str
    lines: int
    shapes: int


@dataclass(slots=True)
class _Shape:
    first: int
    last: int
    count: int
    line: str
    last_line: str


@final
@dataclass(slots=True)
class Condenser:
    """Takes lines as they come and keeps only shapes, the neighbourhood of failures, and the end."""

    lines: int = 0
    shapes: dict[bytes, _Shape] = field(default_factory=dict[bytes, _Shape])
    around: dict[int, str] = field(default_factory=dict[int, str])
    before: deque[tuple[int, str]] = field(default_factory=lambda: deque[tuple[int, str]](maxlen=TAIL))
    step: tuple[int, str] | None = None
    watched: int = 0
    watch_until: int = -1

    def add(self, lines: Iterable[str]) -> None:
        """Take more lines, in the order of the log."""
        shapes, recent = self.shapes, self.before
        number = self.lines
        for line in lines:
            # Digits vary within one shape; taking them out of bytes is far quicker than by a pattern.
            key = line.encode("utf-8", "replace").translate(None, DIGITS)
            known = shapes.get(key)
            if known is not None:
                known.count += 1
                known.last = number
                known.last_line = line
            else:
                self._meet(key, line, number)
            if STEP_MARK in line:
                self.step = (number, line)
            if number <= self.watch_until:
                self.around[number] = line[:MAX_LINE]
            recent.append((number, line))
            number += 1
        self.lines = number

    def result(self, budget: int) -> Condensed:
        """What was seen so far, as shapes and as a digest of at most `budget` characters."""
        self._fold()
        seen = sorted(self.shapes.values(), key=lambda shape: shape.first)
        candidates = [_candidate(shape, self.lines) for shape in seen]
        candidates = louder_before_the_end(candidates)
        kept = {candidate.number for candidate in candidates}
        near = [(number, line) for number, line in self.around.items() if number not in kept]
        text = digest(candidates, near, tuple(self.before), self.lines, budget)
        ranked = sorted(candidates, key=lambda each: (-each.loud, -each.number))[:MAX_PATTERNS]
        return Condensed(tuple(map(_pattern, ranked)), text, self.lines, len(seen))

    def _meet(self, key: bytes, line: str, number: int) -> None:
        if not line.strip():
            return
        if len(self.shapes) >= MAX_SHAPES:
            self._fold()
            self._pool()
        self.shapes[key] = _Shape(number, number, 1, line[:MAX_LINE], line)
        if self.watched < MAX_WATCHED:
            self._watch(line, number)

    def _watch(self, line: str, number: int) -> None:
        shape = shaped(line)
        if loudness(shape.message, shape.level) < FAILS:
            return
        self.watched += 1
        self.watch_until = number + AFTER
        neighbours = list(self.before)[-BEFORE:]
        for earlier, text in (self.step, *neighbours) if self.step else neighbours:
            self.around.setdefault(earlier, text[:MAX_LINE])

    def _fold(self) -> None:
        """Merge shapes that the miner takes for one; what is folded keeps its oldest line as example."""
        keys = list(self.shapes)
        told = [shaped(self.shapes[key].line) for key in keys]
        messages = [f"{shape.level} {shape.message}" for shape in told]
        miner = logfold.Miner(sim_th=SIMILARITY, max_templates=20_000)
        miner.add_many(messages)
        merged: dict[str | bytes, bytes] = {}
        folded: dict[bytes, _Shape] = {}
        for key, match in zip(keys, miner.match_many(messages), strict=True):
            shape = self.shapes[key]
            group = merged.setdefault(match.id if match else key, key)
            folded[group] = _joined(folded[group], shape) if group in folded else shape
        self.shapes.clear()
        self.shapes.update(folded)

    def _pool(self) -> None:
        """Make room where the lines are too different to fold: old and rare shapes are counted together."""
        if len(self.shapes) <= MAX_SHAPES // 2:
            return
        by_worth = sorted(self.shapes.items(), key=lambda each: (each[1].count > 1, each[1].last))
        rest = self.shapes.pop(REST, None)
        for key, shape in by_worth[: len(by_worth) - MAX_SHAPES // 2]:
            if self.shapes.pop(key, None) is not None:
                rest = shape if rest is None else _joined(rest, shape)
        if rest is not None:
            self.shapes[REST] = rest


def condense(lines: Iterable[str], budget: int = 8_000) -> Condensed:
    """Condense lines in the order of the log; the digest has at most `budget` characters."""
    condenser = Condenser()
    condenser.add(lines)
    return condenser.result(budget)


def _joined(one: _Shape, other: _Shape) -> _Shape:
    newer = max(one, other, key=lambda shape: shape.last)
    older = min(one, other, key=lambda shape: shape.first)
    return _Shape(older.first, newer.last, one.count + other.count, older.line, newer.last_line)


def _candidate(shape: _Shape, lines: int) -> Candidate:
    told = shaped(shape.line)
    return Candidate(
        number=shape.first,
        last=shape.last,
        count=shape.count,
        told=told,
        last_told=shaped(shape.last_line) if shape.count > 1 else told,
        loud=loudness(told.message, told.level),
        late=shape.last / max(lines - 1, 1),
    )


def _pattern(candidate: Candidate) -> LogPattern:
    told: Shaped = candidate.told
    return LogPattern(
        template=NUMBER.sub("<n>", told.message)[:400],
        count=candidate.count,
        first_at=told.at,
        last_at=candidate.last_told.at or told.at,
        level=level_of(told.level, candidate.loud),
        example=told.message[:400],
    )
