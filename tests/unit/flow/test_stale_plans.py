"""A plan goes stale: noticed after each approval and before the first step; then all is looked at anew."""

from collections import deque
from dataclasses import replace

import pytest

from bot.domain.action import Tier
from bot.domain.decision import Code, Refused
from bot.domain.events import Closing, Decided, EvidenceGathered, Outcome, PlanEnd
from bot.domain.evidence import Observation
from bot.domain.finding import Confidence, Diagnosis, Remediation, Verdict
from bot.domain.ids import IncidentId, TargetId
from bot.domain.incident import Phase
from bot.domain.rehearsal import DryRun
from bot.domain.service import Service
from bot.domain.teamwork import PreconditionsRead, UndoAsked
from bot.flow.conductor import decide
from bot.ports.records import WorkerRole
from tests.fakes.content import LEAD, ONCALL, PROCESS, SENIOR
from tests.fakes.house import RAISE, ROLLBACK, House, house, pool_diagnosis
from tests.fakes.world import FakeEyes

HEALTHY = Diagnosis(
    verdict=Verdict.HEALTHY,
    cause="the pool was raised by hand",
    mode=None,
    confidence=Confidence.MEDIUM,
    claims=(),
    team="scripted",
)


def held(seconds: int) -> House:
    """A house whose approved plans are on hold for so long."""
    home = house()
    rules = home.content.fixed_policy
    tiers = tuple(replace(tier, hold_seconds=seconds) for tier in rules.tiers)
    home.content.fixed_policy = replace(rules, tiers=tiers)
    return home


def for_two() -> House:
    """A house whose plan needs two people."""
    home = house()
    old = home.content.fixed_catalogue
    high = tuple(replace(action, tier=Tier.HIGH) for action in old.actions)
    home.content.fixed_catalogue = replace(old, actions=high)
    return home


async def proposed(home: House) -> IncidentId:
    """An incident with an open plan."""
    incident = await home.fires()
    await home.work()
    assert (await home.incident(incident)).phase is Phase.PROPOSED
    return incident


async def approve(home: House, incident: IncidentId) -> None:
    """The one on call approves."""
    assert isinstance(await home.click(incident, ONCALL), Decided)


def looks(home: House, incident: IncidentId) -> int:
    """How often the targets were read again after an approval."""
    return sum(isinstance(one.event, PreconditionsRead) for one in home.stored(incident).entries)


async def test_the_first_of_two_approvals_of_a_stale_plan_ends_it_before_anybody_else_is_asked() -> None:
    home = for_two()
    incident = await proposed(home)
    home.eyes.set_state(PROCESS, pool_size="30")
    await approve(home, incident)
    await home.work()
    stale, anew = (await home.incident(incident)).plans
    assert (stale.ended, stale.drift) == (PlanEnd.DRIFTED, f"{PROCESS}: pool_size was 20, is 30")
    assert anew.open
    assert dict(anew.steps[0].step.preconditions)["pool_size"] == "30"
    assert anew.approvals == ()
    assert home.hands.performed == []


async def test_an_approval_of_a_plan_that_is_not_stale_is_kept_and_says_that_it_was_looked_at() -> None:
    home = for_two()
    incident = await proposed(home)
    await approve(home, incident)
    await home.work()
    state = await home.plan(incident)
    assert (len(state.approvals), looks(home, incident), state.read_again[0][1].unseen) == (1, 1, "")
    await home.pass_time(60, 10)
    assert looks(home, incident) == 1
    assert isinstance(await home.click(incident, SENIOR), Decided)
    await home.work()
    assert (await home.incident(incident)).phase is Phase.EXECUTED


async def test_drift_during_a_hold_is_noticed_at_once_and_not_at_its_end() -> None:
    home = held(60)
    incident = await proposed(home)
    home.eyes.set_state(PROCESS, pool_size="30")
    await approve(home, incident)
    await home.work()
    found = await home.incident(incident)
    assert found.plans[0].ended is PlanEnd.DRIFTED
    assert found.phase is Phase.PROPOSED
    await home.pass_time(70, 10)
    assert home.hands.performed == []


async def test_a_hold_without_drift_starts_at_its_end_and_drift_within_it_is_found_by_the_step() -> None:
    for later, acted in (("20", 1), ("30", 0)):
        home = held(60)
        incident = await proposed(home)
        await approve(home, incident)
        await home.work()
        assert looks(home, incident) == 1
        home.eyes.set_state(PROCESS, pool_size=later)
        await home.pass_time(70, 10)
        assert len(home.hands.performed) == acted
        assert looks(home, incident) == 1


async def test_a_target_out_of_sight_after_an_approval_ends_no_plan_but_its_step_does_not_begin() -> None:
    home = held(60)
    incident = await proposed(home)
    home.eyes.blind.add(PROCESS)
    await approve(home, incident)
    await home.work()
    state = await home.plan(incident)
    assert (state.ended, state.read_again[0][1].unseen) == (None, f"{PROCESS} cannot be observed")
    await home.pass_time(70, 10)
    state = (await home.incident(incident)).plans[0]
    assert state.stopped == ("DRIFT", f"{PROCESS} cannot be observed")
    assert home.hands.performed == []


async def test_after_drift_before_the_first_step_all_is_looked_at_anew_and_proposed_from_that() -> None:
    home = house()
    incident = await proposed(home)
    before = home.stored(incident).evidence
    home.eyes.set_state(PROCESS, pool_size="30")
    await approve(home, incident)
    await home.work()
    found = await home.incident(incident)
    old, new = found.plans
    assert old.stopped == ("DRIFT", "pool_size was 20, is 30")
    assert new.open
    assert new.plan.originators == ()
    gathered = [e.event.evidence for e in found.entries if isinstance(e.event, EvidenceGathered)]
    assert len(gathered) == 2
    assert not {one.id for one in gathered[1]} & {one.id for one in before}


async def test_a_dry_run_that_differs_is_looked_at_anew_as_well() -> None:
    home = house()
    home.eyes.dry_runs[PROCESS] = DryRun(("+ pool_size: 50",))
    incident = await proposed(home)
    home.eyes.dry_runs[PROCESS] = DryRun(("+ pool_size: 60",))
    await approve(home, incident)
    await home.work()
    found = await home.incident(incident)
    assert found.plans[0].stopped is not None
    assert found.plans[0].stopped[0] == "DRY_RUN_DIFFERS"
    assert found.plans[1].steps[0].step.dry_run == ("+ pool_size: 60",)


async def test_drift_by_whoever_fixed_it_by_hand_ends_in_nothing_to_do() -> None:
    home = house()
    home.team.diagnoses = deque([pool_diagnosis(), HEALTHY])
    incident = await proposed(home)
    home.eyes.set_state(PROCESS, pool_size="50")
    await approve(home, incident)
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.HEALTHY
    assert len(found.plans) == 1


async def test_a_world_that_never_stands_still_ends_with_people_and_not_in_a_circle() -> None:
    home = house()
    incident = await proposed(home)
    for size in range(30, 40):
        if (await home.incident(incident)).phase is not Phase.PROPOSED:
            break
        home.eyes.set_state(PROCESS, pool_size=str(size))
        await approve(home, incident)
        await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert len(found.plans) == 3
    assert home.hands.performed == []


async def test_a_stale_plan_says_what_changed_to_whoever_still_clicks_on_it() -> None:
    home = for_two()
    incident = await proposed(home)
    home.eyes.set_state(PROCESS, pool_size="30")
    home.team.diagnoses = deque([HEALTHY])
    await approve(home, incident)
    await home.work()
    said = await home.click(incident, LEAD)
    assert isinstance(said, Refused)
    assert said.code is Code.SUPERSEDED
    assert "pool_size was 20, is 30" in said.detail


async def test_the_undo_of_what_did_not_help_is_still_first_after_drift() -> None:
    home = house()
    home.team.remediations = deque([Remediation((RAISE, ROLLBACK)), Remediation((ROLLBACK,))])
    incident = await proposed(home)
    await approve(home, incident)
    await home.pass_time(300, 5)
    second = await home.plan(incident)
    assert [one.step.action for one in second.steps] == ["increase_pool_size", "rollback_deployment"]
    home.eyes.set_state(PROCESS, version="43")
    await home.click(incident, LEAD)
    await home.click(incident, SENIOR)
    await home.work()
    found = await home.incident(incident)
    assert [state.outcome for state in found.acted] == [Outcome.UNCHANGED]
    third = await home.plan(incident)
    assert third is not found.plans[1]
    assert [one.step.action for one in third.steps] == ["increase_pool_size", "rollback_deployment"]


async def test_a_stale_undo_waits_for_a_person() -> None:
    home = held(60)
    incident = await proposed(home)
    await approve(home, incident)
    home.eyes.set_samples("error_rate", *["0.001"] * 20)
    await home.pass_time(400, 10)
    closed = (await home.incident(incident)).closed
    assert closed is not None
    assert closed.closing is Closing.VERIFIED
    digest = (await home.plan(incident)).digest
    await decide(home.ports, incident, lambda _: (UndoAsked(digest, LEAD),))
    await home.work()
    assert (await home.plan(incident)).undo_of == digest
    home.eyes.set_state(PROCESS, pool_size="99")
    await approve(home, incident)
    await home.work()
    found = await home.incident(incident)
    assert found.plans[-1].ended is PlanEnd.DRIFTED
    assert found.phase is Phase.STOPPED


@pytest.mark.parametrize("count", [0, 2])
async def test_the_record_takes_no_look_after_approvals_that_were_not_given(count: int) -> None:
    home = for_two()
    incident = await proposed(home)
    await approve(home, incident)
    digest = (await home.plan(incident)).digest
    with pytest.raises(Exception, match="cannot follow"):
        await decide(home.ports, incident, lambda _: (PreconditionsRead(digest, count),))


@pytest.mark.parametrize("drifted", [False, True])
async def test_a_second_approval_while_the_world_is_read_after_the_first_counts(
    drifted: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = for_two()
    incident = await proposed(home)
    await approve(home, incident)
    if drifted:
        home.eyes.set_state(PROCESS, pool_size="30")
    said: list[Decided | Refused] = []
    look = FakeEyes.observe

    async def meanwhile(self: FakeEyes, service: Service, target: TargetId) -> Observation:
        if not said:
            said.append(await home.click(incident, SENIOR))
        return await look(self, service, target)

    monkeypatch.setattr(FakeEyes, "observe", meanwhile)
    await home.work(WorkerRole.THINK)
    assert isinstance(said[0], Decided)
    state = (await home.incident(incident)).plans[0]
    assert [one.person for one in state.approvals] == [ONCALL, SENIOR]
    assert state.ended is (PlanEnd.DRIFTED if drifted else None)
    await home.work()
    assert len(home.hands.performed) == (0 if drifted else 1)
