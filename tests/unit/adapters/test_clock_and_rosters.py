import asyncio
import re

import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.rosters import PolicyRosters, Reader
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import PersonId, RosterName
from bot.domain.policy import Role, RosterSpec
from tests.fakes.content import ONCALL, FixedContent, example_content
from tests.fakes.world import FakeClock


def with_roster(kind: str) -> FixedContent:
    content = example_content()
    spec = RosterSpec(RosterName("night"), kind, (), "S123")
    policy = content.fixed_policy
    content.fixed_policy = type(policy)(
        people=policy.people,
        rosters=(*policy.rosters, spec),
        tiers=policy.tiers,
        tripwires=policy.tripwires,
        limits=policy.limits,
        workspaces=policy.workspaces,
        shared_channels_allowed=False,
        sha256=policy.sha256,
    )
    return content


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
        ("night", "schedule", "rosters of kind 'schedule' are not configured"),
    ],
)
async def test_a_roster_that_cannot_be_read_names_nobody(name: str, kind: str, error: str) -> None:
    answer = await PolicyRosters(with_roster(kind), FakeClock()).read(RosterName(name), Role.LEAD)
    assert (answer.members, answer.error) == ((), error)


async def test_a_slow_source_is_given_up() -> None:
    async def never(_: RosterSpec) -> tuple[PersonId, ...]:
        await asyncio.Event().wait()
        return (ONCALL,)

    answer = await rosters("usergroup", never).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.error) == ((), "no answer within 0.05 s")


async def test_a_failing_source_is_an_answer_with_an_error() -> None:
    async def fails(_: RosterSpec) -> tuple[PersonId, ...]:
        raise SourceUnavailableError("the schedule is down")

    answer = await rosters("schedule", fails).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.error) == ((), "the schedule is down")


async def test_a_configured_reader_is_asked() -> None:
    async def group(spec: RosterSpec) -> tuple[PersonId, ...]:
        return (PersonId(f"U-{spec.source}"), PersonId(f"U-{spec.source}"))

    answer = await rosters("usergroup", group).read(RosterName("night"), Role.ONCALL)
    assert (answer.members, answer.source) == ((PersonId("U-S123"),), "usergroup")
