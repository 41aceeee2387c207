"""When nothing may be changed: windows of time by environment; a denying one beats every allowing one."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.ids import At, EnvironmentId
from bot.domain.local_time import local, moments, shown

Span = tuple[At, At]
MOST_TOUCHING = 100
"""Windows that never leave a gap are followed no further than this."""


class FreezeKind(StrEnum):
    """What a window does while it is open; where allowing ones exist, all time outside them is frozen."""

    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Weekly:
    """Open from a local time of these weekdays (Monday is 0) until another; not later means the next day."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Once:
    """Open from one local date and time until another."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """A window of the policy; no environments means all of them."""

    title: str
    kind: FreezeKind
    zone: ZoneInfo
    when: Weekly | Once
    environments: tuple[EnvironmentId, ...] = ()

    def covers(self, environment: EnvironmentId) -> bool:
        """Whether the window speaks of this environment."""
        return not self.environments or environment in self.environments


def frozen(windows: tuple[FreezeWindow, ...], environment: EnvironmentId, at: At) -> str | None:
    """Why nothing may be changed in an environment now, in words; nothing where it may."""
    mine = [window for window in windows if window.covers(environment)]
    for window in mine:
        if window.kind is FreezeKind.DENY and open_until(window, at) is not None:
            return f"frozen by {window.title!r} until {shown(thaws(mine, at), window.zone)}"
    allowing = [window for window in mine if window.kind is FreezeKind.ALLOW]
    if not allowing or any(open_until(window, at) is not None for window in allowing):
        return None
    return f"outside of {', '.join(repr(window.title) for window in allowing)}, when changes are allowed"


def thaws(windows: list[FreezeWindow], at: At) -> At:
    """When the last of the denying windows that are open now, or touch one of those, closes."""
    denying = [window for window in windows if window.kind is FreezeKind.DENY]
    for _ in range(MOST_TOUCHING):
        ends = [end for window in denying if (end := open_until(window, at)) is not None]
        if not ends:
            break
        at = max(ends)
    return at


def open_until(window: FreezeWindow, at: At) -> At | None:
    """When the window that is open now closes; nothing where it is closed.

    Where the clock is changed, a denying window takes the longer of two readings, an allowing one the
    shorter.
    """
    ends = [end for start, end in _spans(window, at) if start <= at < end]
    return max(ends, default=None)


def _spans(window: FreezeWindow, at: At) -> list[Span]:
    when = window.when
    if isinstance(when, Once):
        return [_span(window, (when.start.date(), when.start.time()), (when.end.date(), when.end.time()))]
    today = local(at, window.zone).date()
    # The window of the day before yesterday is long over, whatever the clocks did.
    days = (today + timedelta(days=offset) for offset in range(-2, 2))
    late = timedelta(days=0 if when.end > when.start else 1)
    return [
        _span(window, (day, when.start), (day + late, when.end)) for day in days if day.weekday() in when.days
    ]


def _span(window: FreezeWindow, start: tuple[date, time], end: tuple[date, time]) -> Span:
    starts, ends = moments(*start, window.zone), moments(*end, window.zone)
    return (starts[0], ends[1]) if window.kind is FreezeKind.DENY else (starts[1], ends[0])
