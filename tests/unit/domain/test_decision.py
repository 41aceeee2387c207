"""The gate's judgement where the order of two refusals decides what a person is told."""

from dataclasses import replace

from bot.domain.decision import Click, Code, Refused, decide
from bot.domain.events import Decided
from bot.domain.plan import canonical, digest_of
from tests.integrity.matrix import APPENDING, missing, outcome
from tests.integrity.oracle import Channel, Situation, User, expected
from tests.integrity.situations import matrix
from tests.integrity.worlds import meeting

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
