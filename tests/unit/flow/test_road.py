"""The whole road over twins: alert in, plan, click, execution, verification, report."""

import pytest

from bot.domain.alert import AlertStatus, Sighted
from bot.domain.decision import Code, Refused
from bot.domain.events import Closing, Decided, Outcome, PlanEnd
from bot.domain.evidence import EvidenceKind
from bot.domain.finding import Confidence, Remediation
from bot.domain.incident import Phase
from bot.flow.intake import alert_seen
from bot.ports.records import Pause, WorkerRole
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL, PROCESS
from tests.fakes.house import PLACE, RAISE, ROLLBACK, alert, house


async def test_the_story_ineffective_fix_then_rollback_heals() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    first = await home.plan(incident)
    assert [step.action for step in first.plan.steps] == ["increase_pool_size"]
    assert first.plan.tier == "low"
    home.eyes.set_samples("error_rate", "0.5", "0.0", "0.6", "0.7")
    assert isinstance(await home.click(incident), Decided)
    await home.pass_time(10)
    second = await home.plan(incident)
    assert (await home.incident(incident)).plans[0].outcome is Outcome.UNCHANGED
    assert [step.action for step in second.plan.steps] == ["increase_pool_size", "rollback_deployment"]
    assert dict(second.plan.steps[0].parameters) == {"pool_size": 20}
    assert second.plan.tier == "medium"
    home.eyes.set_samples("error_rate", "0.7", "0.0")
    assert isinstance(await home.click(incident, LEAD), Decided)
    await home.pass_time(10)
    done = await home.incident(incident)
    assert done.phase is Phase.CLOSED
    assert done.closed is not None
    assert done.closed.closing is Closing.VERIFIED
    assert [(p.step.action, dict(p.step.parameters)) for p in home.hands.performed] == [
        ("increase_pool_size", {"pool_size": 50}),
        ("increase_pool_size", {"pool_size": 20}),
        ("rollback_deployment", {"version": "41"}),
    ]


async def test_nothing_runs_before_somebody_approves() -> None:
    home = house()
    incident = await home.fires()
    await home.pass_time(60, step=10)
    assert (await home.incident(incident)).phase is Phase.PROPOSED
    assert home.hands.performed == []


async def test_people_without_the_right_are_refused_with_a_code() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    codes = [await home.click(incident, person) for person in (COLLEAGUE, GUEST, LEAD)]
    assert [refused.code for refused in codes if isinstance(refused, Refused)] == [
        Code.NOT_AUTHORISED,
        Code.GUEST,
        Code.NOT_AUTHORISED,
    ]
    assert len(home.store.incidents.refused) == 3


async def test_an_unreachable_roster_denies() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.roster.errors["checkout-oncall"] = "gone"
    refused = await home.click(incident)
    assert isinstance(refused, Refused)
    assert refused.code is Code.ROSTER_UNAVAILABLE


async def test_a_second_click_learns_who_decided() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    refused = await home.click(incident)
    assert refused == Refused(Code.DECIDED, by=ONCALL)


async def test_a_rejection_ends_the_plan_and_the_next_one_has_its_giver_as_originator() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    said = await home.click(incident, approve=False, reason="the pool is not the cause")
    assert isinstance(said, Decided)
    home.team.remediations[0] = Remediation((RAISE, ROLLBACK))
    await home.work()
    state = await home.plan(incident)
    assert state.plan.originators == (ONCALL,)
    assert [step.action for step in state.plan.steps] == ["rollback_deployment"]
    refused = await home.click(incident, ONCALL)
    assert refused == Refused(Code.ORIGINATOR)
    assert isinstance(await home.click(incident, LEAD), Decided)


async def test_a_plan_that_nobody_decides_expires() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.clock.advance(1801)
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert found.plans[0].ended is PlanEnd.EXPIRED
    refused = await home.click(incident)
    assert refused == Refused(Code.EXPIRED)


async def test_an_alert_that_resolves_ends_an_open_plan() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    resolved = Sighted(alert(status=AlertStatus.RESOLVED), PLACE, None)
    assert await alert_seen(home.ports, resolved) == incident
    found = await home.incident(incident)
    assert found.plans[0].ended is PlanEnd.RESOLVED_ITSELF
    assert found.closed is not None
    assert await home.click(incident) == Refused(Code.RESOLVED_ITSELF)
    assert await home.fires() == incident
    assert (await home.incident(incident)).reopened == 1


async def test_the_same_alert_again_is_counted_not_opened() -> None:
    home = house()
    incident = await home.fires()
    assert await home.fires() == incident
    assert await home.store.incidents.duplicates(incident) == 1


async def test_drift_between_approval_and_start_stops_the_plan() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.eyes.set_state(PROCESS, pool_size="30")
    await home.click(incident)
    await home.work()
    found = await home.incident(incident)
    assert found.plans[0].stopped == ("DRIFT", "pool_size was 20, is 30")
    assert home.hands.performed == []


async def test_a_claim_without_its_quote_is_dropped_and_confidence_capped() -> None:
    home = house()
    home.eyes.texts[EvidenceKind.LOGS] = "nothing of the kind"
    incident = await home.fires()
    await home.work()
    diagnosis = (await home.incident(incident)).diagnosis
    assert diagnosis is not None
    assert diagnosis.dropped == 1
    assert diagnosis.confidence is Confidence.MEDIUM


async def test_a_paused_approved_plan_waits_and_goes_on_when_resumed() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    await home.store.incidents.set_pause(Pause("all", ONCALL, "", home.clock.now()))
    await home.pass_time(30)
    assert (await home.incident(incident)).phase is Phase.APPROVED
    assert home.hands.performed == []
    await home.store.incidents.lift_pause("all", LEAD, "done", home.clock.now())
    await home.work()
    assert len(home.hands.performed) == 1


async def test_an_approved_plan_that_stays_paused_expires() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    await home.store.incidents.set_pause(Pause("all", ONCALL, "", home.clock.now()))
    await home.pass_time(130, step=10)
    assert (await home.incident(incident)).phase is Phase.ESCALATED
    assert home.hands.performed == []


async def test_an_acknowledgement_alone_opens_nothing() -> None:
    home = house()
    acknowledged = Sighted(alert(status=AlertStatus.ACKNOWLEDGED), PLACE, None)
    assert await alert_seen(home.ports, acknowledged) is None
    assert await home.store.incidents.opened() == ()


async def test_a_stage_that_fails_again_and_again_is_given_to_a_human() -> None:
    home = house()
    home.team.diagnoses.clear()
    home.team.diagnoses.append(RuntimeError("the team breaks"))
    incident = await home.fires()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await home.work(WorkerRole.THINK)
        home.clock.advance(10)
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert "3 times" in found.escalation
