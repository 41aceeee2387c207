"""The freeze windows of `policy.yaml`, from their file to the domain."""

from collections.abc import Iterator
from typing import Literal as OneOf

from pydantic import Field

from bot.adapters.content_doors import Ascii, Door, Name
from bot.adapters.content_times import (
    CLOCK,
    WEEKDAYS,
    Weekday,
    Words,
    Zone,
    clock_of,
    reading_of,
    zone_of,
)
from bot.domain.freeze import FreezeKind, FreezeWindow, Once, Weekly
from bot.domain.ids import EnvironmentId

WEEKLY_TIMES = 'expected times in quotes, as from: "18:00" and until: "08:00"'
ONCE_TIMES = "expected days with times, as from: 2026-12-20 00:00 and until: 2027-01-03 08:00"


class FreezeDoor(Door):
    """A window: with `days` it comes every week, from and until being times; without, they are moments."""

    title: Ascii
    kind: OneOf["deny", "allow"] = "deny"
    time_zone: Zone
    days: tuple[Weekday, ...] = Field(default=(), max_length=7)
    start: Words = Field(alias="from")
    end: Words = Field(alias="until")
    environments: tuple[Name, ...] = Field(default=(), max_length=100)


def mistakes(door: FreezeDoor) -> Iterator[str]:
    """What no single key shows."""
    if door.days:
        if not (CLOCK.fullmatch(door.start) and CLOCK.fullmatch(door.end)):
            yield f"from: {WEEKLY_TIMES}"
        return
    try:
        start, end = reading_of(door.start), reading_of(door.end)
    except ValueError:
        yield f"from: {ONCE_TIMES}; or days, for a window that comes every week"
        return
    if end <= start:
        yield "until: expected a time after from"


def window(door: FreezeDoor) -> FreezeWindow:
    """The window; what `mistakes` finds must be mended before."""
    if door.days:
        days = frozenset(WEEKDAYS.index(day) for day in door.days)
        when = Weekly(days, clock_of(door.start), clock_of(door.end))
    else:
        when = Once(reading_of(door.start), reading_of(door.end))
    return FreezeWindow(
        title=door.title,
        kind=FreezeKind(door.kind),
        zone=zone_of(door.time_zone),
        when=when,
        environments=tuple(map(EnvironmentId, door.environments)),
    )
