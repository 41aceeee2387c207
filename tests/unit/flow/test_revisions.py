"""Edits of bounded parameters and undo on demand: new revisions, with nobody's approval and an originator."""

import pytest

from bot.domain.decision import Code, Refused
from bot.domain.events import Answered, Closing, Decided, Outcome, PlanEnd
from bot.domain.ids import PersonId
from bot.domain.incident import Incident, Phase, PlanState
from bot.domain.teamwork import ParametersEdited, UndoAsked
from bot.flow.responders import NOT_A_RESPONDER
from bot.flow.table import table
from bot.flow.wishes import ANOTHER_OPEN, EDITED_TOO_LATE, edit, undo
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL, PROCESS
from tests.fakes.house import House, house


def wish(state: PlanState, person: PersonId, step: int = 0, **values: str) -> ParametersEdited:
    return ParametersEdited(
        state.plan.id, state.plan.revision, step, tuple(values.items()), person, ts=f"edit-{person}"
    )


def answers(incident: Incident) -> list[str]:
    return [entry.event.text for entry in incident.entries if isinstance(entry.event, Answered)]


async def proposed() -> tuple[House, Incident, PlanState]:
    home = house()
    found = await home.fires()
    await home.work()
    return home, await home.incident(found), await home.plan(found)


async def healed() -> tuple[House, Incident, PlanState]:
    """A pool raised from 20 to 50, measured to help, and closed by that."""
    home, incident, _ = await proposed()
    home.eyes.set_samples("error_rate", "0.5", "0.0")
    assert isinstance(await home.click(incident.id), Decided)
    await home.pass_time(10)
    found = await home.incident(incident.id)
    assert found.closed is not None
    return home, found, found.plans[0]


async def test_an_edit_makes_a_new_revision_without_approvals_whose_originator_is_the_editor() -> None:
    home, incident, old = await proposed()
    assert await edit(home.ports, table, incident.id, wish(old, LEAD, pool_size="30")) is None
    await home.work()
    new = await home.plan(incident.id)
    assert (new.plan.revision, dict(new.plan.steps[0].parameters)) == (2, {"pool_size": 30})
    assert new.digest != old.digest
    assert (new.approvals, new.plan.originators) == ((), (LEAD,))
    before = (await home.incident(incident.id)).plans[0]
    assert before.ended is PlanEnd.SUPERSEDED
    assert [option.title for option in new.options] == [option.title for option in old.options]
    assert isinstance(await home.click(incident.id, ONCALL), Decided)


async def test_an_edit_after_one_of_two_approvals_voids_it() -> None:
    home, incident, old = await proposed()
    await edit(home.ports, table, incident.id, wish(old, ONCALL, pool_size="30"))
    await home.work()
    first = await home.plan(incident.id)
    await edit(home.ports, table, incident.id, wish(first, LEAD, pool_size="31"))
    await home.work()
    second = await home.plan(incident.id)
    assert second.plan.originators == (ONCALL, LEAD)
    assert second.decisions == ()


@pytest.mark.parametrize(
    "value", ["-5", "0", "100000", "3.0", "NaN", "", "٣٠", "30; rm -rf /", "0x1e", "9" * 40, "true"]
)
async def test_a_hostile_value_becomes_no_plan_and_the_old_one_stays_open(value: str) -> None:
    home, incident, old = await proposed()
    await edit(home.ports, table, incident.id, wish(old, LEAD, pool_size=value))
    await home.work()
    found = await home.incident(incident.id)
    assert len(found.plans) == 1
    assert found.wanted is None
    assert "cannot be proposed" in answers(found)[-1]
    assert isinstance(await home.click(incident.id), Decided)


async def test_an_unknown_parameter_becomes_no_plan() -> None:
    home, incident, old = await proposed()
    await edit(home.ports, table, incident.id, wish(old, LEAD, pool_size="30", touches_prod="no"))
    await home.work()
    assert len((await home.incident(incident.id)).plans) == 1


async def test_only_responders_edit_and_only_an_open_plan() -> None:
    home, incident, old = await proposed()
    for person in (GUEST, PersonId("U0STRANGER")):
        refused = await edit(home.ports, table, incident.id, wish(old, person, pool_size="30"))
        assert refused == NOT_A_RESPONDER
    await home.click(incident.id)
    assert await edit(home.ports, table, incident.id, wish(old, LEAD, pool_size="30")) == EDITED_TOO_LATE
    assert (await home.incident(incident.id)).wanted is None


async def test_an_undo_is_a_plan_of_its_own_and_reopens_what_a_measurement_closed() -> None:
    home, incident, ran = await healed()
    assert await undo(home.ports, table, incident.id, UndoAsked(ran.digest, COLLEAGUE, "undo-1")) is None
    await home.work()
    state = await home.plan(incident.id)
    assert [(s.action, dict(s.parameters)) for s in state.plan.steps] == [
        ("increase_pool_size", {"pool_size": 20})
    ]
    assert (state.plan.originators, state.undo_of) == ((COLLEAGUE,), ran.digest)
    assert (await home.incident(incident.id)).phase is Phase.PROPOSED
    assert len(home.hands.performed) == 1
    assert isinstance(await home.click(incident.id, ONCALL), Decided)
    await home.pass_time(10)
    assert home.eyes.state[PROCESS]["pool_size"] == "20"
    assert (await home.incident(incident.id)).phase is Phase.CLOSED


async def test_the_asker_of_an_undo_cannot_approve_it_above_low() -> None:
    home, incident, _ = await proposed()
    await home.click(incident.id, approve=False, reason="roll back instead")
    await home.work()
    home.eyes.set_samples("error_rate", "0.5", "0.0")
    assert isinstance(await home.click(incident.id, LEAD), Decided)
    await home.pass_time(10)
    ran = (await home.incident(incident.id)).executions[-1]
    assert [step.step.action for step in ran.steps] == ["rollback_deployment"]
    await undo(home.ports, table, incident.id, UndoAsked(ran.digest, LEAD, "undo-2"))
    await home.work()
    state = await home.plan(incident.id)
    assert dict(state.plan.steps[0].parameters) == {"version": "42"}
    assert await home.click(incident.id, LEAD) == Refused(Code.ORIGINATOR)
    assert isinstance(await home.click(incident.id, ONCALL), Decided)


async def test_an_undo_of_what_somebody_changed_since_says_what_differs_and_closes_again() -> None:
    home, incident, ran = await healed()
    home.eyes.set_state(PROCESS, pool_size="70")
    await undo(home.ports, table, incident.id, UndoAsked(ran.digest, ONCALL, "undo-3"))
    await home.work()
    found = await home.incident(incident.id)
    assert len(found.plans) == 1
    assert "pool_size was left at 50 and is 70" in answers(found)[-1]
    assert found.closed is not None
    assert found.closed.closing is Closing.VERIFIED


async def test_a_rejected_undo_of_what_helped_closes_the_incident_again() -> None:
    home, incident, ran = await healed()
    await undo(home.ports, table, incident.id, UndoAsked(ran.digest, LEAD, "undo-4"))
    await home.work()
    asked = len(home.team.cases)
    await home.click(incident.id, approve=False, reason="leave it as it is")
    await home.work()
    found = await home.incident(incident.id)
    assert found.closed is not None
    assert "nothing was taken back" in found.closed.note
    assert len(home.team.cases) == asked


async def test_an_undo_while_another_incident_has_the_alert_is_refused() -> None:
    home, incident, ran = await healed()
    home.clock.advance(7 * 86_400)
    assert await home.fires() != incident.id
    refused = await undo(home.ports, table, incident.id, UndoAsked(ran.digest, ONCALL, "undo-5"))
    assert refused == ANOTHER_OPEN


async def test_after_an_undo_that_brings_the_symptom_back_the_undo_is_not_undone() -> None:
    home, incident, ran = await healed()
    await undo(home.ports, table, incident.id, UndoAsked(ran.digest, LEAD, "undo-6"))
    await home.work()
    home.eyes.set_samples("error_rate", "0.0", "0.6")
    await home.click(incident.id, ONCALL)
    await home.pass_time(10)
    found = await home.incident(incident.id)
    assert found.plans[1].outcome in {Outcome.UNCHANGED, Outcome.WORSE}
    assert all(dict(plan.plan.steps[0].parameters) != {"pool_size": 50} for plan in found.plans[2:])
