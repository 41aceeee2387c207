"""Before a card and before each step: where the target is live, and what a dry run says (rules 6 and 20)."""

from dataclasses import replace

import pytest

from bot.domain.decision import ExecutionCode
from bot.domain.errors import SourceUnavailableError
from bot.domain.events import PlanEnd
from bot.domain.finding import Remediation
from bot.domain.ids import IncidentId, TargetId
from bot.domain.incident import Phase, StepStatus
from bot.domain.plan import parsed
from bot.domain.rehearsal import NO_DIFFERENCE, DryRun
from bot.slack.views.facts import facts_of
from tests.fakes.content import PROCESS
from tests.fakes.house import RAISE, House, house

CLUSTER = "7d0c-uid"
DIFFERENCE = ("-  replicas: 2", "+  replicas: 4")


def declared(home: House, *identities: str) -> None:
    """Let the inventory declare these identities for the environment of the target's executor."""
    inventory = home.content.inventory()
    executor = inventory.services[0].targets[0].executor
    pairs = tuple((executor, identity) for identity in identities)
    environments = tuple(replace(each, identities=pairs) for each in inventory.environments)
    home.content.fixed_inventory = replace(inventory, environments=environments)


async def approved(home: House) -> IncidentId:
    """An incident whose plan was approved a moment ago; no worker has begun it."""
    incident = await home.fires()
    await home.work()
    assert not hasattr(await home.click(incident), "code")
    return incident


async def stopped_by(home: House, incident: IncidentId) -> tuple[str, str]:
    """Let the workers go on and say with which code and detail the plan stopped; nothing was done."""
    await home.work()
    found = await home.incident(incident)
    assert not home.hands.performed
    state = found.plans[0]
    assert state.steps[0].status is StepStatus.NOT_RUN
    assert state.stopped is not None
    return state.stopped


async def test_a_target_that_is_live_where_the_inventory_says_is_changed() -> None:
    home = house()
    declared(home, "other", CLUSTER)
    home.eyes.identities[PROCESS] = CLUSTER
    incident = await approved(home)
    await home.work()
    assert (await home.incident(incident)).phase is Phase.EXECUTED
    assert len(home.hands.performed) == 1


@pytest.mark.parametrize(
    ("live", "said"),
    [
        ("ffff-uid", "is live in 'ffff-uid', not in shop-production"),
        (SourceUnavailableError("the API server does not answer"), "the API server does not answer"),
        (TimeoutError(), "within 5 s"),
        (None, "cannot tell where"),
    ],
)
async def test_a_step_is_refused_where_the_live_identity_differs_or_cannot_be_read(
    live: str | Exception | None, said: str
) -> None:
    home = house()
    declared(home, CLUSTER)
    home.eyes.identities[PROCESS] = CLUSTER
    incident = await approved(home)
    if live is None:
        del home.eyes.identities[PROCESS]
    else:
        home.eyes.identities[PROCESS] = live
    code, detail = await stopped_by(home, incident)
    assert code == ExecutionCode.ENVIRONMENT_MISMATCH
    assert said in detail


async def test_an_executor_that_can_tell_where_it_is_must_be_declared() -> None:
    home = house()
    home.eyes.identities[PROCESS] = CLUSTER
    incident = await home.fires()
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert "OUT_OF_SCOPE" in found.escalation
    assert "declares no" in found.escalation


async def test_the_dry_run_of_planning_is_bound_by_the_digest_and_shown_whole() -> None:
    home = house()
    home.eyes.dry_runs[PROCESS] = DryRun(DIFFERENCE)
    incident = await home.fires()
    await home.work()
    state = await home.plan(incident)
    assert state.plan.steps[0].dry_run == DIFFERENCE
    assert parsed(state.body) == state.plan
    assert "replicas: 4" in state.body
    shown = str(facts_of(state.plan, state.digest))
    assert all(line in shown for line in DIFFERENCE)


async def test_a_dry_run_that_says_the_same_again_lets_the_step_run() -> None:
    home = house()
    home.eyes.dry_runs[PROCESS] = DryRun(())
    incident = await approved(home)
    assert (await home.plan(incident)).plan.steps[0].dry_run == (NO_DIFFERENCE,)
    await home.work()
    assert (await home.incident(incident)).phase is Phase.EXECUTED
    assert home.eyes.looked.count(f"dry_run:checkout:{PROCESS}") > 1


@pytest.mark.parametrize(
    ("again", "said"),
    [
        (DryRun((*DIFFERENCE, "+  image: evil")), "now: +  image: evil"),
        (DryRun(DIFFERENCE[:1]), "no longer: +  replicas: 4"),
        (DryRun(DIFFERENCE[::-1]), "another order"),
        (DryRun(refused="admission webhook denied the request"), "admission webhook denied"),
        (SourceUnavailableError("the API server does not answer"), "does not answer"),
        (TimeoutError(), "within 15 s"),
        (None, "cannot be made again"),
    ],
)
async def test_a_step_is_refused_where_its_dry_run_is_another_or_cannot_be_made(
    again: DryRun | Exception | None, said: str
) -> None:
    home = house()
    home.eyes.dry_runs[PROCESS] = DryRun(DIFFERENCE)
    incident = await approved(home)
    if again is None:
        del home.eyes.dry_runs[PROCESS]
    else:
        home.eyes.dry_runs[PROCESS] = again
    code, detail = await stopped_by(home, incident)
    assert code == ExecutionCode.DRY_RUN_DIFFERS
    assert said in detail


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (DryRun(refused="field is immutable"), "BAD_PARAMETER"),
        (DryRun(("caf\u00e9",)), "BAD_PARAMETER"),
        (DryRun(("+ x",) * 41), "TOO_LARGE_TO_REVIEW"),
        (SourceUnavailableError("down"), "UNKNOWN_TARGET"),
        (TimeoutError(), "UNKNOWN_TARGET"),
    ],
)
async def test_a_plan_whose_dry_run_fails_is_never_proposed(run: DryRun | Exception, code: str) -> None:
    home = house()
    home.eyes.dry_runs[PROCESS] = run
    incident = await home.fires()
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert code in found.escalation


async def test_an_approval_that_the_disk_has_not_confirmed_does_not_begin_until_it_has() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.store.shelf.durable = False
    assert not hasattr(await home.click(incident), "code")
    await home.pass_time(30, 5)
    found = await home.incident(incident)
    assert found.phase is Phase.APPROVED
    assert not home.hands.performed
    home.store.shelf.durable = True
    await home.work()
    assert (await home.incident(incident)).phase is Phase.EXECUTED


async def test_an_approval_that_the_disk_never_confirms_expires() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.store.shelf.durable = False
    await home.click(incident)
    await home.pass_time(130, 10)
    state = (await home.incident(incident)).plans[0]
    assert state.ended is PlanEnd.EXPIRED
    assert state.started_at is None
    assert not home.hands.performed


async def test_a_plan_whose_second_step_is_stale_does_not_begin_with_its_first() -> None:
    home = house()
    worker = TargetId("checkout/worker")
    old = home.content.fixed_inventory
    service = old.services[0]
    twin = replace(service.targets[0], id=worker)
    home.content.fixed_inventory = replace(
        old, services=(replace(service, targets=(*service.targets, twin)), *old.services[1:])
    )
    home.eyes.set_state(worker, **home.eyes.state[PROCESS])
    steps = tuple(replace(RAISE.steps[0], target=target) for target in (PROCESS, worker))
    home.team.remediations[0] = Remediation((replace(RAISE, steps=steps),))
    incident = await approved(home)
    home.eyes.set_state(worker, pool_size="21")
    code, detail = await stopped_by(home, incident)
    assert (code, detail) == (ExecutionCode.DRIFT, "pool_size was 20, is 21")
