"""The team's memory, AGENTS.md: every agent reads it, an agent may propose an edit, a human decides."""

import difflib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.errors import ToolFailedError
from agents.fence import visible
from agents.journal import digest
from agents.tools import Tool, form_of

PROPOSE = "propose_memory_edit"
PLACEHOLDER = re.compile(r"- \[[^\[\]]*\](?!\()|Replace the lines in brackets\..*")
"""A line of the shipped template that waits for words."""

MAX_CHARACTERS = 16_000
MAX_CHANGE = 2_000


@dataclass(frozen=True, slots=True)
class MemoryEdit:
    """A proposed edit: the hash of the text that it was made for, the text after it, the difference."""

    before: str
    after: str
    diff: str
    reason: str


def written(memory: str) -> str:
    """What somebody wrote into the memory: without the places of the template that nobody has filled."""
    kept: list[str] = []
    for line in reversed(memory.splitlines()):
        empty_heading = line.startswith("#") and not kept
        followed = bool(kept) and kept[-1].startswith("#") and _depth(kept[-1]) <= _depth(line)
        if PLACEHOLDER.fullmatch(line.strip()) or empty_heading or (line.startswith("#") and followed):
            continue
        if line.strip():
            kept.append(line)
    return "\n".join(reversed(kept)).strip()


def _depth(heading: str) -> int:
    return len(heading) - len(heading.lstrip("#"))


def propose(memory: str, old: str, new: str, reason: str) -> MemoryEdit:
    """The edit that puts `new` in the place of `old`, or at the end where `old` is empty.

    Raises ToolFailedError where it does not fit; nothing is written.
    """
    new = visible(new)
    if not new.strip() and not old:
        raise ToolFailedError("expected some text")
    if len(old) > MAX_CHANGE or len(new) > MAX_CHANGE:
        raise ToolFailedError(f"expected at most {MAX_CHANGE} characters in each of old and new")
    if old and memory.count(old) != 1:
        raise ToolFailedError(f"old must occur once in AGENTS.md; it occurs {memory.count(old)} times")
    after = memory.replace(old, new) if old else f"{memory.rstrip()}\n{new.rstrip()}\n"
    if len(after) > MAX_CHARACTERS:
        raise ToolFailedError(f"AGENTS.md may have at most {MAX_CHARACTERS} characters")
    lines = difflib.unified_diff(
        memory.splitlines(), after.splitlines(), "AGENTS.md", "AGENTS.md (proposed)", lineterm="", n=1
    )
    return MemoryEdit(digest(memory.encode()), after, "\n".join(lines), visible(reason)[:MAX_CHANGE])


@dataclass(frozen=True, slots=True)
class _Editor:
    memory: str
    record: Callable[[MemoryEdit], Awaitable[None]]

    async def propose(self, old: str, new: str, reason: str) -> str:
        """Propose an edit of AGENTS.md: `new` replaces `old`, or is added at the end where `old` is empty."""
        await self.record(propose(self.memory, old, new, reason))
        return "Recorded. A human decides whether AGENTS.md is changed."


FORM = form_of(_Editor.propose, PROPOSE)


def edit_tool(memory: str, record: Callable[[MemoryEdit], Awaitable[None]]) -> Tool:
    """The tool by which an agent proposes an edit of this memory; it only records."""
    return FORM.tool(_Editor(memory, record).propose, outside=False, kept=False)
