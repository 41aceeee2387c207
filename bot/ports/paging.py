"""The port that calls people outside Slack."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.paging import PageTarget
from bot.domain.teamwork import PageReason


@dataclass(frozen=True, slots=True)
class Page:
    """One call; the same `key` means the same call, however often it is made."""

    target: PageTarget
    key: str
    reason: PageReason
    title: str
    severity: str
    source: str
    lines: tuple[str, ...]
    incident: str


@dataclass(frozen=True, slots=True)
class Called:
    """Whether the target took the call, and what it answered or why it could not be reached."""

    ok: bool
    detail: str


class Pager(Protocol):
    """Calls page targets; a failure is an answer, never an exception."""

    async def call(self, page: Page) -> Called:
        """Call once, within a few seconds."""
        ...


class NoPager:
    """The pager of a process that cannot call anybody."""

    async def call(self, page: Page) -> Called:
        """Nobody is called."""
        return Called(ok=False, detail=f"this process cannot call {page.target.name}")
