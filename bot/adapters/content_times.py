"""Zones, days and clock times as content files write them."""

import re
from datetime import date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, Strict

CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone(name: str) -> str:
    zone_of(name)
    return name


def _clock(text: str) -> str:
    if not CLOCK.fullmatch(text):
        raise ValueError('expected a time in quotes, as "09:00"')
    return text


def _day(text: str) -> str:
    day_of(text)
    return text


def _moment(text: str) -> str:
    reading_of(text)
    return text


def _weekday(text: str) -> str:
    if text not in WEEKDAYS:
        raise ValueError(f"expected one of {', '.join(WEEKDAYS)}")
    return text


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name; raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("expected a time zone of the IANA database, as Europe/Berlin") from error


def day_of(text: str) -> date:
    """`2026-11-22`; raises ValueError."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day on the wall of a zone
    except ValueError as error:
        raise ValueError("expected a day, as 2026-11-22") from error


def reading_of(text: str) -> datetime:
    """`2026-11-22 18:30`, on the wall of a zone that stands beside it; raises ValueError."""
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 - a reading on the wall of a zone
    except ValueError as error:
        raise ValueError("expected a day and a time, as 2026-11-22 18:30") from error


def clock_of(text: str) -> time:
    """`09:00`, as a door has let it through."""
    return time.fromisoformat(text)


Words = Annotated[str, Strict(), Field(max_length=64)]
Zone = Annotated[Words, AfterValidator(_zone)]
Clock = Annotated[Words, AfterValidator(_clock)]
Day = Annotated[Words, AfterValidator(_day)]
Moment = Annotated[Words, AfterValidator(_moment)]
Weekday = Annotated[Words, AfterValidator(_weekday)]
