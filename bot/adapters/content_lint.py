"""A page of the runbooks looked at by itself: what the doors say, and what would make it useless."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.content import page_bytes, remedy_mistakes
from bot.adapters.content_runbooks import failure_mode
from bot.adapters.patterns import Patterns
from bot.domain.action import Catalogue
from bot.ports.content import FailureMode

BLAND = (
    "",
    "2026-11-22T10:00:00Z INFO checkout request finished status=200 duration_ms=12 id=7f3a91c0",
    "Started GET /health for 10.0.0.7 at 2026-11-22 10:00:00 +0000",
    "[main] INFO  Server started on port 8080 in 2.31 seconds",
    "Successfully pulled image and started container",
)
"""Lines of a healthy service: a signature that matches one of them would find its failure everywhere."""


@dataclass(frozen=True, slots=True)
class Linted:
    """A page, where it could be read, and what is wrong with it."""

    page: FailureMode | None
    problems: tuple[str, ...]


def linted(path: Path, catalogue: Catalogue | None) -> Linted:
    """One page; blocks, raises OSError."""
    problems = list[str]()
    page = failure_mode(path.stem, str(path), page_bytes(path), problems)
    if page is not None:
        problems.extend(f"{path}: {what}" for what in _useless(page))
        if catalogue is not None:
            problems.extend(f"{path}: {what}" for what in remedy_mistakes(page, catalogue))
    return Linted(page, tuple(problems))


def _useless(page: FailureMode) -> Iterator[str]:
    for key, patterns in (("signatures", page.signatures), ("excludes", page.excludes)):
        for number, pattern in enumerate(patterns):
            bland = next((line for line in BLAND if Patterns([pattern]).matching(line)), None)
            if bland is not None:
                shown = f"the line {bland!r:.60}" if bland else "an empty line"
                yield f"{key}[{number}]: expected a pattern of this failure alone; it matches {shown}"
            if pattern in patterns[:number]:
                yield f"{key}[{number}]: stands here twice; expected each pattern once"
    for key, given in (("causes", page.causes), ("checks", page.checks)):
        if not given:
            yield f"{key}: is empty; expected at least one, for the people who read the page"
    if not any(line.startswith("# ") for line in page.body.splitlines()):
        yield "body: expected a heading (# ...) and what a person should know"
