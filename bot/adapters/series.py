"""Time series as numbers: what every source of metrics answers with."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from bot.domain.ids import SECOND, At
from bot.ports.world import Window

MAX_POINTS = 120
DIGITS = 12


@dataclass(frozen=True, slots=True)
class Series:
    """One line of an answer: its labels and its finite samples, oldest first."""

    labels: tuple[tuple[str, str], ...]
    samples: tuple[tuple[At, Decimal], ...]


class MetricsReader(Protocol):
    """Answers queries; raises SourceUnavailableError."""

    async def instant(self, query: str, at: At) -> tuple[Series, ...]:
        """Every series of an expression at one moment."""
        ...

    async def range(self, query: str, window: Window, step: int) -> tuple[Series, ...]:
        """Every series of an expression, one point a step (in seconds), the last at the window's end."""
        ...


def step_seconds(window: Window) -> int:
    """The step that cuts a window into at most 120 points, in whole seconds."""
    span = max(0, window.end - window.start)
    return max(1, -(-span // (MAX_POINTS * SECOND)))


def thinned(
    samples: Sequence[tuple[At, Decimal]], most: int = 2 * MAX_POINTS
) -> tuple[tuple[At, Decimal], ...]:
    """At most so many samples, evenly left out, counted from the newest, which stays."""
    every = max(1, -(-len(samples) // most))
    return tuple(reversed(tuple(reversed(samples))[::every]))


def decimal_text(value: Decimal) -> str:
    """A decimal as plain digits, rounded to twelve significant ones, without an exponent."""
    rounded = value if value.is_zero() else round(value, DIGITS - 1 - value.adjusted())
    text = format(rounded, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
