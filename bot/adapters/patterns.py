"""RE2 patterns from content: linear in the text, compiled once, never written to stderr."""

from collections.abc import Sequence
from typing import Protocol, cast, final

import re2


class _Set(Protocol):
    def Add(self, pattern: str) -> int: ...  # noqa: N802 - RE2's own name

    def Compile(self) -> None: ...  # noqa: N802 - same

    def Match(self, text: str) -> list[int] | None: ...  # noqa: N802 - same


def _options() -> object:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = 32 << 20
    return options


def fault(pattern: str) -> str | None:
    """What is wrong with a pattern, or nothing."""
    try:
        re2.compile(pattern, _options())  # pyright: ignore[reportUnknownMemberType]
    except cast("type[Exception]", re2.error) as error:  # pyright: ignore[reportUnknownMemberType]
        why: object = error.args[0] if error.args else error
        return why.decode() if isinstance(why, bytes) else str(why)
    return None


@final
class Patterns:
    """Patterns that are searched for together, without case."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._set = cast("_Set", re2.Set.SearchSet(_options()))  # pyright: ignore[reportUnknownMemberType]
        self._size = len(patterns)
        for pattern in patterns:
            self._set.Add(pattern)
        if patterns:
            self._set.Compile()

    def matching(self, text: str) -> tuple[int, ...]:
        """The positions of the patterns that stand somewhere in this text, lowest first."""
        return tuple(sorted(self._set.Match(text) or ())) if self._size else ()
