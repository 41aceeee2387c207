"""Which lines a cause quotes: the telling ones, what they stand beside, and how each is cut to its point."""

from collections.abc import Iterator, Sequence

from bot.adapters.log_words import FAILS, is_generic, is_step, loudness, telling_words, tells_change
from bot.adapters.scoring import seen
from bot.domain.evidence import LogPattern, Sighting
from bot.domain.finding import MAX_STATEMENT

FIRST, OTHER = 130, 78
SHORTEST = 24
FOLLOWING = 3
SAME = 36


def exhibits(patterns: Sequence[LogPattern], sightings: Sequence[Sighting]) -> Iterator[str]:
    """Lines in the order of how much they say: the best one, the change and the step before it, the others."""
    best = patterns[0]
    yield best.example
    before, after = _beside(best, sightings)
    yield from _changes_before(patterns, sightings)
    steps = [line for line in before if is_step(line)]
    yield from steps[-1:]
    yield from (pattern.example for pattern in patterns[1:3])
    yield from after
    yield from (pattern.example for pattern in patterns[3:])
    yield from (
        pattern.example
        for pattern, _ in seen(sightings).logs
        if pattern.level in {"error", "fatal"} and loudness(pattern.example, "") >= FAILS
    )


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
    """The part of a line around its telling words, where the whole is too long."""
    if len(line) <= longest:
        return line
    words = telling_words(line)
    at = line.casefold().rfind(words.casefold()) if words else 0
    start = max(0, min(at - longest // 2, len(line) - longest))
    if start:
        space = line.find(" ", start, start + SHORTEST)
        start = space + 1 if space >= 0 else start
    return line[start : start + longest].strip()


def _same(one: str, other: str) -> bool:
    return one[:SAME] == other[:SAME] or one in other or other in one


def _beside(best: LogPattern, sightings: Sequence[Sighting]) -> tuple[list[str], list[str]]:
    """The lines of the digest before and just after a pattern's line."""
    wanted = best.example[:60]
    for sighting in sightings:
        lines = sighting.text.splitlines()
        for number, line in enumerate(lines):
            if wanted in line:
                return lines[:number], lines[number + 1 : number + 1 + FOLLOWING]
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
