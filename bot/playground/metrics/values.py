"""What an expression evaluates to, and how evaluation fails."""

from dataclasses import dataclass

from bot.playground.metrics.samples import Labels


class QueryError(Exception):
    """The query cannot be answered; `kind` is Prometheus' errorType."""

    def __init__(self, message: str, kind: str = "bad_data") -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector."""

    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Window:
    """One element of a range vector: samples between start and end, times in seconds."""

    labels: Labels
    times: tuple[float, ...]
    values: tuple[float, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Text:
    """A string value."""

    value: str


Vector = tuple[Sample, ...]
Matrix = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant vector."""

    samples: Vector


@dataclass(frozen=True, slots=True)
class Range:
    """A range vector."""

    windows: Matrix


Value = float | Instant | Range | Text


def without_name(labels: Labels) -> Labels:
    """The labels without the metric's name."""
    return tuple(pair for pair in labels if pair[0] != "__name__")


def only(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels of the given names."""
    return tuple(pair for pair in labels if pair[0] in names)


def drop(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels but those of the given names."""
    return tuple(pair for pair in labels if pair[0] not in names)
