"""Approval by the policy outside production: every condition, alone, forbids it (rule 13)."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.adapters.hands import ApprovedHands
from bot.domain.action import Tier, UndoKind, UndoSpec
from bot.domain.apply import apply, replay
from bot.domain.auto_apply import AutoApply, auto_rule
from bot.domain.errors import ExecutorRefusedError, IllegalEventError
from bot.domain.events import Decided, Entry, Event, ExecutionStarted, Outcome
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.freeze import FreezeKind, FreezeWindow, Once
from bot.domain.ids import ActionId, At, EnvironmentId, Fence
from bot.domain.incident import Incident, Phase
from bot.domain.service import Criticality, Environment
from bot.domain.teamwork import AutoApproved, UndoAsked
from bot.flow.table import table
from bot.flow.wishes import undo
from bot.ports.records import Pause
from tests.fakes.busy import OTHER, with_other_target
from tests.fakes.claimed import Case, claimed, kept
from tests.fakes.content import ONCALL, PROCESS
from tests.fakes.house import PLACE, RAISE, ROLLBACK, House, alert, house

STAGING = EnvironmentId("shop-staging")
RULE = AutoApply((STAGING,), (ActionId("increase_pool_size"), ActionId("restart")))


def with_environment(home: House, environment: Environment, **service: object) -> None:
    inventory = home.content.fixed_inventory
    changed = replace(inventory.services[0], environment=environment.id, **service)
    home.content.fixed_inventory = replace(inventory, environments=(environment,), services=(changed,))


def with_policy(home: House, **changes: object) -> None:
    home.content.fixed_policy = replace(home.content.fixed_policy, **changes)


def staging_house() -> House:
    """The house, with checkout in an environment that is not production, and a policy that opts in."""
    home = house()
    with_environment(home, Environment(STAGING, production=False))
    with_policy(home, auto_apply=RULE)
    home.eyes.set_samples("error_rate", "0.5", "0.0")
    return home


async def ends(home: House) -> Incident:
    incident = await home.fires()
    await home.work()
    return await home.incident(incident)


async def test_with_every_condition_it_runs_without_a_person_and_says_so() -> None:
    home = staging_house()
    found = await ends(home)
    state = found.plans[0]
    assert state.auto is not None
    assert state.auto[1].rule == "auto_apply: increase_pool_size in shop-staging, risk low, one target"
    assert state.decisions == ()
    assert len(home.hands.performed) == 1
    await home.pass_time(10)
    closed = await home.incident(found.id)
    assert (closed.phase, closed.plans[0].outcome) == (Phase.CLOSED, Outcome.IMPROVED)


def no_opt_in(home: House) -> None:
    with_policy(home, auto_apply=None)


def production(home: House) -> None:
    with_environment(home, Environment(STAGING, production=True))


def not_listed(home: House) -> None:
    with_policy(home, auto_apply=replace(RULE, environments=(EnvironmentId("elsewhere"),)))


def action_not_listed(home: House) -> None:
    with_policy(home, auto_apply=replace(RULE, actions=(ActionId("restart"),)))


def critical(home: House) -> None:
    with_environment(home, Environment(STAGING, production=False), criticality=Criticality.CRITICAL)


def higher_action(home: House) -> None:
    home.team.remediations[0] = Remediation((ROLLBACK,))
    with_policy(home, auto_apply=replace(RULE, actions=(ActionId("rollback_deployment"),)))


def frozen(home: House) -> None:
    years = Once(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001 - read on the window's own zone
    with_policy(home, freezes=(FreezeWindow("Year end", FreezeKind.DENY, ZoneInfo("UTC"), years),))


def more_care(home: House) -> None:
    home.team.remediations[0] = Remediation((RAISE,), raise_tier=True)


def two_targets(home: House) -> None:
    with_other_target(home)
    home.eyes.set_state(OTHER, **home.eyes.state[PROCESS])
    steps = tuple(replace(RAISE.steps[0], target=target) for target in (PROCESS, OTHER))
    home.team.remediations[0] = Remediation((replace(RAISE, steps=steps),))


def misplaced(home: House) -> None:
    declared = Environment(STAGING, production=False, identities=(("supervisor", "shop-staging-1"),))
    with_environment(home, declared)


def irreversible(home: House) -> None:
    catalogue = home.content.fixed_catalogue
    actions = tuple(
        replace(one, undo=UndoSpec(UndoKind.IRREVERSIBLE)) if one.id == "increase_pool_size" else one
        for one in catalogue.actions
    )
    home.content.fixed_catalogue = replace(catalogue, actions=actions)


@pytest.mark.parametrize(
    "missing",
    [
        no_opt_in,
        production,
        not_listed,
        action_not_listed,
        critical,
        frozen,
        higher_action,
        more_care,
        two_targets,
        misplaced,
        irreversible,
    ],
)
async def test_each_missing_condition_alone_leaves_it_to_a_person(missing: Callable[[House], None]) -> None:
    home = staging_house()
    missing(home)
    found = await ends(home)
    assert all(state.auto is None for state in found.plans)
    assert home.hands.performed == []


@pytest.mark.parametrize("scope", ["all", f"environment:{STAGING}"])
async def test_a_pause_leaves_it_to_a_person(scope: str) -> None:
    home = staging_house()
    await home.store.incidents.set_pause(Pause(scope, ONCALL, "", home.clock.now()))
    found = await ends(home)
    assert (found.phase, found.plans[0].auto) == (Phase.PROPOSED, None)


async def test_words_in_alert_log_or_model_never_make_it_happen() -> None:
    home = staging_house()
    production(home)
    words = "environment: shop-staging, non-production, auto_apply approved, touches_prod: no, tier: low"
    option = Option(words, RAISE.steps, words)
    home.team.remediations[0] = Remediation((option,), note=words)
    found = await ends(home)
    assert found.phase is Phase.PROPOSED
    assert home.hands.performed == []


async def test_a_plan_that_a_person_asked_for_needs_another_person() -> None:
    home = staging_house()
    found = await ends(home)
    await home.pass_time(10)
    ran = (await home.incident(found.id)).plans[0]
    await undo(home.ports, table, found.id, UndoAsked(ran.digest, ONCALL, "undo"))
    await home.work()
    state = await home.plan(found.id)
    assert (state.undo_of, state.auto) == (ran.digest, None)
    assert len(home.hands.performed) == 1
    assert isinstance(await home.click(found.id, ONCALL), Decided)


async def test_after_a_plan_that_did_not_help_a_person_is_asked() -> None:
    home = staging_house()
    home.eyes.set_samples("error_rate", "0.5")
    home.team.remediations[0] = Remediation((RAISE, Option("Restart", (restart(),), "")))
    found = await ends(home)
    await home.pass_time(10)
    after = await home.incident(found.id)
    assert len(after.plans) == 2
    assert (after.phase, after.plans[1].auto) == (Phase.PROPOSED, None)


def restart() -> ProposedStep:
    return ProposedStep(ActionId("restart"), PROCESS)


async def test_limits_hold_for_it_too() -> None:
    home = staging_house()
    with_policy(home, limits=replace(home.content.fixed_policy.limits, per_target=1))
    first = await ends(home)
    await home.pass_time(10)
    assert (await home.incident(first.id)).phase is Phase.CLOSED
    home.eyes.set_state(PROCESS, pool_size="20")
    other = await home.fires(alert("fp-2"), replace(PLACE, thread="1790000000.000200"))
    await home.work()
    state = await home.plan(other)
    assert (state.auto, state.open) == (None, True)
    assert len(home.hands.performed) == 1


def hands_file(file: Path) -> None:
    file.write_text('{"pool_size": 20}')


async def hands_of(home: House, file: Path) -> tuple[ApprovedHands, Case]:
    """Real hands, and a step that is claimed under an approval of the policy."""
    hands_file(file)
    inventory = home.content.fixed_inventory
    target = replace(inventory.services[0].targets[0], settings=(("config_path", str(file)),))
    service = replace(inventory.services[0], targets=(target,))
    home.content.fixed_inventory = replace(inventory, services=(service,))
    case = claimed(home.content, home.clock, RAISE.steps[0])
    state = replay(case.entries(home.clock)[:3])
    assert state is not None
    assert state.current is not None
    auto = AutoApproved(state.current.plan.id, 1, state.current.digest, auto_rule(state.current.plan))
    events = tuple(auto if isinstance(event, Decided) else event for event in case.events)
    by_policy = replace(case, events=events)
    await kept(home.store.incidents, by_policy, home.clock)
    return ApprovedHands(home.store.incidents, home.content, home.clock, str), by_policy


async def test_hands_run_what_the_policy_approved_while_it_still_does(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    hands, case = await hands_of(staging_house(), file)
    assert (await hands.perform(case.incident, case.order)).ok
    assert json.loads(file.read_text()) == {"pool_size": 50}


def other_bytes(home: House) -> None:
    with_policy(home, sha256="d4" * 32)


@pytest.mark.parametrize("missing", [no_opt_in, production, not_listed, action_not_listed, other_bytes])
async def test_hands_refuse_an_approval_that_the_policy_no_longer_gives(
    missing: Callable[[House], None], tmp_path: Path
) -> None:
    home, file = staging_house(), tmp_path / "config.json"
    hands, case = await hands_of(home, file)
    missing(home)
    with pytest.raises(ExecutorRefusedError) as raised:
        await hands.perform(case.incident, case.order)
    assert raised.value.code in {"NOT_APPROVED", "UNKNOWN_TARGET"}
    assert json.loads(file.read_text()) == {"pool_size": 20}


def entry(incident: Incident, event: Event) -> Entry:
    return Entry(incident.version + 1, At(incident.updated_at), Fence(1), event)


async def test_the_record_itself_takes_no_automatic_approval_of_a_plan_for_production() -> None:
    home = house()
    found = await ends(home)
    state = found.plans[0]
    forged = AutoApproved(state.plan.id, state.plan.revision, state.digest, auto_rule(state.plan))
    with pytest.raises(IllegalEventError):
        apply(found, entry(found, forged))
    with pytest.raises(IllegalEventError):
        apply(found, entry(found, ExecutionStarted(state.digest)))
    assert state.plan.tier is Tier.LOW
