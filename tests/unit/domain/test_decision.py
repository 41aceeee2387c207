"""The gate's judgement where the order of two refusals decides what a person is told."""

from dataclasses import replace

import pytest

from bot.domain.decision import Click, Code, Refused, RosterAnswer, decide, missing_role, roles_left
from bot.domain.events import Decided, PlanEnd
from bot.domain.ids import At
from bot.domain.incident import Phase
from bot.domain.plan import canonical, digest_of
from bot.domain.policy import Role
from bot.domain.teamwork import AutoApproved
from tests.integrity.matrix import APPENDING, missing, outcome
from tests.integrity.oracle import Channel, Prior, Situation, Tier, User, Verdict, expected
from tests.integrity.oracle import Role as Held
from tests.integrity.situations import matrix
from tests.integrity.worlds import Meeting, meeting

SOME = 61
"""A prime, so that every kind of situation comes up; `make integrity` drives all of them."""


def test_somebody_unknown_in_a_shared_channel_learns_first_that_nobody_knows_them() -> None:
    met = meeting(Situation(user=User.UNMAPPED, channel=Channel.SHARED_FORBIDDEN))
    assert isinstance(met.click, Click)
    assert decide(met.incident, met.click, met.world) == Refused(Code.PERSON_UNKNOWN)


def test_a_body_that_no_longer_has_its_digest_is_refused_whoever_clicks() -> None:
    met = meeting(Situation())
    assert isinstance(met.click, Click)
    body = met.state.body.replace('"pool_size",50', '"pool_size",51')
    assert body != met.state.body
    incident = replace(met.incident, plans=(replace(met.state, body=body),))
    assert decide(incident, met.click, met.world) == Refused(Code.DIGEST_MISMATCH)


def test_a_plan_that_no_card_could_show_whole_cannot_be_approved_but_rejected() -> None:
    met = meeting(Situation())
    assert isinstance(met.click, Click)
    plan = replace(met.state.plan, steps=(replace(met.state.plan.steps[0], effect="x" * 3000),))
    body = canonical(plan)
    state = replace(met.state, plan=plan, body=body, digest=digest_of(body))
    incident = replace(met.incident, plans=(state,))
    click = replace(met.click, digest12=state.digest[:12])
    assert decide(incident, click, met.world) == Refused(Code.DIGEST_MISMATCH, "TOO_LARGE_TO_REVIEW")
    assert isinstance(decide(incident, replace(click, approve=False), met.world), Decided)


def test_some_situations_of_every_kind_are_judged_as_the_rules_say() -> None:
    for number, s in tuple(enumerate(matrix()))[::SOME]:
        wanted = expected(s)
        if not missing(s) and wanted.code not in APPENDING:
            assert outcome(meeting(s, number), decide) == wanted, s


def test_an_account_that_slack_does_not_name_is_told_apart_from_one_that_the_policy_does_not_know() -> None:
    met = meeting(Situation(user=User.UNREADABLE))
    assert judged(met) == Refused(Code.PERSON_UNKNOWN, "Slack did not say who this is")


def judged(met: Meeting) -> Decided | Refused:
    assert isinstance(met.click, Click)
    return decide(met.incident, met.click, met.world)


@pytest.mark.parametrize("phase", [Phase.ESCALATED, Phase.EXECUTING, Phase.CLOSED])
def test_an_open_plan_of_an_incident_that_waits_for_no_click_is_decided(phase: Phase) -> None:
    met = meeting(Situation())
    assert judged(replace(met, incident=replace(met.incident, phase=phase))) == Refused(Code.DECIDED)


def with_state(met: Meeting, **changed: object) -> Meeting:
    state = replace(met.state, **changed)
    return replace(met, incident=replace(met.incident, plans=(state,)))


def test_a_plan_that_nobody_decided_is_closed_by_nobody() -> None:
    met = meeting(Situation())
    auto = AutoApproved(met.state.plan.id, 1, met.state.digest, "auto_apply")
    assert judged(with_state(met, ended=PlanEnd.CLOSED)) == Refused(Code.DECIDED)
    assert judged(with_state(met, auto=(met.world.now, auto))) == Refused(Code.DECIDED)
    assert judged(with_state(met, started_at=met.world.now)) == Refused(Code.DECIDED)


def with_rosters(met: Meeting, *rosters: RosterAnswer) -> Meeting:
    return replace(met, world=replace(met.world, rosters=rosters))


def test_every_roster_that_lends_nobody_is_named_with_its_reason_and_none_that_does_not_matter() -> None:
    met = meeting(Situation(tier=Tier.MEDIUM, roles=frozenset()))
    answers = {answer.role: answer for answer in met.world.rosters}
    oncall, lead = answers[Role.ONCALL], answers[Role.LEAD]
    elsewhere = replace(answers[Role.SENIOR], error="the source is down")
    lost = replace(lead, error="the source is down")
    old = replace(oncall, at=At(met.world.now - 30_001))
    empty = replace(lead, members=())
    for rosters, said in (
        ((elsewhere, oncall, lost), "checkout-lead: the source is down"),
        ((old, lead, elsewhere), "checkout-oncall: its answer is older than 30 s"),
        ((empty, old), "checkout-oncall: its answer is older than 30 s; checkout-lead: nobody is in it"),
        ((oncall,), "the service has no roster for lead"),
    ):
        assert judged(with_rosters(met, *rosters)) == Refused(Code.ROSTER_UNAVAILABLE, said)
    assert judged(with_rosters(met, oncall, lead, elsewhere)) == Refused(Code.NOT_AUTHORISED)


def test_who_has_approved_already_is_told_that_it_counts_once() -> None:
    met = meeting(Situation(tier=Tier.HIGH, roles=frozenset({Held.LEAD}), prior=Prior.OWN))
    assert judged(met) == Refused(Code.ALREADY_COUNTED)


def test_a_last_approval_without_the_role_that_is_missing_names_that_role() -> None:
    met = meeting(Situation(tier=Tier.HIGH, roles=frozenset({Held.LEAD}), prior=Prior.BY_ON_CALL))
    assert judged(met) == Refused(Code.NOT_AUTHORISED, "the last approval must come from senior")


def roles_after(tier: Tier, prior: Prior) -> tuple[Role | None, tuple[Role, ...]]:
    met = meeting(Situation(tier=tier, prior=prior))
    rule = met.world.policy.rule(met.state.plan.tier)
    return missing_role(met.state, rule), roles_left(met.state, rule)


def test_the_last_approval_may_come_only_from_the_role_that_is_missing() -> None:
    every = (Role.ONCALL, Role.LEAD, Role.SENIOR)
    assert roles_after(Tier.HIGH, Prior.NONE) == (Role.SENIOR, every)
    assert roles_after(Tier.HIGH, Prior.BY_LEAD) == (Role.SENIOR, (Role.SENIOR,))
    assert roles_after(Tier.HIGH, Prior.BY_SENIOR) == (None, every)
    assert roles_after(Tier.MEDIUM, Prior.NONE) == (None, (Role.ONCALL, Role.LEAD))


def test_the_reason_of_a_rejection_is_part_of_the_decision() -> None:
    met = meeting(Situation(verdict=Verdict.REJECT))
    said = judged(met)
    assert isinstance(said, Decided)
    assert (said.approved, said.reason) == (False, "It would not help.")
