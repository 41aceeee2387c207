"""Wall-clock time and moments: where a clock is set forward or back, both readings of it are kept apart."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.domain.ids import SECOND, At

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(at: At, zone: ZoneInfo) -> datetime:
    """The moment as a clock on the wall of that zone shows it."""
    return datetime.fromtimestamp(at / SECOND, zone)


def moment(day: date, clock: time, zone: ZoneInfo) -> At:
    """The moment of this reading: the first of two in an hour that comes twice, else past the gap."""
    return _at(datetime.combine(day, clock, zone))


def moments(day: date, clock: time, zone: ZoneInfo) -> tuple[At, At]:
    """The first and the last moment that this reading of the clock can mean; the same on ordinary days.

    In an hour that comes twice they lie an hour apart, and in one that is skipped they surround the gap
    (the two readings of `fold` in the standard library).
    """
    reading = datetime.combine(day, clock, zone)
    both = [_at(reading.replace(fold=fold)) for fold in (0, 1)]
    return min(both), max(both)


def shown(at: At, zone: ZoneInfo) -> str:
    """A moment as people read it: `2026-11-22 18:30 Europe/Berlin`."""
    return f"{local(at, zone):%Y-%m-%d %H:%M} {zone.key}"


def _at(reading: datetime) -> At:
    since = reading.astimezone(UTC) - EPOCH
    return At((since.days * 86_400 + since.seconds) * SECOND + since.microseconds // 1000)
