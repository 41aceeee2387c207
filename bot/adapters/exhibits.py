"""Which lines a cause quotes: the telling ones, what they stand beside, and how each is cut to its point."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from bot.adapters.log_words import FAILS, is_generic, is_job, is_quiet, is_step, loudness, tells_change
from bot.adapters.scoring import seen
from bot.domain.evidence import LogPattern, Sighting
from bot.domain.finding import MAX_STATEMENT

FIRST, OTHER = 120, 84
SHORTEST = 24
FOLLOWING = 4
LEADING = 14
WHOLE_WORD = 20
IDENTIFIER = re.compile(r"[\s-]*\b(?i:request|trace|span|correlation)[-_ ]?(?i:id)[:= ]+\S+", re.ASCII)
SETTING = re.compile(r"(?:\d+x )?[a-z][a-z0-9_-]*: \S*", re.ASCII)
"""An input of a step, as build servers print them."""

RUN = re.compile(r"([.=_*-])\1{3,}", re.ASCII)
LONG_PATH = re.compile(r"(?<![\w/:])(?:/[\w.+@-]+){3,}/", re.ASCII)
SAME = 36


def exhibits(patterns: Sequence[LogPattern], sightings: Sequence[Sighting]) -> Iterator[str]:
    """The best line, a change before it, the others; in the log of a job also what stands beside the best."""
    best = patterns[0]
    yield best.example
    yield from _changes_before(patterns, sightings)
    before, after = _beside(best, sightings)
    if _is_job(before, after):
        yield from [line.removeprefix("##[group]") for line in before if is_step(line)][-1:]
        yield from _turns(list(reversed(before))[:FOLLOWING], after[:FOLLOWING])
        yield from [line.partition(": ")[2] for line in before if is_job(line)][-1:]
    yield from (pattern.example for pattern in patterns[1:])
    yield from (
        pattern.example
        for pattern, _ in seen(sightings).logs
        if pattern.level in {"error", "fatal"} and loudness(pattern.example, "") >= FAILS
    )


def _is_job(before: Sequence[str], after: Sequence[str]) -> bool:
    """Whether this is the log of a job: it names the job, or ends with a line that only reports a failure."""
    ended = any(is_generic(line) and loudness(line, "") for line in after)
    return ended or any(is_job(line) for line in before)


def _turns(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """What follows and what precedes, in turns, nearest first."""
    for following, preceding in zip_longest(after, before):
        yield from (line for line in (following, preceding) if line is not None and _tells(line))


def _tells(line: str) -> bool:
    return not is_quiet(line) and not SETTING.fullmatch(line)


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
    line = RUN.sub(r"\1\1\1", IDENTIFIER.sub("", line))
    line = LONG_PATH.sub("…/", line) if len(line) > longest // 2 else line
    if len(line) <= longest:
        return line
    start = len(line) - (longest - 1) * 3 // 10
    word = max(line.rfind(" ", 0, start), line.rfind("/", 0, start)) + 1
    start = word if start - word <= WHOLE_WORD else start
    head = line[: longest - 1 - (len(line) - start)].rstrip()
    return f"{head}…{line[start:]}"


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
