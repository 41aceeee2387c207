"""What the record says of a step that did not simply succeed: at once, of the right step, in plain words."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace

import pytest

from bot.domain.action import Tier
from bot.domain.decision import NOT_YET, Code, ExecutionCode, Order, Refused, permitted
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.events import (
    Decided,
    Escalated,
    Event,
    ExecutionStarted,
    ExecutionStopped,
    OutcomeRecorded,
    OutcomeUnknown,
    PlanEnded,
    StepFinished,
    StepNotRun,
)
from bot.domain.finding import ProposedStep, Remediation
from bot.domain.ids import ActionId, Digest, Fence, IncidentId
from bot.domain.incident import Incident, Phase
from bot.flow.approval import standing
from bot.flow.control import record_truth
from bot.flow.execution_checks import drift
from bot.flow.table import table
from bot.ports.world import Done
from tests.fakes.busy import OTHER, limited, with_other_target
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL, PROCESS
from tests.fakes.house import RAISE, House, house
from tests.fakes.story import Story, story
from tests.fakes.world import FakeHands

GOOD = Done(ok=True, detail="pool is 30")
LOST = (
    (TimeoutError(), "No answer within 10 s."),
    (SourceUnavailableError("supervisord hung up"), "supervisord hung up"),
)


async def approved(home: House) -> IncidentId:
    """A plan of two steps; the second is the one that things happen to."""
    with_other_target(home)
    pools = ((OTHER, 30), (PROCESS, 31))
    steps = tuple(
        ProposedStep(ActionId("increase_pool_size"), target, (("pool_size", pool),)) for target, pool in pools
    )
    home.team.remediations = deque([Remediation((replace(RAISE, steps=steps),))])
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident), Decided)
    return incident


def told(home: House, incident: IncidentId, *kinds: type) -> list[Event]:
    events = (entry.event for entry in home.stored(incident).entries)
    return [event for event in events if isinstance(event, kinds)]


@pytest.mark.parametrize(("lost", "words"), LOST)
async def test_a_lost_answer_is_an_unknown_outcome_of_that_very_step(lost: Exception, words: str) -> None:
    home = house()
    incident = await approved(home)
    home.hands.answers.extend((GOOD, lost))
    await home.work()
    digest = (await home.plan(incident)).digest
    assert told(home, incident, OutcomeUnknown) == [OutcomeUnknown(digest, 1, words)]
    finished = [event for event in told(home, incident, StepFinished) if isinstance(event, StepFinished)]
    assert [(one.digest, one.step, one.ok, one.detail) for one in finished] == [
        (digest, 0, True, GOOD.detail)
    ]
    assert ("pool_size", "30") in finished[0].observed


async def test_what_an_executor_refuses_is_a_step_that_was_not_run() -> None:
    home = house()
    incident = await approved(home)
    home.hands.answers.extend((GOOD, ExecutorRefusedError("NO_EXECUTOR", "nobody can do that")))
    await home.work()
    digest = (await home.plan(incident)).digest
    assert told(home, incident, StepNotRun, OutcomeUnknown, ExecutionStopped) == [
        StepNotRun(digest, 1, "NO_EXECUTOR", "nobody can do that"),
        ExecutionStopped(digest, "NO_EXECUTOR", "nobody can do that"),
    ]


async def test_a_step_that_the_executor_remembers_and_the_record_forgot_is_in_doubt_not_unrun() -> None:
    home = house()
    incident = await approved(home)
    home.hands.answers.extend((GOOD, ExecutorRefusedError("ALREADY_RUN", "it was begun before")))
    await home.work()
    digest = (await home.plan(incident)).digest
    assert told(home, incident, StepNotRun, OutcomeUnknown) == [
        OutcomeUnknown(digest, 1, "it was begun before")
    ]


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_step_in_doubt_that_did_nothing_is_not_called_run_and_failed(*, recorded: bool) -> None:
    home = house()
    incident = await approved(home)
    home.hands.answers.extend((GOOD, TimeoutError()))
    home.hands.lost_before_effect = True
    await home.work()
    if recorded:
        truth = OutcomeRecorded((await home.plan(incident)).digest, 1, False, ONCALL, "I looked")
        await record_truth(home.ports, table, incident, truth)
    await home.pass_time(90)
    stopped = [one for one in told(home, incident, ExecutionStopped) if isinstance(one, ExecutionStopped)]
    assert [one.code for one in stopped] == ["NOT_APPLIED"]


async def test_a_failed_step_stops_the_plan_with_what_it_said() -> None:
    home = house()
    incident = await approved(home)
    home.hands.answers.extend((GOOD, Done(ok=False, detail="exit status 1")))
    await home.work()
    digest = (await home.plan(incident)).digest
    assert told(home, incident, ExecutionStopped) == [ExecutionStopped(digest, "FAILED", "exit status 1")]


async def test_a_start_that_the_disk_does_not_confirm_is_written_down_as_not_run() -> None:
    home = house()
    incident = await approved(home)

    class Forgetful(FakeHands):
        """The disk stops confirming once the first step has run."""

        async def perform(self, incident: IncidentId, order: Order) -> Done:
            done = await super().perform(incident, order)
            home.store.shelf.durable = False
            return done

    home.ports = replace(home.ports, hands=Forgetful(home.store.incidents, home.hands.effect))
    await home.work()
    digest = (await home.plan(incident)).digest
    (said,) = told(home, incident, StepNotRun)
    assert isinstance(said, StepNotRun)
    assert (said.digest, said.step, said.code) == (digest, 1, ExecutionCode.NOT_DURABLE)
    assert said.detail
    assert told(home, incident, OutcomeUnknown) == []


@dataclass(slots=True)
class Silent:
    """Hands that never answer."""

    called: int = 0

    async def perform(self, incident: IncidentId, order: Order) -> Done:
        del incident, order
        self.called += 1
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")


async def test_an_executor_that_never_answers_is_given_up_after_the_steps_own_time() -> None:
    home = house()
    catalogue = home.content.fixed_catalogue
    quick = tuple(replace(action, timeout_seconds=1) for action in catalogue.actions)
    home.content.fixed_catalogue = replace(catalogue, actions=quick)
    incident = await approved(home)
    silent = Silent()
    home.ports = replace(home.ports, hands=silent)
    async with asyncio.timeout(20):
        await home.work()
    digest = (await home.plan(incident)).digest
    assert told(home, incident, OutcomeUnknown) == [OutcomeUnknown(digest, 0, "No answer within 1 s.")]
    assert silent.called == 1


async def test_a_plan_that_starts_too_late_expires_by_its_own_name() -> None:
    home = house()
    incident = await approved(home)
    state = await home.plan(incident)
    home.clock.advance(120)
    assert state.hold_until is not None
    on_time = home.clock.now() - state.hold_until
    assert on_time == 120_000
    home.clock.advance(1)
    await home.work()
    (ended,) = told(home, incident, PlanEnded)
    assert isinstance(ended, PlanEnded)
    assert (ended.plan, ended.revision, str(ended.how)) == (state.plan.id, 1, "expired")


async def test_a_plan_that_may_start_until_now_still_starts() -> None:
    home = house()
    incident = await approved(home)
    home.clock.advance(120)
    await home.work()
    (begun,) = told(home, incident, ExecutionStarted)
    assert isinstance(begun, ExecutionStarted)
    assert begun.digest == (await home.plan(incident)).digest
    assert len(home.hands.performed) == 2


async def test_an_approved_plan_that_a_limit_stops_says_which() -> None:
    home = house()
    incident = await approved(home)
    limited(home, executions_per_incident=0)
    await home.work()
    state = await home.plan(incident)
    ended, escalated = told(home, incident, PlanEnded, Escalated)
    assert isinstance(ended, PlanEnded)
    assert (ended.plan, ended.revision, str(ended.how)) == (state.plan.id, 1, "expired")
    assert isinstance(escalated, Escalated)
    said = "RATE_LIMIT: at most 0 executions in one incident"
    assert escalated.reason.startswith(said)
    assert escalated.reason.endswith(". The approved plan was not begun.")


def test_drift_names_every_field_that_changed_and_what_is_not_seen_is_unknown() -> None:
    step = replace(
        story().opened().diagnosed().proposed().plan.plan.steps[0],
        preconditions=(("version", "42"), ("pool_size", "20"), ("state", "RUNNING")),
    )
    seen = (("version", "43"), ("state", "RUNNING"))
    assert drift(step, seen) == "version was 42, is 43; pool_size was 20, is unknown"
    assert drift(step, (("version", "42"), ("pool_size", "20"), ("state", "RUNNING"))) == ""


NOT_APPROVED = "This plan has not been approved with this digest."
NOT_EXECUTING = "This plan is not being executed."
NOT_CLAIMED = "This step has not been claimed under this lease."


def begun() -> Story:
    return story().opened().diagnosed().proposed().approved().started().step_started()


def test_an_executor_is_told_exactly_why_it_may_not_run_a_step() -> None:
    told = begun()
    digest, fence = told.plan.digest, told.plan.steps[0].fence
    assert fence is not None
    assert permitted(told.incident, Order(digest, 0, fence)) == told.plan.plan.steps[0]
    waiting = story().opened().diagnosed().proposed()
    only_approved = waiting.incident, story().opened().diagnosed().proposed().approved().incident
    rows: tuple[tuple[Incident | None, Order, str], ...] = (
        (None, Order(digest, 0, fence), "No such plan is in the store."),
        (told.incident, Order(Digest("0" * 64), 0, fence), "No such plan is in the store."),
        (only_approved[0], Order(digest, 0, fence), NOT_APPROVED),
        (only_approved[1], Order(digest, 0, fence), NOT_EXECUTING),
        (told.incident, Order(digest, 1, fence), NOT_EXECUTING),
        (told.incident, Order(digest, -1, fence), NOT_EXECUTING),
        (told.incident, Order(digest, 0, Fence(fence + 1)), NOT_CLAIMED),
        (begun().step_done().incident, Order(digest, 0, fence), NOT_CLAIMED),
    )
    for incident, order, why in rows:
        assert permitted(incident, order) == why


async def test_who_could_approve_now_is_judged_as_a_click_would_be_and_leaves_no_trace() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await home.posted(incident)
    found = await home.incident(incident)
    assert await standing(home.ports, found, ONCALL) is None
    assert await standing(home.ports, found, COLLEAGUE) == Refused(Code.NOT_AUTHORISED)
    assert await standing(home.ports, found, GUEST) == Refused(Code.GUEST)
    assert (await home.incident(incident)).version == found.version
    assert isinstance(await home.click(incident), Decided)
    over = await home.incident(incident)
    assert over.phase is Phase.APPROVED
    assert await standing(home.ports, over, ONCALL) == Refused(Code.UNKNOWN_PLAN)


async def test_nobody_stands_ready_for_a_plan_that_no_card_shows_yet() -> None:
    home = house()
    incident = await home.fires()
    assert await standing(home.ports, await home.incident(incident), ONCALL) == Refused(Code.UNKNOWN_PLAN)
    await home.work()
    found = await home.incident(incident)
    assert await standing(home.ports, found, ONCALL) == Refused(Code.WRONG_MESSAGE, NOT_YET)
    assert found.current is not None
    assert found.current.plan.tier is Tier.LOW
    await home.posted(incident)
    assert (await standing(home.ports, found, LEAD)) == Refused(Code.NOT_AUTHORISED)
