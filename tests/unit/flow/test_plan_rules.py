"""What holds of plans on the road: repair turns, care, all checks, open plans, undo of what still stands."""

from collections import deque
from dataclasses import replace

import pytest

from bot.domain.action import Action, CheckSpec, Comparison, Pace
from bot.domain.alert import AlertStatus, Sighted
from bot.domain.decision import Code, Refused
from bot.domain.drafting import MORE_CARE
from bot.domain.events import Decided, Outcome, PlanEnd
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.ids import ActionId
from bot.domain.incident import Incident, Phase
from bot.domain.policy import Tripwire
from bot.domain.teamwork import ParametersEdited
from bot.flow.intake import alert_seen
from bot.flow.table import table
from bot.flow.wishes import edit
from tests.fakes.content import LEAD, PROCESS
from tests.fakes.house import PLACE, RAISE, ROLLBACK, House, alert, house

ENDLESS = Remediation((Option("Raise it", (replace(RAISE.steps[0], parameters=(("pool_size", True),)),)),))


async def test_a_proposal_that_breaks_the_rules_goes_back_twice_and_then_to_a_person() -> None:
    home = house()
    home.team.remediations = deque([ENDLESS] * 9)
    found = await home.incident(await home.fires())
    await home.work()
    found = await home.incident(found.id)
    assert (found.phase, found.plans) == (Phase.ESCALATED, ())
    told = [case.refusals for case in home.team.cases if case.diagnosis is not None]
    assert len(told) == 3
    assert told[0] == ()
    assert all("BAD_PARAMETER: pool_size must be an integer, not True." in one[0] for one in told[1:])


@pytest.mark.parametrize("wired", [True, False])
async def test_an_edit_keeps_the_care_that_the_team_asked_for(*, wired: bool) -> None:
    home = house()
    if wired:
        wires = (Tripwire("pool_size=50", "a very large pool"),)
        home.content.fixed_policy = replace(home.content.fixed_policy, tripwires=wires)
    home.team.remediations = deque([Remediation((RAISE,), raise_tier=True)])
    incident = await home.fires()
    await home.work()
    old = await home.plan(incident)
    assert old.plan.tier == ("high" if wired else "medium")
    wish = ParametersEdited(old.plan.id, 1, 0, (("pool_size", "30"),), LEAD, ts="edit-1")
    assert await edit(home.ports, table, incident, wish) is None
    await home.work()
    new = await home.plan(incident)
    assert (new.plan.revision, new.plan.tier) == (2, "medium")
    assert new.plan.tier_rule == f"action increase_pool_size is low; {MORE_CARE}"


def in_use(one: Action) -> Action:
    """Raising the pool is measured by the pool, everything else by the symptom."""
    if one.id != "increase_pool_size":
        return one
    return replace(one, check=CheckSpec("pool_in_use", Comparison.BELOW, "15", Pace(2, 2, 3, 3)))


async def measured(*in_use_now: str | None) -> Incident:
    """Both at once, the symptom gone, and these connections in use."""
    home: House = house()
    catalogue = home.content.fixed_catalogue
    home.content.fixed_catalogue = replace(catalogue, actions=tuple(map(in_use, catalogue.actions)))
    both = Option("Both", (*RAISE.steps, *ROLLBACK.steps))
    home.team.remediations = deque([Remediation((both,)), Remediation((), "nothing else")])
    incident = await home.fires()
    await home.work()
    home.eyes.set_samples("error_rate", "0.5", "0.0")
    home.eyes.set_samples("pool_in_use", *in_use_now)
    assert isinstance(await home.click(incident, LEAD), Decided)
    await home.pass_time(10)
    return await home.incident(incident)


async def test_a_plan_only_helped_where_the_check_of_every_step_holds() -> None:
    good = await measured("3")
    assert good.plans[0].outcome is Outcome.IMPROVED
    assert good.plans[0].outcome_detail.endswith(", with pool_in_use below 15")
    assert good.closed is not None
    for values, outcome in (
        (("20",), Outcome.UNCHANGED),
        ((None,), Outcome.NO_DATA),
        (("3", "20"), Outcome.UNCHANGED),
    ):
        found = await measured(*values)
        assert found.plans[0].outcome is outcome, values
        assert found.closed is None


async def test_the_alert_resolving_ends_a_plan_that_waits_for_its_hold() -> None:
    home = house()
    tiers = tuple(replace(rule, hold_seconds=60) for rule in home.content.fixed_policy.tiers)
    home.content.fixed_policy = replace(home.content.fixed_policy, tiers=tiers)
    incident = await home.fires()
    await home.work()
    assert isinstance(await home.click(incident), Decided)
    await home.work()
    await alert_seen(home.ports, Sighted(alert(status=AlertStatus.RESOLVED), PLACE, None))
    await home.pass_time(120, step=20)
    assert (await home.plan(incident)).ended is PlanEnd.RESOLVED_ITSELF
    assert home.hands.performed == []
    assert await home.click(incident) == Refused(Code.RESOLVED_ITSELF)


async def test_a_repeated_alert_does_not_touch_an_open_plan() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    old = await home.plan(incident)
    for _ in range(3):
        assert await home.fires() == incident
        await home.work()
    assert await home.plan(incident) == old
    assert isinstance(await home.click(incident), Decided)


@pytest.mark.parametrize(("size", "undone"), [("50", True), ("70", False), ("20", False)])
async def test_what_did_not_help_is_taken_back_first_only_where_it_still_stands(
    size: str, *, undone: bool
) -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.eyes.set_samples("error_rate", "0.5", "0.5")
    assert isinstance(await home.click(incident), Decided)
    await home.pass_time(1)
    home.eyes.set_state(PROCESS, pool_size=size)
    await home.pass_time(10)
    back = ProposedStep(ActionId("increase_pool_size"), PROCESS, (("pool_size", 20),))
    steps = (await home.plan(incident)).plan.steps
    found = [ProposedStep(step.action, step.target, step.parameters) for step in steps]
    assert found == [*([back] if undone else []), *ROLLBACK.steps]
