"""The team's memory, AGENTS.md: every agent reads it, an agent may propose an edit, a human decides."""

import difflib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.errors import ToolFailedError
from agents.fence import visible
from agents.journal import digest
from agents.tools import Tool, tool_from

PROPOSE = "propose_memory_edit"
MAX_CHARACTERS = 16_000
MAX_CHANGE = 2_000


@dataclass(frozen=True, slots=True)
class MemoryEdit:
    """A proposed edit: the hash of the text that it was made for, the text after it, the difference."""

    before: str
    after: str
    diff: str
    reason: str


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


def edit_tool(memory: str, record: Callable[[MemoryEdit], Awaitable[None]]) -> Tool:
    """The tool by which an agent proposes an edit of this memory; it only records."""

    async def propose_memory_edit(old: str, new: str, reason: str) -> str:
        await record(propose(memory, old, new, reason))
        return "Recorded. A human decides whether AGENTS.md is changed."

    description = (
        "Propose an edit of AGENTS.md: `new` replaces `old`, or is added at the end where `old` is empty."
    )
    return tool_from(propose_memory_edit, PROPOSE, description, outside=False, kept=False)
