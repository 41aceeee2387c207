"""What changes in the moments right before a step: a pause while the world is read, an approval grown old."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.decision import ExecutionCode
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Decided, ExecutionStarted, OutcomeRecorded, StepNotRun
from bot.domain.evidence import Observation
from bot.domain.finding import ProposedStep, Remediation
from bot.domain.ids import ActionId, IncidentId, TargetId
from bot.domain.incident import Incident, Phase, PlanState, StepStatus
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import Service
from bot.flow import execution, execution_checks
from bot.flow.conductor import append, walk
from bot.flow.control import pause, record_truth, stop
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.ports.records import Pause, WorkerRole
from tests.fakes.busy import OTHER, fired, proposes, with_other_target
from tests.fakes.content import ONCALL, PROCESS
from tests.fakes.house import RAISE, House, house
from tests.fakes.incidents import MemoryIncidents
from tests.fakes.world import FakeEyes

Interruption = Callable[[House, IncidentId], Awaitable[str]]


async def everything(home: House, _: IncidentId) -> str:
    return await pause(home.ports, "all", ONCALL, "wait")


async def environment(home: House, _: IncidentId) -> str:
    return await pause(home.ports, "environment:shop-production", ONCALL, "wait")


async def this_one(home: House, incident: IncidentId) -> str:
    return await stop(home.ports, incident, ONCALL)


async def approved(home: House) -> IncidentId:
    """A plan of two steps that was approved and has not begun."""
    with_other_target(home)
    steps = tuple(
        ProposedStep(ActionId("increase_pool_size"), target, (("pool_size", pool),))
        for target, pool in ((OTHER, 30), (PROCESS, 31))
    )
    home.team.remediations = deque([Remediation((replace(RAISE, steps=steps),))])
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident), Decided)
    return incident


@pytest.mark.parametrize("interrupt", [everything, environment, this_one])
async def test_a_pause_while_the_world_is_read_before_a_step_still_stops_it(
    interrupt: Interruption, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house()
    incident = await approved(home)

    async def meanwhile(self: FakeEyes, service: Service, step: Step) -> DryRun | None:
        del self, service, step
        said = await interrupt(home, incident)
        assert said.startswith(("Paused", "Stopped"))
        return None

    monkeypatch.setattr(FakeEyes, "dry_run", meanwhile)
    await home.work()
    first = (await home.plan(incident)).steps[0]
    assert (first.status, first.code) == (StepStatus.NOT_RUN, ExecutionCode.PAUSED)
    assert first.detail.endswith(f" by {ONCALL}")
    assert home.hands.performed == []


async def test_where_everything_is_paused_the_world_is_not_even_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = house()
    incident = await begun(home)
    await pause(home.ports, "all", ONCALL, "wait")
    home.eyes.looked.clear()

    async def never(self: FakeEyes, service: Service, step: Step) -> DryRun | None:
        raise AssertionError((self, service, step))

    monkeypatch.setattr(FakeEyes, "dry_run", never)
    await home.work()
    first = (await home.plan(incident)).steps[0]
    assert (first.status, first.code) == (StepStatus.NOT_RUN, ExecutionCode.PAUSED)
    assert home.eyes.looked == []


@pytest.mark.parametrize("scope", ["all", "environment:shop-production"])
async def test_a_pause_after_the_last_look_stops_the_step_in_its_very_append(
    scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house()
    incident = await approved(home)

    async def looked_and_then(
        ports: Ports, found: Incident, state: PlanState, step: Step
    ) -> tuple[execution_checks.Halt | None, execution_checks.Fields]:
        looked = await execution_checks.halted(ports, found, state, step)
        await ports.incidents.set_pause(Pause(scope, ONCALL, "wait", home.clock.now()))
        return looked

    monkeypatch.setattr(execution, "halted", looked_and_then)
    await home.work()
    first = (await home.plan(incident)).steps[0]
    assert (first.status, first.code) == (StepStatus.NOT_RUN, ExecutionCode.PAUSED)
    assert first.detail == f"{scope} was paused"
    assert home.hands.performed == []


@pytest.mark.parametrize(("seconds", "found"), [(5, ""), (6, "pool_size was 20, is 30")])
async def test_what_is_acted_upon_was_seen_within_the_last_five_seconds(
    seconds: int, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident), Decided)

    async def slowly(self: FakeEyes, service: Service, step: Step) -> DryRun | None:
        del self, service, step
        home.clock.advance(seconds)
        home.eyes.set_state(PROCESS, pool_size="30")
        return None

    monkeypatch.setattr(FakeEyes, "dry_run", slowly)
    await home.work()
    state = (await home.incident(incident)).plans[0]
    assert state.stopped == (("DRIFT", found) if found else None)
    assert len(home.hands.performed) == (0 if found else 1)


async def test_a_target_that_does_not_answer_within_five_seconds_is_not_acted_upon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident), Decided)

    async def never(self: FakeEyes, service: Service, target: TargetId) -> Observation:
        del self, service, target
        return await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(execution_checks, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(FakeEyes, "observe", never)
    await walk(home.ports, incident, WorkerRole.ACT, table)
    state = (await home.incident(incident)).plans[0]
    assert state.steps[0].detail == f"{PROCESS} cannot be observed"
    assert home.hands.performed == []


async def begun(home: House) -> IncidentId:
    """The plan has begun, and the worker died before the first step was claimed."""
    incident = await approved(home)
    found = await home.incident(incident)
    digest = (await home.plan(incident)).digest
    await append(home.ports, found, incident, (ExecutionStarted(digest, None),))
    return incident


@pytest.mark.parametrize(("seconds", "ran"), [(120, 2), (121, 0)])
async def test_a_plan_that_began_and_was_left_standing_runs_no_step_on_an_old_approval(
    seconds: int, ran: int
) -> None:
    home = house()
    incident = await begun(home)
    home.clock.advance(seconds)
    await home.work()
    assert len(home.hands.performed) == ran
    if ran == 0:
        state = await home.plan(incident)
        assert (state.steps[0].status, state.steps[0].code) == (StepStatus.NOT_RUN, ExecutionCode.EXPIRED)
        assert "121 s ago" in state.steps[0].detail
        assert (await home.incident(incident)).phase is Phase.STOPPED


async def test_the_truth_about_a_step_told_much_later_does_not_run_the_next_one() -> None:
    home = house()
    home.hands.answers.append(TimeoutError())
    home.hands.lost_before_effect = True
    incident = await approved(home)
    await home.work()
    assert (await home.incident(incident)).phase is Phase.UNKNOWN
    home.clock.advance(121)
    state = await home.plan(incident)
    told = OutcomeRecorded(state.digest, 0, applied=True, person=ONCALL, note="it is at 30")
    assert "was applied" in await record_truth(home.ports, table, incident, told)
    await home.work()
    second = (await home.plan(incident)).steps[1]
    assert (second.status, second.code) == (StepStatus.NOT_RUN, ExecutionCode.EXPIRED)
    assert len([one for one in home.stored(incident).entries if isinstance(one.event, StepNotRun)]) == 1


async def test_pauses_that_cannot_be_read_before_a_step_are_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    home = house()
    incident = await begun(home)

    async def unreadable(self: MemoryIncidents) -> tuple[Pause, ...]:
        del self
        raise StoreUnavailableError

    monkeypatch.setattr(MemoryIncidents, "pauses", unreadable)
    await home.work()
    first = (await home.plan(incident)).steps[0]
    assert (first.status, first.code, first.detail) == (
        StepStatus.NOT_RUN,
        ExecutionCode.PAUSED,
        "the store cannot be read",
    )
    assert home.hands.performed == []


async def test_a_target_whose_last_step_nobody_knows_the_end_of_is_locked_for_every_other_incident() -> None:
    home = house()
    proposes(home, 31)
    first = await fired(home, 1)
    proposes(home, 32)
    second = await fired(home, 2)
    home.hands.answers.append(TimeoutError())
    home.hands.lost_before_effect = True
    for incident in (first, second):
        assert isinstance(await home.click(incident), Decided)
        await home.work()
    assert (await home.incident(first)).phase is Phase.UNKNOWN
    step = (await home.plan(second)).steps[0]
    assert (step.status, step.code) == (StepStatus.NOT_RUN, ExecutionCode.TARGET_LOCKED)
    assert step.detail == f"held by {first}"
