"""RE2 patterns from content: linear in the text, compiled once, never written to stderr."""

from collections.abc import Callable, Sequence
from typing import Protocol, cast, final

import re2


class _Set(Protocol):
    def Add(self, pattern: str) -> int: ...  # noqa: N802 - RE2's own name

    def Compile(self) -> None: ...  # noqa: N802 - same

    def Match(self, text: str) -> list[int] | None: ...  # noqa: N802 - same


def options() -> object:
    """RE2 as everything of ours uses it: without case, bounded in memory, silent."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.case_sensitive = False
    chosen.max_mem = 32 << 20
    return chosen


def fault(pattern: str) -> str | None:
    """What is wrong with a pattern, or nothing."""
    try:
        re2.compile(pattern, options())  # pyright: ignore[reportUnknownMemberType]
    except cast("type[Exception]", re2.error) as error:  # pyright: ignore[reportUnknownMemberType]
        why: object = error.args[0] if error.args else error
        return why.decode() if isinstance(why, bytes) else str(why)
    return None


class _Hit(Protocol):
    def group(self, number: int) -> str | None: ...


class _Compiled(Protocol):
    groups: int

    def search(self, text: str) -> _Hit | None: ...


def finder(pattern: str) -> Callable[[str], str | None]:
    """A search that gives the first group of the first hit, the whole hit where there is no group."""
    compiled = cast("_Compiled", re2.compile(pattern, options()))  # pyright: ignore[reportUnknownMemberType]

    def find(text: str) -> str | None:
        hit = compiled.search(text)
        return None if hit is None else hit.group(1 if compiled.groups else 0) or ""

    return find


@final
class Patterns:
    """Patterns that are searched for together, without case."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._set = cast("_Set", re2.Set.SearchSet(options()))  # pyright: ignore[reportUnknownMemberType]
        self._size = len(patterns)
        for pattern in patterns:
            self._set.Add(pattern)
        if patterns:
            self._set.Compile()

    def matching(self, text: str) -> tuple[int, ...]:
        """The positions of the patterns that stand somewhere in this text, lowest first."""
        return tuple(sorted(self._set.Match(text) or ())) if self._size else ()
