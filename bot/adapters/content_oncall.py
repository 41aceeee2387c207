"""`oncall.yaml`: on-call schedules, from their file to the domain."""

from collections.abc import Iterator

from pydantic import Field

from bot.adapters.content_doors import Ascii, Door, Name, Whole, parsed
from bot.adapters.content_times import Clock, Day, Moment, Zone, clock_of, day_of, reading_of, zone_of
from bot.adapters.yaml_door import Document
from bot.domain.local_time import moment
from bot.domain.schedule import Override, Rotation, Schedule


class RotationDoor(Door):
    """People in turn from a day on."""

    people: tuple[Ascii, ...] = Field(min_length=1, max_length=100)
    first: Day
    handover: Clock | tuple[Clock, ...] = "09:00"
    every_days: Whole = Field(default=7, ge=1, le=366)

    @property
    def clocks(self) -> tuple[str, ...]:
        """The handovers of a day."""
        return (self.handover,) if isinstance(self.handover, str) else self.handover


class OverrideDoor(Door):
    """Somebody stands in, from one local time until another."""

    person: Ascii
    start: Moment = Field(alias="from")
    end: Moment = Field(alias="until")


class ScheduleDoor(Door):
    """One schedule."""

    time_zone: Zone
    rotations: tuple[RotationDoor, ...] = Field(min_length=1, max_length=100)
    overrides: tuple[OverrideDoor, ...] = Field(default=(), max_length=1_000)


class OncallDoor(Door):
    """The whole file."""

    schedules: dict[Name, ScheduleDoor] = Field(default_factory=dict)


def schedules(document: Document, problems: list[str]) -> tuple[Schedule, ...]:
    """The schedules; what is wrong with them is added to the problems."""
    door = parsed(OncallDoor, document, problems)
    if door is None:
        return ()
    for name, each in door.schedules.items():
        where = document.where(("schedules", name))
        problems.extend(f"{where}: schedules.{name}.{what}" for what in _mistakes(each))
    return tuple(_schedule(name, each) for name, each in door.schedules.items())


def _mistakes(door: ScheduleDoor) -> Iterator[str]:
    for number, rotation in enumerate(door.rotations):
        clocks = rotation.clocks
        if not clocks or list(clocks) != sorted(set(clocks)):
            yield f"rotations[{number}].handover: expected one time, or several in order"
        elif len(clocks) > 1 and rotation.every_days != 1:
            yield f"rotations[{number}].handover: expected one time, since a turn lasts more than a day"
        if any(
            (rotation.first, clocks[:1]) == (one.first, one.clocks[:1]) for one in door.rotations[:number]
        ):
            yield f"rotations[{number}].first: expected another moment, since a rotation begins then already"
    for number, override in enumerate(door.overrides):
        if reading_of(override.end) <= reading_of(override.start):
            yield f"overrides[{number}].until: expected a time after from"


def _schedule(name: str, door: ScheduleDoor) -> Schedule:
    zone = zone_of(door.time_zone)
    overrides = ((one.person, reading_of(one.start), reading_of(one.end)) for one in door.overrides)
    return Schedule(
        name=name,
        zone=zone,
        rotations=tuple(
            Rotation(one.people, day_of(one.first), tuple(map(clock_of, one.clocks)), one.every_days)
            for one in door.rotations
        ),
        overrides=tuple(
            Override(who, moment(start.date(), start.time(), zone), moment(end.date(), end.time(), zone))
            for who, start, end in overrides
        ),
    )
