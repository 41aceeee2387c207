"""What doctor says of policies and rosters."""

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.domain.auto_apply import AutoApply
from bot.domain.checkup import (
    Finding,
    Level,
    freeze_findings,
    page_findings,
    policy_findings,
    quorum_findings,
    roster_findings,
    turn_findings,
)
from bot.domain.decision import RosterAnswer
from bot.domain.freeze import FreezeKind, FreezeWindow, Once
from bot.domain.ids import ActionId, At, EnvironmentId, PersonId, RosterName
from bot.domain.paging import PageKind, PageRule, PageTarget, Paging
from bot.domain.policy import KnownPerson, Policy, Role, RosterSpec
from bot.domain.schedule import Override, Rotation, Schedule
from tests.fakes.content import LEAD, ONCALL, SENIOR, example_inventory, example_policy
from tests.fakes.world import START

SERVICE = example_inventory().services[0]


def answer(role: Role, *members: PersonId, error: str = "", source: str = "list") -> RosterAnswer:
    return RosterAnswer(role, f"the-{role}", source, members, START, error)


def levels(*answers: RosterAnswer, policy: Policy | None = None) -> dict[str, Level]:
    found = quorum_findings(SERVICE, policy or example_policy(), answers)
    return {finding.where.split(", ")[1]: finding.level for finding in found}


def test_enough_distinct_people_in_every_role_is_all_right() -> None:
    found = levels(answer(Role.ONCALL, ONCALL), answer(Role.LEAD, LEAD), answer(Role.SENIOR, SENIOR))
    assert found == {"low": Level.OK, "medium": Level.OK, "high": Level.OK}


def test_one_person_in_every_role_counts_once_and_cannot_approve_what_needs_two() -> None:
    found = levels(answer(Role.ONCALL, ONCALL), answer(Role.LEAD, ONCALL), answer(Role.SENIOR, ONCALL))
    assert found == {"low": Level.OK, "medium": Level.WARN, "high": Level.FAIL}


def test_two_people_where_two_are_needed_leave_nobody_to_spare() -> None:
    found = levels(answer(Role.ONCALL, ONCALL), answer(Role.LEAD, ONCALL), answer(Role.SENIOR, SENIOR))
    assert found["high"] is Level.WARN


def test_a_role_that_must_be_among_them_must_be_held_by_somebody() -> None:
    found = tuple(
        quorum_findings(SERVICE, example_policy(), (answer(Role.ONCALL, ONCALL), answer(Role.LEAD, LEAD)))
    )
    assert found[-1].level is Level.FAIL
    assert found[-1].what == "one approval must come from senior, and nobody holds that role"


def test_a_roster_that_cannot_be_read_lends_nobody() -> None:
    assert levels(answer(Role.ONCALL, ONCALL, error="down"))["low"] is Level.FAIL


def test_people_in_several_roles_are_named() -> None:
    answers = (
        answer(Role.ONCALL, ONCALL, LEAD),
        answer(Role.LEAD, LEAD),
        answer(Role.SENIOR, SENIOR),
    )
    high = tuple(quorum_findings(SERVICE, example_policy(), answers))[-1]
    assert high == Finding(
        Level.OK,
        "checkout, high",
        f"3 may approve, 2 needed ({LEAD}: several roles, counted once)",
    )


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (answer(Role.ONCALL, ONCALL), Level.OK),
        (answer(Role.ONCALL), Level.FAIL),
        (answer(Role.ONCALL, error="plan_upgrade_required"), Level.FAIL),
        (answer(Role.ONCALL, ONCALL, source="usergroup; not mapped in policy.yaml people: U1"), Level.WARN),
    ],
)
def test_every_roster_is_told_once(one: RosterAnswer, level: Level) -> None:
    (found,) = roster_findings((one, replace(one, role=Role.LEAD)), example_policy())
    assert found.level is level
    assert found.todo or f"Olga ({ONCALL})" in found.what


def test_a_careless_policy_is_told() -> None:
    policy = example_policy()
    twin = KnownPerson(PersonId("U0OTHER"), policy.people[0].name.upper())
    careless = replace(
        policy,
        people=(*policy.people, twin),
        workspaces=(),
        shared_channels_allowed=True,
        tiers=(*policy.tiers[:2], replace(policy.tiers[2], approvals=1)),
    )
    assert [finding.level for finding in policy_findings(careless)] == [
        Level.WARN, Level.WARN, Level.FAIL, Level.WARN,
    ]  # fmt: skip
    assert tuple(policy_findings(policy)) == ()


def test_page_targets_without_their_secret_are_failures_and_no_rule_is_said() -> None:
    target = PageTarget("shop", PageKind.WEBHOOK, "env:SHOP")
    policy = replace(example_policy(), paging=Paging((target,), (PageRule("shop"),)))
    assert [one.level for one in page_findings(policy, {"SHOP": "https://x"})] == [Level.OK]
    (missing,) = page_findings(policy, {})
    assert (missing.level, missing.what) == (Level.FAIL, "env:SHOP is not set")
    (nobody,) = page_findings(example_policy(), {})
    assert (nobody.level, nobody.what) == (Level.OK, "nobody is called outside Slack when nobody answers")
    auto = AutoApply((EnvironmentId("staging"),), (ActionId("restart"),))
    told = [one.what for one in page_findings(replace(policy, auto_apply=auto), {"SHOP": "x"})]
    assert told[-1] == "low risks run without a person in staging: restart"


def test_high_risk_without_a_senior_and_originators_who_approve_are_told() -> None:
    policy = example_policy()
    low, medium, high = policy.tiers
    lax = (low, replace(medium, originator_may_approve=True))
    careless = replace(policy, tiers=(*lax, replace(high, one_of=None, originator_may_approve=True)))
    assert [finding.what for finding in policy_findings(careless)] == [
        "a plan of high risk needs no senior",
        "whoever asks for a plan of medium risk may approve it",
        "whoever asks for a plan of high risk may approve it",
    ]


def test_somebody_of_whom_no_decision_counts_is_not_counted_for_a_quorum() -> None:
    answers = (answer(Role.ONCALL, ONCALL), answer(Role.LEAD, LEAD), answer(Role.SENIOR, SENIOR))
    high = tuple(quorum_findings(SERVICE, example_policy(), answers, frozenset({SENIOR})))[-1]
    assert (high.level, high.what) == (
        Level.FAIL,
        "one approval must come from senior, and nobody holds that role",
    )


def test_a_turn_of_somebody_unmapped_is_told_before_it_comes() -> None:
    policy = example_policy()
    roster = RosterSpec(RosterName("nights"), "schedule", source="nights")
    people = (*policy.people, KnownPerson(PersonId("U0SUE"), "Sue", "sue"))
    policy = replace(policy, rosters=(*policy.rosters, roster), people=people)
    turns = Rotation(("sue", ONCALL, "olga"), date(2026, 1, 5), (time(9),), 7)
    stand_in = Override("otto", At(0), At(1))
    nights = Schedule("nights", ZoneInfo("UTC"), (turns,), (stand_in,))
    (found,) = turn_findings(policy, (nights, replace(nights, name="unused")))
    assert (found.level, found.where) == (Level.FAIL, "schedule nights")
    assert found.what.startswith("not mapped: olga, otto;")


def test_a_freeze_that_holds_now_is_told_with_its_end() -> None:
    once = Once(datetime(2026, 1, 1), datetime(2027, 1, 1))  # noqa: DTZ001 - wall time
    window = FreezeWindow("The year", FreezeKind.DENY, ZoneInfo("UTC"), once, (EnvironmentId("prod"),))
    policy = replace(example_policy(), freezes=(window,))
    (found,) = freeze_findings(policy, (EnvironmentId("prod"), EnvironmentId("dev")), START)
    assert (found.where, found.level) == ("environment prod", Level.WARN)
    assert "frozen by 'The year' until 2027-01-01" in found.what
