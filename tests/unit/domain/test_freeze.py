"""When nothing may be changed."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.freeze import FreezeKind, FreezeWindow, Once, Weekly, frozen, open_until
from bot.domain.ids import HOUR, SECOND, At, EnvironmentId

BERLIN = ZoneInfo("Europe/Berlin")
PROD, STAGING = EnvironmentId("prod"), EnvironmentId("staging")
DENY, ALLOW = FreezeKind.DENY, FreezeKind.ALLOW
WEEKEND = FreezeWindow("Weekend", DENY, BERLIN, Weekly(frozenset({4, 5, 6}), time(18), time(18)), (PROD,))
YEAR_END = FreezeWindow(
    "Year end",
    DENY,
    BERLIN,
    Once(datetime(2026, 12, 20), datetime(2027, 1, 4, 8)),  # noqa: DTZ001 - wall time
)
OFFICE = FreezeWindow("Office hours", ALLOW, BERLIN, Weekly(frozenset(range(5)), time(9), time(17)), (PROD,))


def at(text: str) -> At:
    reading = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=BERLIN)
    return At(int(reading.timestamp()) * SECOND)


@pytest.mark.parametrize(
    ("when", "is_frozen"),
    [
        ("2026-11-20 17:59", False),
        ("2026-11-20 18:00", True),
        ("2026-11-21 03:00", True),
        ("2026-11-23 17:59", True),
        ("2026-11-23 18:00", False),
    ],
)
def test_a_weekly_window_reaches_over_midnight(when: str, *, is_frozen: bool) -> None:
    assert (frozen((WEEKEND,), PROD, at(when)) is not None) is is_frozen


def test_a_window_speaks_only_of_its_environments() -> None:
    saturday = at("2026-11-21 12:00")
    assert frozen((WEEKEND,), STAGING, saturday) is None
    assert frozen((YEAR_END,), STAGING, at("2026-12-24 12:00")) is not None


def test_the_reason_names_the_window_and_its_end() -> None:
    said = frozen((YEAR_END,), PROD, at("2026-12-24 12:00"))
    assert said == "frozen by 'Year end' until 2027-01-04 08:00 Europe/Berlin"


def test_the_end_that_is_told_is_that_of_the_last_window_that_touches_and_never_lies_in_another() -> None:
    said = frozen((WEEKEND,), PROD, at("2026-11-20 20:00"))
    assert said == "frozen by 'Weekend' until 2026-11-23 18:00 Europe/Berlin"
    both = frozen((WEEKEND, YEAR_END), PROD, at("2026-12-19 20:00"))
    assert both == "frozen by 'Weekend' until 2027-01-04 18:00 Europe/Berlin"
    every_day = replace(WEEKEND, when=Weekly(frozenset(range(7)), time(0), time(0)))
    assert "until 2027-" in str(frozen((every_day,), PROD, at("2026-11-20 20:00")))


def test_outside_of_every_allowing_window_all_is_frozen() -> None:
    assert frozen((OFFICE,), PROD, at("2026-11-20 12:00")) is None
    assert frozen((OFFICE,), PROD, at("2026-11-20 08:59")) == (
        "outside of 'Office hours', when changes are allowed"
    )
    assert frozen((OFFICE,), STAGING, at("2026-11-20 08:59")) is None


def test_a_denying_window_beats_an_allowing_one() -> None:
    during = at("2026-12-23 12:00")
    assert open_until(OFFICE, during) is not None
    assert "Year end" in str(frozen((OFFICE, YEAR_END), PROD, during))


def test_where_the_end_comes_twice_a_freeze_lasts_until_the_second_and_leave_until_the_first() -> None:
    night = Weekly(frozenset({6}), time(0), time(2, 30))
    first = At(int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()) * SECOND)
    denying, allowing = FreezeWindow("n", DENY, BERLIN, night), FreezeWindow("n", ALLOW, BERLIN, night)
    assert open_until(denying, At(first - 1)) == first + HOUR
    assert open_until(allowing, At(first - 1)) == first
    assert frozen((denying,), PROD, At(first + HOUR - 1)) is not None
    assert frozen((allowing,), PROD, first) is not None


clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))
weekly = st.builds(Weekly, st.frozensets(st.integers(0, 6), min_size=1), clocks, clocks)
moments_of_two_years = st.integers(at("2026-01-01 00:00"), at("2028-01-01 00:00")).map(At)


@settings(max_examples=200, deadline=None)
@given(weekly, moments_of_two_years)
def test_an_open_window_says_when_it_closes_and_is_closed_then_or_open_anew(when: Weekly, now: At) -> None:
    window = FreezeWindow("any", DENY, BERLIN, when)
    end = open_until(window, now)
    if end is not None:
        assert now < end <= now + 26 * HOUR
        again = open_until(window, end)
        assert again is None or again > end


@settings(max_examples=200, deadline=None)
@given(weekly, moments_of_two_years)
def test_an_hour_off_any_change_of_clocks_a_window_is_open_when_its_clock_says_so(
    when: Weekly, now: At
) -> None:
    wall = datetime.fromtimestamp(now / SECOND, BERLIN)
    around = [(wall.astimezone(UTC) + timedelta(days=d)).astimezone(BERLIN).utcoffset() for d in (-2, 2)]
    if around[0] != around[1]:
        return
    late = when.end <= when.start
    clock, today = wall.time().replace(tzinfo=None), wall.weekday()
    if late:
        opened = (today in when.days and clock >= when.start) or (
            (today - 1) % 7 in when.days and clock < when.end
        )
    else:
        opened = today in when.days and when.start <= clock < when.end
    assert (open_until(FreezeWindow("any", ALLOW, BERLIN, when), now) is not None) is opened
