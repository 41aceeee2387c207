"""What a policy answers about a tier, a roster, a person or an id of a schedule, known or not."""

from dataclasses import replace

from bot.domain.action import Tier
from bot.domain.ids import RosterName
from bot.domain.policy import KnownPerson, RosterSpec
from tests.fakes.content import GUEST, LEAD, ONCALL, SENIOR, example_policy

OLGA = KnownPerson(ONCALL, "Olga", "PD0LGA")
LEE = KnownPerson(LEAD, "Lee")
POLICY = replace(example_policy(), people=(LEE, OLGA))


def test_a_roster_is_found_by_its_name_and_an_unknown_one_is_nothing() -> None:
    assert POLICY.roster(RosterName("seniors")) == RosterSpec(RosterName("seniors"), "list", (SENIOR,))
    assert POLICY.roster(RosterName("nobody")) is None


def test_a_person_is_found_by_the_slack_id_and_a_stranger_is_nothing() -> None:
    assert POLICY.person(ONCALL) == OLGA
    assert POLICY.person(LEAD) == LEE
    assert POLICY.person(GUEST) is None


def test_a_schedule_names_only_whom_the_policy_maps_and_an_empty_id_nobody() -> None:
    assert POLICY.scheduled("PD0LGA") == OLGA
    assert POLICY.scheduled("PSOMEBODY") is None
    assert POLICY.scheduled("") is None


def test_each_tier_has_its_own_rule() -> None:
    assert [POLICY.rule(tier).tier for tier in (Tier.HIGH, Tier.LOW, Tier.MEDIUM)] == [
        Tier.HIGH,
        Tier.LOW,
        Tier.MEDIUM,
    ]
