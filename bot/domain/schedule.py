"""Who is on call by a schedule: turns that follow each other at handovers, and overrides that beat them."""

from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.ids import At
from bot.domain.local_time import local, moment


@dataclass(frozen=True, slots=True)
class Rotation:
    """People in turn from a day on; a turn ends at the next handover.

    Handovers happen every `every_days` days from `first` at each of the local times `at` (in order).
    """

    people: tuple[str, ...]
    first: date
    at: tuple[time, ...]
    every_days: int


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody stands in: from a moment, until (but not at) another one."""

    person: str
    start: At
    end: At


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule: of the rotations the last one begun counts, of the overrides the last one listed."""

    name: str
    zone: ZoneInfo
    rotations: tuple[Rotation, ...]
    overrides: tuple[Override, ...] = ()


def holder(schedule: Schedule, at: At) -> str | None:
    """The one person on call at this moment; nobody before the first rotation begins."""
    for override in reversed(schedule.overrides):
        if override.start <= at < override.end:
            return override.person
    begun = [one for one in schedule.rotations if begins(one, schedule.zone) <= at]
    if not begun:
        return None
    rotation = max(begun, key=lambda one: begins(one, schedule.zone))
    turn = handovers_until(rotation, schedule.zone, at) - 1
    return rotation.people[turn % len(rotation.people)]


def begins(rotation: Rotation, zone: ZoneInfo) -> At:
    """The first handover of a rotation."""
    return moment(rotation.first, rotation.at[0], zone)


def handovers_until(rotation: Rotation, zone: ZoneInfo, at: At) -> int:
    """How many handovers have happened at this moment, the first one included.

    Whole days are counted; only those around the moment are looked at one by one, so that a day on which
    the clock is changed, or one that a zone leaves out whole, neither loses nor repeats a handover.
    """
    passed = (local(at, zone).date() - rotation.first).days // rotation.every_days
    settled = max(0, passed - 1)
    near = (
        moment(rotation.first + timedelta(days=number * rotation.every_days), clock, zone)
        for number in range(settled, passed + 2)
        for clock in rotation.at
    )
    return settled * len(rotation.at) + sum(handover <= at for handover in near)


def people_of(schedule: Schedule) -> tuple[str, ...]:
    """Everybody whom the schedule names, once each."""
    turns = (person for rotation in schedule.rotations for person in rotation.people)
    return tuple(dict.fromkeys((*turns, *(override.person for override in schedule.overrides))))
