"""Which lines a cause quotes: the telling ones, what they stand beside, and how each is cut to its point."""

import re
from collections.abc import Iterator, Sequence

from bot.adapters.log_words import FAILS, is_generic, is_job, is_step, loudness, tells_change
from bot.adapters.scoring import seen
from bot.domain.evidence import LogPattern, Sighting
from bot.domain.finding import MAX_STATEMENT

FIRST, OTHER = 120, 76
SHORTEST = 24
FOLLOWING = 5
LEADING = 14
LONG_PATH = re.compile(r"(?<![\w/:])(?:/[\w.+@-]+){3,}/", re.ASCII)
SAME = 36


def exhibits(patterns: Sequence[LogPattern], sightings: Sequence[Sighting]) -> Iterator[str]:
    """The best line, a change before it, the others; in the log of a job also what stands beside the best."""
    best = patterns[0]
    yield best.example
    yield from _changes_before(patterns, sightings)
    before, after = _beside(best, sightings)
    if _is_job(after):
        yield from after[:FOLLOWING]
        yield from [line for line in before if is_job(line)][-1:]
        yield from [line for line in before if is_step(line)][-1:]
    yield from (pattern.example for pattern in patterns[1:])
    if _is_job(after):
        yield from reversed(before[-FOLLOWING:])
    yield from (
        pattern.example
        for pattern, _ in seen(sightings).logs
        if pattern.level in {"error", "fatal"} and loudness(pattern.example, "") >= FAILS
    )


def _is_job(after: Sequence[str]) -> bool:
    """Whether the log ends with a line that only reports that a job failed."""
    return any(is_generic(line) and loudness(line, "") for line in after)


def before_the_end(sightings: Sequence[Sighting]) -> tuple[str, ...]:
    """The step and the lines just before a line that only reports a failure, newest first."""
    for sighting in sightings:
        lines = sighting.text.splitlines()
        ends = [number for number, line in enumerate(lines) if is_generic(line) and loudness(line, "")]
        if ends:
            step = [line for line in lines[: ends[-1]] if is_step(line)][-1:]
            last = [line for line in lines[max(0, ends[-1] - LEADING) : ends[-1]] if re.search(r"\w", line)]
            return (*step, *reversed(last))
    return ()


def with_lines(text: str, lines: Iterator[str]) -> str:
    """The sentence with as many of the lines as fit into 300 characters, each once."""
    said = list[str]()
    for line in lines:
        longest = OTHER if said else FIRST
        left = MAX_STATEMENT - len(text) - sum(len(other) + 5 for other in said) - 6
        if left < SHORTEST:
            break
        point = to_the_point(" ".join(line.split()), min(left, longest))
        if is_generic(line) or len(point) < 6 or any(_same(point, other) for other in said):  # noqa: PLR2004
            continue
        said.append(point)
    quoted = " | ".join(f"“{line}”" for line in said)
    return (f"{text}: {quoted}" if said else text)[:MAX_STATEMENT]


def to_the_point(line: str, longest: int) -> str:
    """A long line by its beginning and its end, long paths by their last part."""
    line = LONG_PATH.sub("…/", line) if len(line) > longest // 2 else line
    if len(line) <= longest:
        return line
    head = (longest - 1) * 7 // 10
    return f"{line[:head].rstrip()}…{line[-(longest - head - 1) :].lstrip()}"


def _same(one: str, other: str) -> bool:
    return one[:SAME] == other[:SAME] or one in other or other in one


def _beside(best: LogPattern, sightings: Sequence[Sighting]) -> tuple[list[str], list[str]]:
    """The lines of the digest before and just after a pattern's line."""
    wanted = best.example[:60]
    for sighting in sightings:
        lines = sighting.text.splitlines()
        for number, line in enumerate(lines):
            if wanted in line:
                return lines[:number], lines[number + 1 :]
    return [], []


def _changes_before(patterns: Sequence[LogPattern], sightings: Sequence[Sighting]) -> Iterator[str]:
    """Changes that the log itself tells of, shortly before the first telling line."""
    firsts = [pattern.first_at for pattern in patterns if pattern.first_at is not None]
    if not firsts:
        return
    earlier = [
        pattern
        for pattern, _ in seen(sightings).logs
        if pattern.first_at is not None and pattern.first_at <= min(firsts) and tells_change(pattern.example)
    ]
    latest = sorted(earlier, key=lambda pattern: pattern.first_at or 0)[-2:]
    yield from (pattern.example for pattern in reversed(latest))
