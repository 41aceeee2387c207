"""Two rules broken by one click: the earlier one of rule 16 is what the person is told, for every pair."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import pytest

from bot.domain.decision import NOT_YET, Click, Code, Refused, decide
from bot.domain.events import Decided, PlanEnd
from bot.domain.ids import PlanId
from bot.domain.incident import PlanState
from bot.domain.policy import Role
from tests.integrity.oracle import Role as Held
from tests.integrity.oracle import Situation, Tier
from tests.integrity.worlds import CLICKER, FREEZE, Meeting, meeting

Break = Callable[[Meeting], Meeting]


def clicked(met: Meeting, **changed: object) -> Meeting:
    assert isinstance(met.click, Click)
    return replace(met, click=replace(met.click, **changed))


def stated(met: Meeting, **changed: object) -> Meeting:
    (state,) = met.incident.plans
    return replace(met, incident=replace(met.incident, plans=(replace(state, **changed),)))


def planned(met: Meeting, **changed: object) -> Meeting:
    return stated(met, plan=replace(now(met).plan, **changed))


def now(met: Meeting) -> PlanState:
    return met.incident.plans[0]


def outside(met: Meeting, **changed: object) -> Meeting:
    return replace(met, world=replace(met.world, **changed))


def clicker(met: Meeting, **changed: object) -> Meeting:
    person = met.world.person
    return outside(met, person=replace(person, **changed) if person is not None else None)


def unmapped(met: Meeting) -> Meeting:
    people = tuple(one for one in met.world.policy.people if one.id != CLICKER)
    return outside(met, policy=replace(met.world.policy, people=people))


def frozen(met: Meeting) -> Meeting:
    return outside(met, policy=replace(met.world.policy, freezes=(FREEZE,)))


def shared(met: Meeting) -> Meeting:
    policy = replace(met.world.policy, shared_channels_allowed=False)
    return outside(met, policy=policy, shared_channel=True)


def off_duty(met: Meeting) -> Meeting:
    rosters = tuple(
        replace(one, members=tuple(m for m in one.members if m != CLICKER)) for one in met.world.rosters
    )
    return outside(met, rosters=rosters)


def unread(met: Meeting) -> Meeting:
    return outside(met, rosters=tuple(replace(one, error="down") for one in met.world.rosters))


def counted(met: Meeting) -> Meeting:
    state = now(met)
    own = Decided(state.plan.id, state.plan.revision, state.digest, True, CLICKER, (Role.LEAD,), ())
    return stated(met, decisions=((met.world.now, own),))


ORDER: tuple[tuple[Code, Break], ...] = (
    (Code.WRONG_MESSAGE, lambda met: outside(met, message=None)),
    (Code.UNKNOWN_PLAN, lambda met: clicked(met, plan=PlanId("plan-other"))),
    (Code.SUPERSEDED, lambda met: stated(met, ended=PlanEnd.SUPERSEDED)),
    (Code.PAUSED, lambda met: outside(met, paused="all")),
    (Code.EXPIRED, lambda met: planned(met, expires_at=met.world.now)),
    (Code.DIGEST_MISMATCH, lambda met: clicked(met, digest12="0" * 12)),
    (Code.POLICY_CHANGED, lambda met: planned(met, policy="another")),
    (Code.POLICY_CHANGED, lambda met: planned(met, rosters=(("oncall", "others"),))),
    (Code.CATALOGUE_CHANGED, lambda met: planned(met, catalogue="another")),
    (Code.PERSON_UNKNOWN, lambda met: outside(met, person=None)),
    (Code.NOT_HUMAN, lambda met: clicker(met, is_bot=True)),
    (Code.INACTIVE, lambda met: clicker(met, active=False)),
    (Code.GUEST, lambda met: clicker(met, guest=True)),
    (Code.EXTERNAL_TEAM, lambda met: clicker(met, external=True)),
    (Code.PERSON_UNKNOWN, unmapped),
    (Code.SHARED_CHANNEL, shared),
    (Code.ROSTER_UNAVAILABLE, unread),
    (Code.NOT_AUTHORISED, off_duty),
    (Code.ORIGINATOR, lambda met: planned(met, originators=(CLICKER,))),
    (Code.ALREADY_COUNTED, counted),
    (Code.FROZEN, frozen),
)


def told(met: Meeting) -> Code | None:
    assert isinstance(met.click, Click)
    said = decide(met.incident, met.click, met.world)
    return said.code if isinstance(said, Refused) else None


def at_ease() -> Meeting:
    return meeting(Situation(tier=Tier.HIGH, roles=frozenset({Held.LEAD})))


def test_the_click_itself_is_counted() -> None:
    assert told(at_ease()) is None


def test_a_click_in_the_moment_before_its_card_is_noted_is_told_to_come_again() -> None:
    met = outside(at_ease(), message=None)
    assert isinstance(met.click, Click)
    assert decide(met.incident, met.click, met.world) == Refused(Code.WRONG_MESSAGE, NOT_YET)
    other = outside(at_ease(), message=("C0OTHER", "1.1"))
    assert decide(other.incident, met.click, other.world) == Refused(Code.WRONG_MESSAGE)


@pytest.mark.parametrize(("code", "broken"), ORDER)
def test_each_rule_broken_alone_is_told(code: Code, broken: Break) -> None:
    assert told(broken(at_ease())) is code


def test_of_any_two_broken_rules_the_earlier_is_told() -> None:
    for (first, earlier), (second, later) in combinations(ORDER, 2):
        assert told(earlier(later(at_ease()))) is first, (first, second)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        (PlanEnd.EXPIRED, Code.EXPIRED),
        (PlanEnd.SUPERSEDED, Code.SUPERSEDED),
        (PlanEnd.RESOLVED_ITSELF, Code.RESOLVED_ITSELF),
        (PlanEnd.DRIFTED, Code.SUPERSEDED),
        (PlanEnd.REJECTED, Code.DECIDED),
        (PlanEnd.CLOSED, Code.DECIDED),
    ],
)
def test_a_closed_plan_says_what_closed_it_also_while_paused_and_after_its_time(
    how: PlanEnd, code: Code
) -> None:
    met = planned(outside(stated(at_ease(), ended=how), paused="all"), expires_at=at_ease().world.now)
    assert told(met) is code
