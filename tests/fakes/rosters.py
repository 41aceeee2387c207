"""Policies with rosters that are no lists."""

from dataclasses import replace

from bot.domain.ids import PersonId, RosterName
from bot.domain.policy import Policy, RosterSpec
from tests.fakes.content import FixedContent, example_content


def with_roster(kind: str) -> FixedContent:
    """The example's content with one more roster, `night`, of this kind and the source S123."""
    content = example_content()
    spec = RosterSpec(RosterName("night"), kind, (), "S123")
    policy = content.fixed_policy
    content.fixed_policy = replace(policy, rosters=(*policy.rosters, spec))
    return content


def mapped(policy: Policy, person: PersonId, schedule_id: str) -> Policy:
    """The policy with a schedule id for one person."""
    people = tuple(replace(p, schedule_id=schedule_id) if p.id == person else p for p in policy.people)
    return replace(policy, people=people)
