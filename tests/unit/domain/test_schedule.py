"""Who is on call by a schedule: one person at any moment, whatever the clocks do."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ids import HOUR, MINUTE, SECOND, At
from bot.domain.local_time import local, moment, moments, shown
from bot.domain.schedule import Override, Rotation, Schedule, handovers_until, holder, people_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = tuple(
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Cairo",
    )
)
WEEKLY = Schedule("shop", BERLIN, (Rotation(("ada", "ben", "cleo"), date(2026, 10, 5), (time(9),), 7),))
DAILY = Schedule("shop", BERLIN, (Rotation(("ada", "ben"), date(2026, 10, 1), (time(8), time(20)), 1),))


def at(text: str, zone: ZoneInfo = BERLIN) -> At:
    """`2026-10-25 09:00` on the wall of a zone."""
    reading = datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=zone)
    return At(int(reading.timestamp()) * SECOND)


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("2026-10-05 08:59", None),
        ("2026-10-05 09:00", "ada"),
        ("2026-10-12 08:59", "ada"),
        ("2026-10-12 09:00", "ben"),
        ("2026-10-19 09:00", "cleo"),
        ("2026-10-26 08:59", "cleo"),
        ("2026-10-26 09:00", "ada"),
    ],
)
def test_a_turn_ends_at_the_local_time_of_its_handover_also_after_the_clocks_change(
    when: str, who: str | None
) -> None:
    assert holder(WEEKLY, at(when)) == who


def test_the_week_in_which_the_clocks_go_back_is_an_hour_longer() -> None:
    start, end = at("2026-10-19 09:00"), at("2026-10-26 09:00")
    assert end - start == 7 * 24 * HOUR + HOUR
    assert holder(WEEKLY, At(end - 1)) == "cleo"


def test_two_handovers_a_day_share_it() -> None:
    assert [holder(DAILY, at(f"2026-10-02 {hour}:00")) for hour in ("07", "08", "19", "20", "23")] == [
        "ben", "ada", "ada", "ben", "ben",
    ]  # fmt: skip


def test_a_handover_in_the_hour_that_is_skipped_happens_after_the_gap() -> None:
    schedule = Schedule("night", BERLIN, (Rotation(("ada", "ben"), date(2026, 3, 28), (time(2, 30),), 1),))
    gap = datetime(2026, 3, 29, 1, tzinfo=UTC)
    before, after = (At(int((gap + timedelta(minutes=m)).timestamp()) * SECOND) for m in (29, 30))
    assert (holder(schedule, before), holder(schedule, after)) == ("ada", "ben")


def test_a_handover_in_the_hour_that_comes_twice_happens_once_at_its_first() -> None:
    schedule = Schedule("night", BERLIN, (Rotation(("ada", "ben"), date(2026, 10, 24), (time(2, 30),), 1),))
    first, second = moments(date(2026, 10, 25), time(2, 30), BERLIN)
    assert second - first == HOUR
    assert [holder(schedule, At(m)) for m in (first - 1, first, second - 1, second)] == [
        "ada",
        "ben",
        "ben",
        "ben",
    ]


def test_a_day_that_a_zone_leaves_out_hands_over_when_the_next_one_shows_that_time() -> None:
    apia = ZoneInfo("Pacific/Apia")
    schedule = Schedule("isle", apia, (Rotation(("ada", "ben", "cleo"), date(2011, 12, 29), (time(9),), 1),))
    asked = ("2011-12-29 09:00", "2011-12-31 08:00", "2011-12-31 09:00")
    assert [holder(schedule, at(when, apia)) for when in asked] == ["ada", "ada", "cleo"]


def test_an_override_beats_the_rotation_and_the_last_listed_beats_the_others() -> None:
    stand_in = Override("dora", at("2026-10-06 12:00"), at("2026-10-07 12:00"))
    later = Override("emil", at("2026-10-06 18:00"), at("2026-10-06 20:00"))
    schedule = replace(WEEKLY, overrides=(stand_in, later))
    asked = (
        "2026-10-06 11:59",
        "2026-10-06 12:00",
        "2026-10-06 18:00",
        "2026-10-06 20:00",
        "2026-10-07 12:00",
    )
    assert [holder(schedule, at(when)) for when in asked] == ["ada", "dora", "emil", "dora", "ada"]
    assert people_of(schedule) == ("ada", "ben", "cleo", "dora", "emil")


def test_the_rotation_that_began_last_counts() -> None:
    newer = Rotation(("zoe",), date(2026, 11, 2), (time(9),), 7)
    schedule = replace(WEEKLY, rotations=(newer, *WEEKLY.rotations))
    assert (holder(schedule, at("2026-11-02 08:59")), holder(schedule, at("2026-11-02 09:00"))) == (
        "ada",
        "zoe",
    )


def test_a_moment_is_shown_with_its_zone() -> None:
    assert shown(at("2026-11-22 18:30"), BERLIN) == "2026-11-22 18:30 Europe/Berlin"


clocks = st.times().map(lambda clock: clock.replace(second=0, microsecond=0))


def turning(size: int, first: date, clock: time, days: int) -> Rotation:
    return Rotation(tuple(f"p{n}" for n in range(size)), first, (clock,), days)


rotations = st.builds(
    turning, st.integers(1, 5), st.dates(date(2026, 1, 1), date(2027, 12, 31)), clocks, st.integers(1, 30)
)
ats = st.integers(at("2026-01-01 00:00"), at("2029-01-01 00:00")).map(At)


def by_walking(rotation: Rotation, zone: ZoneInfo, when: At) -> str | None:
    """The same answer the slow way: every handover since the first one, in turn."""
    who, number = None, 0
    while True:
        day = rotation.first + timedelta(days=number * rotation.every_days)
        if moment(day, rotation.at[0], zone) > when:
            return who
        who = rotation.people[number % len(rotation.people)]
        number += 1


@settings(max_examples=150, deadline=None)
@given(rotations, ats, st.sampled_from(ZONES))
def test_the_holder_is_the_one_that_handing_over_from_the_beginning_leads_to(
    rotation: Rotation, when: At, zone: ZoneInfo
) -> None:
    assert holder(Schedule("any", zone, (rotation,)), when) == by_walking(rotation, zone, when)


@settings(max_examples=150, deadline=None)
@given(rotations, ats, st.sampled_from(ZONES))
def test_the_holder_changes_at_handovers_only_and_to_the_next_in_turn(
    rotation: Rotation, when: At, zone: ZoneInfo
) -> None:
    schedule = Schedule("any", zone, (rotation,))
    before, after = holder(schedule, when), holder(schedule, At(when + MINUTE))
    passed = handovers_until(rotation, zone, At(when + MINUTE)) - handovers_until(rotation, zone, when)
    assert passed in {0, 1}
    if before is not None and after is not None:
        turn = rotation.people.index(before)
        assert after == rotation.people[(turn + passed) % len(rotation.people)]


@settings(max_examples=100, deadline=None)
@given(rotations, st.integers(0, 400), st.sampled_from(ZONES))
def test_exactly_one_person_holds_it_at_any_moment_after_the_first_handover(
    rotation: Rotation, days: int, zone: ZoneInfo
) -> None:
    start = moment(rotation.first, rotation.at[0], zone)
    schedule = Schedule("any", zone, (rotation,))
    assert holder(schedule, At(start - 1)) is None
    assert holder(schedule, At(start + days * 24 * HOUR)) in rotation.people


@settings(max_examples=100, deadline=None)
@given(ats, st.sampled_from(ZONES))
def test_every_moment_lies_between_the_readings_of_its_own_clock(when: At, zone: ZoneInfo) -> None:
    minute = At(when - when % MINUTE)
    wall = local(minute, zone)
    first, last = moments(wall.date(), wall.time().replace(tzinfo=None), zone)
    assert first <= minute <= last
