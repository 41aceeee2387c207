"""Attacks on the gate by people and messages around it, each refused here by name."""

import asyncio
from collections import deque
from dataclasses import replace

import pytest

from bot.domain.auto_apply import AutoApply
from bot.domain.decision import Code, ExecutionCode, Refused
from bot.domain.events import Asked, Decided
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.ids import ActionId, IncidentId, PersonId, RosterName, ServiceName
from bot.domain.incident import Phase
from bot.domain.teamwork import ParametersEdited
from bot.flow.asking import investigate
from bot.flow.control import stop
from bot.flow.followup import asked
from bot.flow.responders import NOT_A_RESPONDER
from bot.flow.table import table
from bot.flow.wishes import edit
from bot.slack.webhooks import Door, WebhookOptions, open_door
from tests.fakes.busy import limited
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL, PROCESS, SENIOR
from tests.fakes.house import CHANNEL, PLACE, House, house
from tests.fakes.world import FakeClock


class Unopened:
    """An inbox that nothing may reach."""


async def proposed() -> tuple[House, IncidentId]:
    home = house()
    incident = await home.fires()
    await home.work()
    return home, incident


async def says(home: House, person: PersonId, text: str, ts: str) -> None:
    await asked(home.ports, table, lambda _, __: None, Asked(person, ts, text), PLACE)
    await home.work()


async def test_a_stranger_cannot_replace_an_open_plan_by_words() -> None:
    home, incident = await proposed()
    before = await home.plan(incident)
    await says(home, GUEST, "use 1", "1790000050.000100")
    found = await home.incident(incident)
    assert (found.phase, found.current) == (Phase.PROPOSED, before)
    assert [one.answer for one in found.questions] == [NOT_A_RESPONDER]
    assert isinstance(await home.click(incident), Decided)


async def test_a_stranger_cannot_have_a_plan_made_by_words() -> None:
    home, incident = await proposed()
    assert isinstance(await home.click(incident, approve=False, reason="not this one"), Decided)
    await stop(home.ports, incident, ONCALL)
    await says(home, GUEST, "roll back", "1790000050.000100")
    found = await home.incident(incident)
    assert found.questions[-1].answer == NOT_A_RESPONDER
    assert all(GUEST not in state.plan.originators for state in found.plans)


async def test_a_friend_who_picks_options_does_not_wash_the_editor_off_the_plan() -> None:
    home, incident = await proposed()
    plan = await home.plan(incident)
    values = (("pool_size", "80"),)
    wish = ParametersEdited(plan.plan.id, plan.plan.revision, 0, values, ONCALL, ts="edit")
    assert await edit(home.ports, table, incident, wish) is None
    await home.work()
    await says(home, COLLEAGUE, "use 1", "1790000050.000100")
    await says(home, COLLEAGUE, "use 1", "1790000050.000200")
    back = await home.plan(incident)
    assert dict(back.plan.steps[0].parameters) == {"pool_size": 80}
    assert back.plan.originators == (ONCALL, COLLEAGUE)


async def rejected_and_stopped() -> tuple[House, IncidentId]:
    """An approver rejects the plan and breaks the planning off that would follow."""
    home, incident = await proposed()
    assert isinstance(await home.click(incident, approve=False, reason="roll back instead"), Decided)
    await stop(home.ports, incident, ONCALL)
    assert (await home.incident(incident)).phase is Phase.INCONCLUSIVE
    return home, incident


async def test_who_rejected_stays_an_originator_across_a_new_investigation() -> None:
    home, incident = await rejected_and_stopped()
    assert "Investigating" in await investigate(home.ports, table, incident, ONCALL)
    await home.work()
    plan = await home.plan(incident)
    assert (plan.plan.revision, plan.plan.steps[0].action) == (2, "rollback_deployment")
    assert plan.plan.originators == (ONCALL,)
    said = await home.click(incident, ONCALL)
    assert isinstance(said, Refused)
    assert said.code is Code.ORIGINATOR


def pool(size: int) -> Option:
    """A larger pool, with more care: medium."""
    step = ProposedStep(ActionId("increase_pool_size"), PROCESS, (("pool_size", size),))
    return Option(f"Pool of {size}", (step,), "It is too small.", raise_tier=True)


async def test_who_gave_a_reason_stays_an_originator_whoever_asks_or_rejects_after_them() -> None:
    home, incident = await proposed()
    home.team.remediations = deque(Remediation((pool(size),)) for size in (60, 70))
    assert isinstance(await home.click(incident, ONCALL, approve=False, reason="use 60 instead"), Decided)
    await home.work()
    assert (await home.plan(incident)).plan.originators == (ONCALL,)
    assert isinstance(await home.click(incident, LEAD, approve=False, reason="not that one"), Decided)
    await home.work()
    assert any("use 60 instead" in tried.reason for tried in home.team.cases[-1].tried)
    assert (await home.plan(incident)).plan.originators == (ONCALL, LEAD)
    said = await home.click(incident, ONCALL)
    assert isinstance(said, Refused)
    assert said.code is Code.ORIGINATOR


async def test_a_plan_that_went_stale_does_not_wash_its_asker_off_the_next_one() -> None:
    home, incident = await proposed()
    limited(home, blast_radius=0)
    plan = await home.plan(incident)
    wish = ParametersEdited(plan.plan.id, 1, 0, (("pool_size", "80"),), ONCALL, ts="edit")
    assert await edit(home.ports, table, incident, wish) is None
    await home.work()
    assert (await home.plan(incident)).plan.originators == (ONCALL,)
    home.eyes.set_state(PROCESS, pool_size="30")
    assert isinstance(await home.click(incident, LEAD), Decided)
    await home.work()
    anew = await home.plan(incident)
    assert (anew.plan.revision, anew.plan.originators) == (3, (ONCALL,))
    said = await home.click(incident, ONCALL)
    assert isinstance(said, Refused)
    assert said.code is Code.ORIGINATOR


async def test_what_a_person_rejected_is_not_followed_by_an_automatic_approval() -> None:
    home, incident = await rejected_and_stopped()
    environment = replace(home.content.fixed_inventory.environments[0], production=False)
    home.content.fixed_inventory = replace(home.content.fixed_inventory, environments=(environment,))
    rule = AutoApply((environment.id,), (ActionId("restart"),))
    home.content.fixed_policy = replace(home.content.fixed_policy, auto_apply=rule)
    restart = ProposedStep(ActionId("restart"), PROCESS, ())
    home.team.remediations = deque([Remediation((Option("Restart", (restart,), "It hangs."),))])
    await investigate(home.ports, table, incident, ONCALL)
    await home.work()
    found = await home.incident(incident)
    assert (found.phase, home.hands.performed) == (Phase.PROPOSED, [])


async def test_an_approval_cannot_overtake_an_edit_under_way_and_runs_neither_old_nor_new_values() -> None:
    home, incident = await proposed()
    plan = await home.plan(incident)
    wish = ParametersEdited(plan.plan.id, plan.plan.revision, 0, (("pool_size", "80"),), COLLEAGUE, ts="edit")
    assert await edit(home.ports, table, incident, wish) is None
    assert await home.click(incident) == Refused(Code.SUPERSEDED, by=COLLEAGUE)
    await home.work()
    back = await home.plan(incident)
    assert (back.plan.revision, dict(back.plan.steps[0].parameters), back.decisions) == (
        2,
        {"pool_size": 80},
        (),
    )
    assert home.hands.performed == []


async def test_an_edit_that_comes_to_nothing_leaves_the_old_plan_open_for_its_approval() -> None:
    home, incident = await proposed()
    plan = await home.plan(incident)
    wish = ParametersEdited(plan.plan.id, 1, 0, (("pool_size", "100000"),), COLLEAGUE, ts="edit")
    assert await edit(home.ports, table, incident, wish) is None
    assert isinstance(await home.click(incident), Refused)
    await home.work()
    assert isinstance(await home.click(incident), Decided)
    await home.work()
    assert [one.step.parameters for one in home.hands.performed] == [plan.plan.steps[0].parameters]


async def test_a_target_that_changed_hands_after_the_approval_is_left_alone() -> None:
    home, incident = await proposed()
    assert isinstance(await home.click(incident), Decided)
    old = home.content.fixed_inventory
    service = old.services[0]
    others = replace(service, name=ServiceName("payments"), oncall=RosterName("payments-oncall"))
    home.content.fixed_inventory = replace(old, services=(replace(service, targets=()), others))
    await home.work()
    state = await home.plan(incident)
    assert home.hands.performed == []
    assert (state.steps[0].code, state.steps[0].detail) == (
        ExecutionCode.ENVIRONMENT_MISMATCH,
        "checkout/process belongs to payments now, not to checkout",
    )


async def test_a_service_that_is_given_other_approvers_under_an_open_plan_lets_none_of_them_approve_it() -> (
    None
):
    home, incident = await proposed()
    said = await home.click(incident, SENIOR)
    assert isinstance(said, Refused)
    assert said.code is Code.NOT_AUTHORISED
    old = home.content.fixed_inventory
    service = old.services[0]
    assert service.senior is not None
    taken = replace(service, oncall=service.senior)
    home.content.fixed_inventory = replace(old, services=(taken, *old.services[1:]))
    for person in (SENIOR, LEAD):
        said = await home.click(incident, person)
        assert said == Refused(Code.POLICY_CHANGED, "seniors is its oncall roster now")
    home.content.fixed_inventory = old
    assert isinstance(await home.click(incident), Decided)


async def test_an_action_that_the_service_no_longer_allows_is_not_run() -> None:
    home, incident = await proposed()
    assert isinstance(await home.click(incident), Decided)
    old = home.content.fixed_inventory
    home.content.fixed_inventory = replace(old, services=(replace(old.services[0], actions=()),))
    await home.work()
    state = await home.plan(incident)
    assert home.hands.performed == []
    assert (state.steps[0].code, state.steps[0].detail) == (
        ExecutionCode.ENVIRONMENT_MISMATCH,
        "checkout does not allow the action increase_pool_size any more",
    )


@pytest.mark.parametrize("sent", [b"", b"Bearer ", b"Bearer a-wrong-token", b"Bearer \xff\xfe", b"\xc3\xa9"])
async def test_the_door_for_webhooks_answers_a_wrong_token_of_any_bytes_with_no(sent: bytes) -> None:
    options = WebhookOptions(0, "a-token-of-the-test-with-enough-characters", CHANNEL)
    async with open_door(Door(options, Unopened(), FakeClock())) as port:  # pyright: ignore[reportArgumentType]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = b"POST /alertmanager HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
        writer.write(head + b"Authorization: " + sent + b"\r\n\r\n{}")
        await writer.drain()
        assert (await reader.readline()).split()[1] == b"401"
        writer.close()
        await writer.wait_closed()
