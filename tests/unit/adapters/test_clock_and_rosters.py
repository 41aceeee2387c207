import asyncio
import re
from dataclasses import dataclass
from datetime import time
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.rosters import PolicyRosters, Reader, scheduled
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import RosterName
from bot.domain.local_time import local
from bot.domain.policy import Role, RosterSpec
from bot.domain.schedule import Rotation, Schedule
from tests.fakes.content import LEAD, ONCALL, example_content
from tests.fakes.rosters import mapped, with_roster
from tests.fakes.world import FakeClock


def rosters(kind: str, reader: Reader) -> PolicyRosters:
    return PolicyRosters(with_roster(kind), FakeClock(), {kind: reader}, seconds=0.05)


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    clock = SystemClock()
    made = [clock.new_id("inc") for _ in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_fit_the_buttons_of_a_card() -> None:
    assert re.fullmatch(r"plan-[a-z0-9]{17}", SystemClock().new_id("plan"))


def test_ids_go_on_in_order_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter((2_000_000_000, 1_000_000_000, 3_000_000_000))
    monkeypatch.setattr("time.time_ns", lambda: next(times))
    clock = SystemClock()
    made = [clock.new_id("inc") for _ in range(3)]
    assert made == sorted(made)


async def test_a_list_answers_with_its_members_and_when() -> None:
    clock = FakeClock()
    answer = await PolicyRosters(example_content(), clock).read(RosterName("checkout-oncall"), Role.ONCALL)
    assert (answer.members, answer.source, answer.error, answer.at) == ((ONCALL,), "list", "", clock.now())


@pytest.mark.parametrize(
    ("name", "kind", "error"),
    [
        ("nowhere", "list", "policy.yaml has no roster 'nowhere'"),
        ("night", "schedule", "a roster of kind schedule needs a reader, which is not set here"),
    ],
)
async def test_a_roster_that_cannot_be_read_names_nobody(name: str, kind: str, error: str) -> None:
    answer = await PolicyRosters(with_roster(kind), FakeClock()).read(RosterName(name), Role.LEAD)
    assert (answer.members, answer.error) == ((), error)


async def test_a_slow_source_is_given_up() -> None:
    async def never(_: RosterSpec) -> tuple[str, ...]:
        await asyncio.Event().wait()
        return (ONCALL,)

    answer = await rosters("usergroup", never).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.error) == ((), "no answer within 0.05 s")


async def test_a_failing_source_is_an_answer_with_an_error() -> None:
    async def fails(_: RosterSpec) -> tuple[str, ...]:
        raise SourceUnavailableError("the schedule is down")

    answer = await rosters("schedule", fails).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.error) == ((), "the schedule is down")


async def test_a_configured_reader_is_asked() -> None:
    async def group(spec: RosterSpec) -> tuple[str, ...]:
        assert spec.source == "S123"
        return (LEAD, ONCALL, LEAD)

    answer = await rosters("usergroup", group).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.source) == ((LEAD, ONCALL), "usergroup")


@dataclass(slots=True)
class Asked:
    """A source that counts, and may fail."""

    ids: tuple[str, ...] = (ONCALL,)
    error: str = ""
    asked: int = 0

    async def __call__(self, spec: RosterSpec) -> tuple[str, ...]:
        assert spec.name == "night"
        self.asked += 1
        await asyncio.sleep(0)
        if self.error:
            raise SourceUnavailableError(self.error)
        return self.ids


@pytest.mark.parametrize("kind", ["usergroup", "pagerduty"])
async def test_an_answer_over_the_network_is_kept_with_its_age_and_never_for_thirty_seconds(
    kind: str,
) -> None:
    content, clock, source = with_roster(kind), FakeClock(), Asked(("PLEE",))
    content.fixed_policy = mapped(content.fixed_policy, LEAD, "PLEE")
    source.ids = ("PLEE",) if kind == "pagerduty" else (LEAD,)
    read = PolicyRosters(content, clock, {kind: source}).read
    first = await read(RosterName("night"), Role.LEAD)
    clock.advance(19.9)
    assert await read(RosterName("night"), Role.LEAD) == first
    clock.advance(0.1)
    source.ids = ()
    again = await read(RosterName("night"), Role.LEAD)
    assert (first.members, again.members, source.asked) == ((LEAD,), (), 2)
    assert again.at - first.at == 20_000


async def test_a_crowd_asks_once() -> None:
    source = Asked()
    many = rosters("usergroup", source)
    answers = await asyncio.gather(*(many.read(RosterName("night"), Role.ONCALL) for _ in range(50)))
    assert {answer.members for answer in answers} == {(ONCALL,)}
    assert source.asked == 1


async def test_a_failure_is_not_kept_and_an_old_answer_never_stands_in_for_it() -> None:
    clock, source = FakeClock(), Asked()
    read = PolicyRosters(with_roster("usergroup"), clock, {"usergroup": source}).read
    assert (await read(RosterName("night"), Role.ONCALL)).members == (ONCALL,)
    clock.advance(21)
    source.error = "down"
    assert (await read(RosterName("night"), Role.ONCALL)).error == "down"
    source.error = ""
    assert (await read(RosterName("night"), Role.ONCALL)).members == (ONCALL,)


async def test_somebody_whom_the_policy_does_not_know_is_ignored_and_named() -> None:
    answer = await rosters("usergroup", Asked((ONCALL, "U0NEW", "U0NEWER"))).read(
        RosterName("night"), Role.ONCALL
    )
    assert (answer.members, answer.error) == ((ONCALL,), "")
    assert answer.source == "usergroup; not mapped in policy.yaml people: U0NEW, U0NEWER"


async def test_a_roster_of_strangers_only_is_an_error() -> None:
    answer = await rosters("usergroup", Asked(("U0NEW",))).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.error) == (
        (),
        "nobody of it is known; not mapped in policy.yaml people: U0NEW",
    )


async def test_an_id_means_a_person_only_in_the_world_that_it_belongs_to() -> None:
    content = with_roster("pagerduty")
    content.fixed_policy = mapped(content.fixed_policy, LEAD, "PLEE")
    pagers = PolicyRosters(content, FakeClock(), {"pagerduty": Asked((LEAD, "PLEE", ONCALL))})
    answer = await pagers.read(RosterName("night"), Role.ONCALL)
    assert answer.members == (LEAD,)
    assert answer.source == f"pagerduty; not mapped in policy.yaml people: {LEAD}, {ONCALL}"


async def test_a_schedule_names_the_one_on_call_now() -> None:
    clock, content = FakeClock(), with_roster("schedule")
    content.fixed_policy = mapped(content.fixed_policy, LEAD, "lee")
    zone = ZoneInfo("Europe/Berlin")
    today = local(clock.now(), zone).date()
    turns = Schedule("S123", zone, (Rotation(("lee", ONCALL), today, (time(0),), 1),))
    read = PolicyRosters(content, clock, {"schedule": scheduled(lambda: (turns,), clock)}).read
    assert (await read(RosterName("night"), Role.LEAD)).members == (LEAD,)
    clock.advance(24 * 3600)
    assert (await read(RosterName("night"), Role.LEAD)).members == (ONCALL,)
    clock.advance(-3 * 24 * 3600)
    early = await read(RosterName("night"), Role.LEAD)
    assert (early.members, "has not begun" in early.error) == ((), True)


async def test_a_schedule_that_is_gone_names_nobody() -> None:
    read = PolicyRosters(
        with_roster("schedule"), FakeClock(), {"schedule": scheduled(tuple, FakeClock())}
    ).read
    assert (await read(RosterName("night"), Role.LEAD)).error == "oncall.yaml has no schedule 'S123'"
