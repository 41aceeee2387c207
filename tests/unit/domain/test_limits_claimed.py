"""Exactly which claims each event makes: every key, holder, limit and window (rules 4, 12 and 18)."""

from dataclasses import replace

import pytest

from bot.domain.claim import Claim, ClaimKind
from bot.domain.claims import Index, claims_of, index_of
from bot.domain.due import wake_at
from bot.domain.errors import ClaimRefusedError
from bot.domain.events import (
    Closing,
    Event,
    ExecutionStarted,
    IncidentClosed,
    OutcomeRecorded,
    OutcomeUnknown,
    PlanProposed,
    Probed,
    StepFinished,
    StepNotRun,
    StepStarted,
)
from bot.domain.ids import DAY, HOUR, SECOND, At, Fingerprint, PersonId
from bot.domain.incident import OWN, Phase
from bot.domain.limits import approval_claims, limit_claims, limit_words, rejected_key, run_of
from bot.domain.plan import same_steps_hash
from bot.domain.policy import Limits
from bot.domain.teamwork import AlertJoined, AutoApproved, PlanAsked, Reopened, UndoAsked
from tests.fakes.content import ONCALL, PROCESS, WORKSPACE
from tests.fakes.house import PLACE, alert
from tests.fakes.story import FENCE, INCIDENT, Story, story

LIMITS = Limits(
    per_target=3,
    per_workspace=20,
    executions_per_incident=5,
    plans_per_incident=4,
    failures_in_a_row=2,
    proposals_only_seconds=1800,
)
LONG = 3650 * DAY
RATE = "RATE_LIMIT"
IN_A_ROW = "2 failed or unknown executions in a row on checkout/process: proposals only"


def proposed() -> Story:
    return story().opened().diagnosed().proposed()


def run(told: Story) -> str:
    return f"{INCIDENT}:{told.plan.digest[:12]}:0"


def made(told: Story, event: Event) -> tuple[Claim, ...]:
    return limit_claims(told.incident, event, LIMITS)


def of_step(kind: ClaimKind, holder: str) -> tuple[Claim, ...]:
    workspace = f"runs-of-workspace:{WORKSPACE}"
    return (
        Claim(kind, "runs:checkout/process", holder, RATE, 3, HOUR, "at most 3 an hour on checkout/process"),
        Claim(kind, workspace, holder, RATE, 20, HOUR, "at most 20 an hour in all"),
        Claim(ClaimKind.STEADY, "failed:checkout/process", holder, RATE, 2, 1800 * SECOND, IN_A_ROW),
    )


def of_incident(kind: ClaimKind, digest: str) -> Claim:
    key = f"runs-of-incident:{INCIDENT}"
    return Claim(kind, key, digest[:12], RATE, 5, LONG, "at most 5 executions in one incident")


def again(told: Story) -> Claim:
    key = f"rejected:{WORKSPACE}:{same_steps_hash(told.plan.plan)}"
    said = "these steps were rejected within the last 24 hours"
    return Claim(ClaimKind.ROOM, key, told.plan.digest[:12], "SAME_STEPS", 1, DAY, said)


def test_a_proposal_of_the_bots_own_counts_and_asks_whether_its_steps_were_rejected() -> None:
    before, told = story().opened().diagnosed(), proposed()
    state = told.plan
    event = PlanProposed(state.plan.id, 1, state.digest, state.body, "", ())
    own = Claim(
        ClaimKind.COUNT,
        f"plans-of-incident:{INCIDENT}",
        state.digest[:12],
        RATE,
        4,
        LONG,
        "at most 4 plans of the bot's own in one incident",
    )
    assert made(before, event) == (again(told), own)
    wanted = replace(before.incident, wanted=PlanAsked(ONCALL, "1790000001.000001", "roll back"))
    assert limit_claims(wanted, event, LIMITS) == (again(told),)


def test_an_approval_asks_for_room_and_a_rejection_keeps_the_steps_out_for_a_day() -> None:
    told = proposed()
    approved = story().opened().diagnosed().proposed().approved().plan.decisions[-1][1]
    room = (of_incident(ClaimKind.ROOM, told.plan.digest), *of_step(ClaimKind.ROOM, run(told)))
    assert made(told, approved) == room
    state = told.plan
    auto = AutoApproved(state.plan.id, 1, state.digest, "auto_apply")
    assert made(told, auto) == room
    kept = Claim(ClaimKind.COUNT, rejected_key(state.plan), state.digest[:12], "", 1_000_000_000, DAY)
    assert made(told, replace(approved, approved=False)) == (kept,)


def test_beginning_counts_for_the_incident_and_each_step_for_its_target_and_all() -> None:
    told = proposed().approved()
    digest = told.plan.digest
    assert made(told, ExecutionStarted(digest)) == (of_incident(ClaimKind.COUNT, digest),)
    assert made(told, StepStarted(digest, 0, PROCESS, "key", FENCE, ())) == of_step(
        ClaimKind.COUNT, run(told)
    )


def test_how_a_step_ended_ends_or_lengthens_the_row_of_its_target() -> None:
    told = proposed().approved()
    digest, row = told.plan.digest, "failed:checkout/process"
    fail = (Claim(ClaimKind.FAIL, row, run(told)),)
    used = Claim(
        ClaimKind.COUNT, "used:increase_pool_size:checkout/process", run(told), "", 1_000_000_000, LONG
    )
    mend = (Claim(ClaimKind.MEND, row, run(told)), used)
    assert made(told, StepFinished(digest, 0, True, "", ())) == mend
    assert made(told, StepFinished(digest, 0, False, "", ())) == fail
    assert made(told, OutcomeUnknown(digest, 0, "lost")) == fail
    assert made(told, Probed(digest, 0, True, "")) == mend
    assert made(told, Probed(digest, 0, False, "")) == fail
    assert made(told, Probed(digest, 0, None, "")) == ()
    assert made(told, OutcomeRecorded(digest, 0, True, ONCALL, "")) == mend
    assert made(told, OutcomeRecorded(digest, 0, False, ONCALL, "")) == fail
    assert made(told, StepNotRun(digest, 0, "DRIFT", "")) == ()


@pytest.mark.parametrize("index", [-1, 1, 7])
def test_a_step_that_the_plan_does_not_have_claims_and_frees_nothing(index: int) -> None:
    told = proposed().approved()
    finished = StepFinished(told.plan.digest, index, True, "", ())
    assert made(told, finished) == ()
    if index > 0:
        assert claims_of(told.incident, (finished,), LIMITS) == ()


def test_before_any_plan_nothing_of_a_plan_is_claimed() -> None:
    told = story().opened().diagnosed()
    digest = proposed().plan.digest
    events: tuple[Event, ...] = (
        StepFinished(digest, 0, True, "", ()),
        StepStarted(digest, 0, PROCESS, "key", FENCE, ()),
    )
    assert made(told, events[0]) == made(told, events[1]) == ()
    assert claims_of(told.incident, events[:1], LIMITS) == ()
    assert [claim.kind for claim in claims_of(told.incident, events[1:], LIMITS)] == [ClaimKind.TAKE]
    assert approval_claims(told.incident, LIMITS) == ()


def test_a_plan_that_no_longer_waits_asks_for_no_room() -> None:
    told = proposed()
    assert approval_claims(told.incident, LIMITS)
    assert approval_claims(told.approved().incident, LIMITS) == ()


def test_a_running_step_holds_its_target_until_its_end_is_known() -> None:
    told = proposed().approved()
    digest = told.plan.digest
    take = Claim(ClaimKind.TAKE, "target:checkout/process", INCIDENT, code="TARGET_LOCKED")
    free = Claim(ClaimKind.RELEASE, "target:checkout/process", INCIDENT)
    begun = claims_of(told.incident, (StepStarted(digest, 0, PROCESS, "key", FENCE, ()),), LIMITS)
    unpaused = tuple(
        Claim(ClaimKind.UNPAUSED, scope, INCIDENT, code="PAUSED", title=f"{scope} was paused")
        for scope in ("all", f"environment:{told.plan.plan.environment}")
    )
    assert begun == (*unpaused, take, *of_step(ClaimKind.COUNT, run(told)))
    ended: tuple[Event, ...] = (
        StepFinished(digest, 0, False, "", ()),
        StepNotRun(digest, 0, "DRIFT", ""),
        OutcomeRecorded(digest, 0, False, ONCALL, ""),
        Probed(digest, 0, False, ""),
    )
    for event in ended:
        assert claims_of(told.incident, (event,), LIMITS)[0] == free
    for event in (OutcomeUnknown(digest, 0, "lost"), Probed(digest, 0, None, "")):
        assert free not in claims_of(told.incident, (event,), LIMITS)


def test_an_incident_holds_its_fingerprint_until_it_is_closed() -> None:
    told = story().opened()
    opened = told.entries[0].event
    take = Claim(ClaimKind.TAKE, "fingerprint:fp-1", INCIDENT, code="DUPLICATE")
    assert claims_of(None, (opened,), LIMITS) == (take,)
    closed = IncidentClosed(Closing.NOISE, PersonId("U0ONCALL"), "")
    assert claims_of(told.incident, (closed,), LIMITS) == (
        Claim(ClaimKind.RELEASE, "fingerprint:fp-1", INCIDENT),
    )


def test_an_alert_that_joins_or_comes_back_is_held_by_the_incident_that_has_it_now() -> None:
    told = story().opened()
    take = Claim(ClaimKind.TAKE, "fingerprint:fp-2", INCIDENT, code="DUPLICATE")
    joined, back = AlertJoined(alert("fp-2"), PLACE, "same service"), Reopened(alert("fp-2"), PLACE)
    assert claims_of(told.incident, (joined,), LIMITS) == (take,)
    assert claims_of(told.incident, (back,), LIMITS) == (take,)
    assert claims_of(None, (joined, back), LIMITS) == ()


def test_an_undo_takes_the_fingerprints_of_a_closed_incident_back_and_claims_none_of_an_open_one() -> None:
    told = proposed().approved().executed().verified()
    asked = UndoAsked(told.plan.digest, ONCALL)
    assert claims_of(told.incident, (asked,), LIMITS) == ()
    told.closed()
    assert claims_of(told.incident, (asked,), LIMITS) == (
        Claim(ClaimKind.TAKE, "fingerprint:fp-1", INCIDENT, code="DUPLICATE"),
    )


def test_an_incident_is_found_by_where_it_stands_and_one_of_the_bots_own_not_by_its_thread() -> None:
    waiting = proposed()
    entry = Index(
        phase=Phase.PROPOSED,
        due=waiting.plan.plan.expires_at,
        open=True,
        workspace=WORKSPACE,
        channel=PLACE.channel,
        thread=PLACE.thread,
        fingerprints=(Fingerprint("fp-1"),),
    )
    assert replace(index_of(waiting.incident), due=entry.due) == entry
    own = story().opened(replace(alert(), source=OWN))
    assert index_of(own.incident).thread == ""
    assert index_of(own.incident).due == wake_at(own.incident) is not None


def test_the_run_of_a_step_and_the_words_of_a_full_limit() -> None:
    told = proposed()
    assert run_of(told.incident, told.plan, 3) == f"{INCIDENT}:{told.plan.digest[:12]}:3"
    full = ClaimRefusedError(RATE, limit="at most 3 an hour", until=At(1_790_000_000_000))
    assert limit_words(full) == "at most 3 an hour, until 2026-09-21 14:13 UTC"
    assert limit_words(ClaimRefusedError(RATE)) == RATE
    assert limit_words(ClaimRefusedError(RATE, held_by="inc-000002")) == "held by inc-000002"
