"""Sentences for every code and error, answers from the record, modals, and the report."""

import json
import re
from pathlib import Path

import pytest

from bot.domain.action import Tier
from bot.domain.decision import NO_ACCOUNT, NOT_YET, UNREADABLE, Code, ExecutionCode, Refused
from bot.domain.errors import (
    ClaimRefusedError,
    GreenlightError,
    PlanRefusedError,
    StoreUnavailableError,
)
from bot.domain.events import Closing, Outcome
from bot.domain.finding import Option, ProposedStep, Verdict
from bot.domain.incident import NOT_APPLIED
from bot.domain.report import report_of
from bot.slack.views import errors
from bot.slack.views.answers import Answer, answer
from bot.slack.views.errors import (
    ERRORS,
    EXECUTIONS,
    PLANS,
    REFUSALS,
    PlanCode,
    error_sentence,
    execution_sentence,
    plan_sentence,
    refusal,
)
from bot.slack.views.modals import evidence_modal, notice_modal, refusal_modal, reject_modal
from bot.slack.views.plain import plain_of, render_view
from bot.slack.views.scene import Scene
from bot.slack.views.steering_modals import close_modal
from bot.slack.views.values import parse_metadata
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.house import ROLLBACK
from tests.fakes.slack_rules import check_view
from tests.fakes.story import Story, story

MESSAGE = ("C0ALERTS", "1790000000.000100")


def proposed() -> Story:
    return story().opened().diagnosed().proposed()


def scene(of: Story) -> Scene:
    return Scene(of.now, approvers=(ONCALL, LEAD), names=((ONCALL, "Olga"), (LEAD, "Lee")))


def test_every_code_has_its_own_sentence() -> None:
    assert set(REFUSALS) == set(Code)
    assert set(EXECUTIONS) == set(ExecutionCode)
    assert set(PLANS) == set(PlanCode)
    assert len(set(REFUSALS.values())) == len(Code)
    assert len(set(EXECUTIONS.values())) == len(ExecutionCode)


NEXT = re.compile(
    r"\b(Use|Ask|ask|Check|Wait|wait|See|try again|Try again|decide|click again|act by hand|mention|tell|"
    r"must add|must approve|is needed|nothing to do|The card shows)\b"
)


@pytest.mark.parametrize(
    "sentence", [*REFUSALS.values(), *EXECUTIONS.values(), *PLANS.values()], ids=lambda text: str(text)[:40]
)
def test_every_sentence_of_every_code_says_what_to_do_next(sentence: str) -> None:
    assert sentence.endswith(".")
    assert sentence.count(".") >= 2
    assert NEXT.search(sentence)


@pytest.mark.parametrize("code", Code)
def test_a_refusal_is_short_says_what_to_do_and_ends_with_its_code(code: Code) -> None:
    sentence = refusal(Refused(code))
    assert sentence.endswith(f" [{code}]")
    assert 60 < len(sentence) < 300
    assert sentence.count(".") >= 2 or ";" in sentence


def test_a_refusal_names_who_decided() -> None:
    assert refusal(Refused(Code.DECIDED, by=LEAD)).startswith("<@U0LEAD> has already decided")
    assert refusal(Refused(Code.PAUSED, by=LEAD)).startswith("<@U0LEAD> paused this")
    last = "the last approval must come from senior"
    assert f"not as the last one: {last}." in refusal(Refused(Code.NOT_AUTHORISED, last))


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (Refused(Code.PAUSED, "all"), "A lead says `/greenlight resume all` and why; then click again."),
        (Refused(Code.PAUSED, "environment:shop"), "All changes in shop are paused"),
        (Refused(Code.WRONG_MESSAGE, NOT_YET), "Wait a moment and click again"),
        (Refused(Code.PAUSED, UNREADABLE), "could not read whether changes are paused"),
        (Refused(Code.PERSON_UNKNOWN, NO_ACCOUNT), "Slack did not tell me who you are"),
        (Refused(Code.ROSTER_UNAVAILABLE, "nights: nobody is in it"), "(nights: nobody is in it)"),
    ],
)
def test_a_refusal_tells_apart_what_needs_another_remedy(refused: Refused, said: str) -> None:
    sentence = refusal(refused)
    assert said in sentence
    assert sentence.endswith(f" [{refused.code}]")
    assert NEXT.search(sentence)


REFUSED = re.compile(r'ExecutorRefusedError\(\s*"([A-Z_]+)"|ExecutionStopped\([^)]*"([A-Z_]+)"')


def test_every_code_of_an_executor_has_a_sentence_that_says_what_to_do_next() -> None:
    folder = Path(errors.__file__).parents[2]
    texts = [path.read_text() for name in ("adapters", "flow") for path in (folder / name).glob("*.py")]
    found = {one or other for text in texts for one, other in REFUSED.findall(text)} - {"FAILED"}
    assert {"RECORD_BROKEN", "NO_EXECUTOR", "GIVEN_UP"} <= found
    for code in {*found, NOT_APPLIED}:
        said = execution_sentence(code)
        assert "The executor refused" not in said, code
        assert NEXT.search(said), code


def test_codes_from_elsewhere_still_make_a_sentence() -> None:
    assert "NO_APPROVAL" in execution_sentence("NO_APPROVAL")
    assert "run and failed" in execution_sentence("FAILED")
    assert "NEW_RULE" in plan_sentence("NEW_RULE")


def test_every_error_that_people_meet_has_a_sentence() -> None:
    for kind, sentence in ERRORS:
        error = kind()
        assert error_sentence(error) == sentence
    assert "this was not recorded" in error_sentence(StoreUnavailableError("redis://secret@host"))
    assert "secret" not in error_sentence(GreenlightError("secret"))
    refused = PlanRefusedError(PlanCode.BAD_PARAMETER, "pool_size must be within 1 and 200, not <!channel>.")
    assert error_sentence(refused).endswith("not &lt;!channel&gt;. [BAD_PARAMETER]")
    assert error_sentence(ClaimRefusedError("TARGET_LOCKED")).endswith("[TARGET_LOCKED]")


def told(found: Answer | None) -> Answer:
    """An answer that the record gives."""
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("status?", "Approval needed. A plan waits"),
        ("<@U0BOT> what's going on", "Approval needed."),
        ("Why?", "Likely cause (confidence high): checkout's connection pool"),
        ("show me the evidence", "E1 logs from /var/log/checkout.log: 40 x PoolTimeout"),
        ("plan", "Plan 1 ("),
        ("who can approve this?", "Plan 1 (risk low) needs 1 more approval until"),
        ("approvers", "Plan 1 (risk low) needs"),
        ("<@U0BOT> ", "Approval needed."),
    ],
)
def test_questions_are_answered_from_the_record(question: str, start: str) -> None:
    of = proposed()
    assert told(answer(of.incident, scene(of), question))[0].startswith(start)


def test_what_the_record_does_not_answer_is_left_to_a_model() -> None:
    of = proposed()
    assert answer(of.incident, scene(of), "should we wake the database team?") is None


def test_why_cites_the_evidence_of_each_claim() -> None:
    of = proposed()
    text, cited = told(answer(of.incident, scene(of), "why"))
    assert '- the pool times out "connection pool exhausted: timeout waiting for connection" [E1]' in text
    assert cited == ("ev-000001", "ev-000002")


def test_who_can_approve_names_those_who_cannot() -> None:
    of = story().opened().diagnosed().proposed(ROLLBACK, tier=Tier.MEDIUM, originators=(LEAD,))
    who = Scene(of.now, approvers=(ONCALL,), names=((ONCALL, "Olga"), (LEAD, "Lee")))
    text, _ = told(answer(of.incident, who, "who can approve?"))
    assert "Who can approve now: Olga." in text
    assert "Asked for this plan, so cannot approve it: Lee." in text
    nobody = Scene(of.now, roster_note="checkout-oncall did not answer")
    assert (
        "Nobody can approve right now (checkout-oncall"
        in told(answer(of.incident, nobody, "who can approve"))[0]
    )


def test_answers_before_there_is_anything_say_so() -> None:
    of = story().opened()
    said = {
        question: told(answer(of.incident, scene(of), question))[0]
        for question in ("why", "evidence", "plan", "approvers")
    }
    assert said == {
        "why": "There is no diagnosis yet; I am still looking.",
        "evidence": "Nothing has been looked at yet.",
        "plan": "There is no plan yet.",
        "approvers": "No plan waits for approval right now.",
    }


def test_the_reject_modal_warns_and_names_who_is_left() -> None:
    of = proposed()
    view = reject_modal(of.plan, ONCALL, (ONCALL, LEAD), MESSAGE)
    check_view(view)
    text = render_view(view)
    assert "you become one of those who asked for it" in text
    assert "Who could approve it next, at the same risk: @U0LEAD." in text
    assert view["callback_id"] == "reject_reason"
    value = f"1|{of.plan.plan.id}|1|{of.plan.digest[:12]}"
    assert parse_metadata(str(view["private_metadata"])) == (value, *MESSAGE)
    alone = render_view(reject_modal(of.plan, ONCALL, (ONCALL,), MESSAGE))
    assert "nobody that I know of" in alone


def test_the_small_modals_are_ones_that_slack_takes() -> None:
    of = proposed()
    check_view(close_modal(of.incident.id, MESSAGE))
    check_view(notice_modal("Stopped", "No new step starts until a lead resumes."))
    for code in Code:
        check_view(refusal_modal(Refused(code, "detail", LEAD)))
    view = evidence_modal(of.incident)
    check_view(view)
    text = render_view(view)
    assert "E2: metrics from prometheus" in text
    assert "Query: checkout_pool_in_use" in text
    assert "> connection pool exhausted: timeout waiting for connection" in text
    check_view(evidence_modal(story().opened().incident))


def full() -> Story:
    of = proposed().approved().executed().verified(Outcome.UNCHANGED)
    return of.proposed(ROLLBACK).rejected(reason="Too late.").proposed(ROLLBACK).approved(LEAD, "lead")


def test_the_report_only_knows_what_the_events_say() -> None:
    of = full().executed().verified().closed()
    report = report_of(of.incident)
    assert [(ran.revision, ran.change, str(ran.status), ran.approvers) for ran in report.actions] == [
        (1, "pool_size 20 → 50", "done", (ONCALL,)),
        (3, "version 42 → 41", "done", (LEAD,)),
    ]
    assert report.ending == "Measured: the success check that was declared before approval holds."
    lines = [row.text for row in report.timeline]
    assert "Rejected plan 2: Too late." in lines
    assert "Measured: unchanged (error_rate: 0 of 3 samples below 0.01)." in lines
    assert [row.at for row in report.timeline] == sorted(row.at for row in report.timeline)
    kinds = [text.split(":")[0] for text in report.followups]
    assert kinds == ["Clean up", "Monitoring", "Prevention", "Post-mortem", "Documentation"]


def test_a_change_that_was_taken_back_needs_no_clean_up() -> None:
    of = proposed().approved().executed().verified(Outcome.UNCHANGED)
    undo = of.plan.plan.steps[0].undo
    assert undo.action is not None
    back = Option("Undo", (ProposedStep(undo.action, of.plan.plan.steps[0].target, undo.parameters),))
    of.proposed(back).approved().executed().verified(Outcome.UNCHANGED)
    assert not any(text.startswith("Clean up") for text in report_of(of.incident).followups)


def test_a_report_without_a_cause_or_an_action_claims_neither() -> None:
    of = story().opened().diagnosed().nothing(Verdict.INCONCLUSIVE, "No logs.").closed(Closing.NOISE, ONCALL)
    report = report_of(of.incident)
    assert report.actions == ()
    assert report.ending == "Closed as noise by a person."
    assert "Resolved" not in json.dumps([row.text for row in report.timeline])


def test_plain_text_reads_like_the_message() -> None:
    marked = "*Now:* <@U0LEAD> at <!date^1790000000^{time}|14:13 UTC> saw &lt;b&gt; &amp; <https://a.example/|more>"
    assert plain_of(marked) == "Now: @U0LEAD at 14:13 UTC saw <b> & more (https://a.example/)"
