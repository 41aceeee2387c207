"""How often things may happen: judged at the click and enforced by the append (rules 4, 12 and 18)."""

from collections import deque
from dataclasses import replace

import pytest

from bot.domain.decision import Code, ExecutionCode, Refused
from bot.domain.errors import ClaimRefusedError
from bot.domain.events import Decided, PlanProposed
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.ids import ActionId, TargetId
from bot.domain.incident import Phase
from bot.domain.plan import canonical, digest_of
from bot.domain.service import Target
from bot.flow.conductor import append
from bot.ports.world import Done
from tests.fakes.busy import BROKEN, OTHER, failed_twice, fired, limited, proposes, with_other_target
from tests.fakes.content import LEAD, PROCESS
from tests.fakes.house import RAISE, house


async def test_after_two_failures_in_a_row_a_target_gets_proposals_only_for_an_hour() -> None:
    home = house()
    await failed_twice(home)
    home.clock.advance(600)
    proposes(home, 40)
    incident = await fired(home, 3)
    said = await home.click(incident)
    assert isinstance(said, Refused)
    assert said.code is Code.RATE_LIMIT
    assert "2 failed or unknown executions in a row on checkout/process" in said.detail
    assert "until 20" in said.detail
    home.clock.advance(3000)
    proposes(home, 41)
    assert isinstance(await home.click(await fired(home, 4)), Decided)


async def test_an_unknown_outcome_counts_in_the_row_and_a_good_one_ends_it() -> None:
    home = house()
    limited(home, per_target=10)
    for number, answer in enumerate((BROKEN, Done(ok=True, detail=""), TimeoutError()), start=1):
        proposes(home, 30 + number)
        incident = await fired(home, number)
        home.hands.answers.append(answer)
        assert isinstance(await home.click(incident), Decided), number
        await home.work()
    assert len(home.store.incidents.rows["failed:checkout/process"]) == 1


async def test_another_target_is_not_touched_by_the_row() -> None:
    home = house()
    with_other_target(home)
    await failed_twice(home)
    proposes(home, 40, target=OTHER)
    assert isinstance(await home.click(await fired(home, 3)), Decided)


async def test_nobody_approves_what_the_hour_has_no_room_for() -> None:
    home = house()
    limited(home, per_target=2)
    for number in (1, 2):
        proposes(home, 30 + number)
        assert isinstance(await home.click(await fired(home, number)), Decided)
        await home.work()
    proposes(home, 40)
    incident = await fired(home, 3)
    said = await home.click(incident)
    assert isinstance(said, Refused)
    assert said.code is Code.RATE_LIMIT
    assert "at most 2 an hour on checkout/process, until " in said.detail
    assert not (await home.plan(incident)).decisions
    assert [refusal.code for refusal in home.store.incidents.refused] == ["RATE_LIMIT"]
    assert isinstance(await home.click(incident, approve=False, reason="not now"), Decided)


async def test_an_approval_uses_nothing_up() -> None:
    home = house()
    limited(home, per_target=1)
    proposes(home, 31)
    incident = await fired(home, 1)
    assert isinstance(await home.click(incident), Decided)
    assert not home.store.incidents.windows["runs:checkout/process"]
    await home.work()
    assert (await home.incident(incident)).phase is Phase.EXECUTED


async def test_a_limit_that_is_full_by_the_time_of_the_step_stops_the_plan() -> None:
    home = house()
    with_other_target(home)
    limited(home, per_workspace=1)
    proposes(home, 31)
    first = await fired(home, 1)
    proposes(home, 32, target=OTHER)
    second = await fired(home, 2)
    for incident in (first, second):
        assert isinstance(await home.click(incident), Decided)
    await home.work()
    stopped = [state.stopped for state in (await home.plan(first), await home.plan(second)) if state.stopped]
    assert [code for code, _ in stopped] == [ExecutionCode.RATE_LIMIT]
    assert "at most 1 an hour in all, until " in stopped[0][1]
    assert len(home.hands.performed) == 1


async def test_executions_of_one_incident_are_counted() -> None:
    home = house()
    limited(home, executions_per_incident=1, per_target=10, plans_per_incident=5)
    home.eyes.set_samples("error_rate", "0.5")
    incident = await fired(home, 1)
    assert isinstance(await home.click(incident), Decided)
    await home.pass_time(90)
    assert (await home.incident(incident)).phase is Phase.PROPOSED
    said = await home.click(incident, LEAD)
    assert isinstance(said, Refused)
    assert (said.code, said.detail[:33]) == (Code.RATE_LIMIT, "at most 1 executions in one incid")


async def test_the_bot_proposes_three_plans_and_then_asks_for_a_person() -> None:
    home = house()
    limited(home, replans_after_rejection=9)
    home.team.remediations = deque([Remediation((_pool(40 + number),)) for number in range(5)])
    incident = await fired(home, 1)
    for _ in range(3):
        assert isinstance(await home.click(incident, approve=False, reason="not this"), Decided)
        await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert len(found.plans) == 3
    assert "3 plans were proposed" in found.escalation


def _pool(size: int) -> Option:
    return replace(
        RAISE, steps=(ProposedStep(ActionId("increase_pool_size"), PROCESS, (("pool_size", size),)),)
    )


async def test_rejected_steps_do_not_come_back_for_a_day_in_any_incident() -> None:
    home = house()
    proposes(home, 40)
    first = await fired(home, 1)
    assert isinstance(await home.click(first, approve=False, reason="never that"), Decided)
    home.clock.advance(23 * 3600)
    second = await fired(home, 2)
    found = await home.incident(second)
    assert found.phase is Phase.ESCALATED
    assert "SAME_STEPS" in found.escalation
    assert any("SAME_STEPS" in refusal for case in home.team.cases for refusal in case.refusals)
    home.clock.advance(3601)
    assert (await home.incident(await fired(home, 3))).phase is Phase.PROPOSED


async def test_the_append_itself_refuses_rejected_steps() -> None:
    home = house()
    proposes(home, 40)
    first, second = await fired(home, 1), await fired(home, 2)
    plan = (await home.plan(second)).plan
    assert isinstance(await home.click(first, approve=False, reason="never that"), Decided)
    body = canonical(replace(plan, revision=2))
    again = PlanProposed(plan.id, 2, digest_of(body), body, "")
    with pytest.raises(ClaimRefusedError) as refused:
        await append(home.ports, await home.incident(second), second, (again,))
    assert refused.value.code == "SAME_STEPS"


async def test_the_first_use_of_an_action_on_a_target_is_one_tier_higher_where_the_policy_says_so() -> None:
    home = house()
    limited(home, first_use_raises=True, per_target=10)
    proposes(home, 40)
    first = await fired(home, 1)
    state = await home.plan(first)
    assert (state.plan.tier, state.plan.tier_rule) == (
        "medium",
        "action increase_pool_size is low; first use of increase_pool_size on checkout/process (+1)",
    )
    assert isinstance(await home.click(first, LEAD), Decided)
    await home.work()
    proposes(home, 41)
    assert (await home.plan(await fired(home, 2))).plan.tier == "low"


async def test_more_steps_than_an_hour_allows_are_never_shown() -> None:
    home = house()
    proposes(home, 31, 32, 33, 34)
    found = await home.incident(await fired(home, 1))
    assert found.phase is Phase.ESCALATED
    assert "BLAST_RADIUS" in found.escalation


async def test_facts_that_do_not_fit_are_never_shown() -> None:
    home = house()
    old = home.content.fixed_catalogue
    home.content.fixed_catalogue = replace(
        old, actions=tuple(replace(action, effect="x" * 3000) for action in old.actions)
    )
    found = await home.incident(await fired(home, 1))
    assert found.phase is Phase.ESCALATED
    assert "TOO_LARGE_TO_REVIEW" in found.escalation


async def test_a_target_with_nearly_the_same_name_is_pointed_out() -> None:
    home = house()
    old = home.content.fixed_inventory
    service = old.services[0]
    twin = Target(TargetId(f"{PROCESS}s"), service.targets[0].executor)
    home.content.fixed_inventory = replace(
        old, services=(replace(service, targets=(*service.targets, twin)), *old.services[1:])
    )
    assert (await home.plan(await fired(home, 1))).plan.steps[0].similar == (twin.id,)


async def test_a_name_that_is_not_ascii_blocks_the_plan() -> None:
    home = house()
    old = home.content.fixed_inventory
    service = old.services[0]
    named = TargetId("checkout/pr\u043ecess")
    target = replace(service.targets[0], id=named)
    home.content.fixed_inventory = replace(
        old, services=(replace(service, targets=(*service.targets, target)), *old.services[1:])
    )
    home.eyes.set_state(named, **home.eyes.state[PROCESS])
    proposes(home, 40, target=named)
    found = await home.incident(await fired(home, 1))
    assert found.phase is Phase.ESCALATED
    assert "printable ASCII" in found.escalation
