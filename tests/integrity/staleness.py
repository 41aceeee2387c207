"""Stale is refused: one declared field at a time drifts, before the click or after it; nothing may run."""

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.adapters.hands import ApprovedHands
from bot.domain.action import Action
from bot.domain.decision import Refused
from bot.domain.errors import SourceUnavailableError
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.ids import ActionId, EnvironmentId, IncidentId, TargetId
from bot.domain.rehearsal import DryRun
from bot.domain.service import Environment, Inventory, Service, Target
from bot.flow.control import stop
from bot.ports.records import Pause
from tests.fakes.content import LEAD, ONCALL, PROCESS
from tests.fakes.house import RAISE, House, house
from tests.integrity.generated import HOW
from tests.integrity.shown import recording
from tests.integrity.worlds import FREEZE

Drift = Callable[[House, IncidentId], Awaitable[None]]


class When(StrEnum):
    """When something drifts."""

    BEFORE = "before the click"
    AFTER = "after the click"
    FIRST = "before the first of two steps"
    BETWEEN = "between two steps"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that changes, when, the code that must say so, and a hold in seconds."""

    title: str
    drift: Drift
    code: str
    when: When
    hold: int = 0


@dataclass(slots=True)
class Stale:
    """Cases that were played, executions in spite of them, and codes that were not said."""

    played: int = 0
    executed: list[str] = field(default_factory=list[str])
    unsaid: list[str] = field(default_factory=list[str])


async def played(cases: tuple[Case, ...]) -> Stale:
    """Each case in a house of its own; first each moment with nothing drifted, where all must run."""
    result = Stale()
    for when in When:
        calls, said = await _played(Case("nothing", _nothing, "", when))
        assert (said, calls) == ("", _steps(when)), said
    for case in cases:
        calls, said = await _played(case)
        result.played += 1
        if calls > _allowed(case.when):
            result.executed.append(f"{case.when}: {case.title}")
        if said != case.code:
            result.unsaid.append(f"{case.when}: {case.title}: {said or 'nothing'}, not {case.code}")
    return result


def _allowed(when: When) -> int:
    """How many calls there may be: the first step of two runs before something drifts between them."""
    return 1 if when is When.BETWEEN else 0


def _steps(when: When) -> int:
    return 2 if when in {When.FIRST, When.BETWEEN} else 1


async def _played(case: Case) -> tuple[int, str]:
    """How often an executor was called, and the code with which the case was refused, wherever that was."""
    home = _house(case)
    incident = await home.fires()
    await home.work()

    async def meanwhile() -> None:
        if case.when is When.BETWEEN:
            await case.drift(home, incident)

    with recording(meanwhile) as calls:
        if case.when is When.BEFORE:
            await case.drift(home, incident)
        said = await home.click(incident)
        if case.when in {When.AFTER, When.FIRST}:
            await case.drift(home, incident)
        await home.work()
        code = said.code if isinstance(said, Refused) else await _stopped(home, incident)
    return len(calls), code


def _house(case: Case) -> House:
    home = house()
    old, rules = home.content.fixed_catalogue, home.content.fixed_policy
    home.content.fixed_catalogue = replace(
        old, actions=tuple(replace(action, how=HOW) for action in old.actions)
    )
    tiers = tuple(replace(tier, hold_seconds=case.hold) for tier in rules.tiers)
    home.content.fixed_policy = replace(rules, tiers=tiers)
    inventory = home.content.fixed_inventory
    known = (("supervisor", CLUSTER), ("ssh", CLUSTER))
    named = tuple(replace(one, identities=known) for one in inventory.environments)
    home.content.fixed_inventory = replace(inventory, environments=named)
    home.eyes.identities[PROCESS] = CLUSTER
    home.eyes.dry_runs[PROCESS] = DryRun(DIFFERENCE)
    home.ports = replace(home.ports, hands=ApprovedHands(home.store.incidents, home.content, home.clock, str))
    if _steps(case.when) > 1:
        both = (*RAISE.steps, ProposedStep(ActionId("restart"), PROCESS))
        home.team.remediations = deque([Remediation((Option("Both", both),))])
    return home


async def _stopped(home: House, incident: IncidentId) -> str:
    state = (await home.incident(incident)).plans[0]
    if state.stopped is not None:
        return state.stopped[0]
    if state.ended is not None:
        return state.ended.upper()
    return "WAITS" if state.started_at is None else ""


async def _nothing(home: House, incident: IncidentId) -> None:
    del home, incident


def _field(name: str, value: str) -> Drift:
    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        home.eyes.set_state(PROCESS, **{name: value})

    return drift


def _unseen(name: str) -> Drift:
    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        del home.eyes.state[PROCESS][name]

    return drift


async def _blind(home: House, incident: IncidentId) -> None:
    del incident
    home.eyes.blind.add(PROCESS)


def _service(change: Callable[[Service], Service], *more: Environment) -> Drift:
    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        old = home.content.fixed_inventory
        services = tuple(change(one) for one in old.services)
        home.content.fixed_inventory = Inventory((*old.environments, *more), services, "f6" * 32)

    return drift


CLUSTER = "cluster-7d0c"
DIFFERENCE = ("- pool_size: 20", "+ pool_size: 50")


def _identity(found: str | Exception | None) -> Drift:
    """The executor finds another identity, cannot read it, or cannot tell any more."""

    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        home.eyes.identities.pop(PROCESS)
        if found is not None:
            home.eyes.identities[PROCESS] = found

    return drift


def _rehearsal(again: DryRun | Exception | None) -> Drift:
    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        home.eyes.dry_runs.pop(PROCESS)
        if again is not None:
            home.eyes.dry_runs[PROCESS] = again

    return drift


def _moved(service: Service) -> Service:
    return replace(service, environment=EnvironmentId("shop-staging"))


def _without_target(service: Service) -> Service:
    return replace(service, targets=(Target(TargetId("checkout/other"), "supervisor"),))


def _other_executor(service: Service) -> Service:
    return replace(service, targets=tuple(replace(one, executor="ssh") for one in service.targets))


async def _not_production(home: House, incident: IncidentId) -> None:
    del incident
    old = home.content.fixed_inventory
    environments = tuple(replace(one, production=not one.production) for one in old.environments)
    home.content.fixed_inventory = replace(old, environments=environments)


async def _policy(home: House, incident: IncidentId) -> None:
    del incident
    home.content.fixed_policy = replace(home.content.fixed_policy, sha256="d4" * 32)


async def _frozen(home: House, incident: IncidentId) -> None:
    del incident
    home.content.fixed_policy = replace(home.content.fixed_policy, freezes=(FREEZE,))


def _catalogue(change: Callable[[Action], Action]) -> Drift:
    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        old = home.content.fixed_catalogue
        home.content.fixed_catalogue = replace(old, actions=tuple(map(change, old.actions)), sha256="e5" * 32)

    return drift


def _no_action(home: House) -> None:
    home.content.fixed_catalogue = replace(home.content.fixed_catalogue, actions=())


async def _actions_gone(home: House, incident: IncidentId) -> None:
    del incident
    _no_action(home)


async def _off_call(home: House, incident: IncidentId) -> None:
    del incident
    home.roster.members["checkout-oncall"] = (LEAD,)


async def _empty(home: House, incident: IncidentId) -> None:
    del incident
    home.roster.members["checkout-oncall"] = ()


async def _roster_down(home: House, incident: IncidentId) -> None:
    del incident
    home.roster.errors["checkout-oncall"] = "gone"


async def _late(home: House, incident: IncidentId) -> None:
    del incident
    home.clock.advance(1800)


async def _too_late_to_start(home: House, incident: IncidentId) -> None:
    del incident
    home.clock.advance(121)


def _paused(scope: str) -> Drift:
    async def drift(home: House, incident: IncidentId) -> None:
        del incident
        await home.store.incidents.set_pause(Pause(scope, LEAD, "", home.clock.now()))

    return drift


async def _stopped_by_hand(home: House, incident: IncidentId) -> None:
    await stop(home.ports, incident, ONCALL)


async def _not_durable(home: House, incident: IncidentId) -> None:
    del incident
    home.store.shelf.durable = False


LOST = SourceUnavailableError("no answer")
STAGING = Environment(EnvironmentId("shop-staging"), production=False)
BEFORE = (
    ("policy.yaml changed", _policy, "POLICY_CHANGED"),
    (
        "actions.yaml changed",
        _catalogue(lambda action: replace(action, timeout_seconds=1)),
        "CATALOGUE_CHANGED",
    ),
    ("the approver left on-call", _off_call, "NOT_AUTHORISED"),
    ("the roster is empty", _empty, "ROSTER_UNAVAILABLE"),
    ("the roster is down", _roster_down, "ROSTER_UNAVAILABLE"),
    ("the window is over", _late, "EXPIRED"),
    ("a freeze began", _frozen, "FROZEN"),
    ("everything is paused", _paused("all"), "PAUSED"),
    ("the environment is paused", _paused("environment:shop-production"), "PAUSED"),
    ("the incident is stopped", _stopped_by_hand, "PAUSED"),
)
BOTH = (
    ("precondition pool_size has another value", _field("pool_size", "30"), "DRIFT"),
    ("precondition version has another value", _field("version", "43"), "DRIFT"),
    ("precondition pool_size cannot be seen", _unseen("pool_size"), "DRIFT"),
    ("precondition version cannot be seen", _unseen("version"), "DRIFT"),
    ("the target cannot be seen", _blind, "DRIFT"),
    ("the service moved to another environment", _service(_moved, STAGING), "ENVIRONMENT_MISMATCH"),
    ("the service moved to an unknown environment", _service(_moved), "ENVIRONMENT_MISMATCH"),
    ("the environment is not what it was called", _not_production, "ENVIRONMENT_MISMATCH"),
    ("the target left the inventory", _service(_without_target), "ENVIRONMENT_MISMATCH"),
    ("the target has another executor", _service(_other_executor), "NO_EXECUTOR"),
    ("the action left the catalogue", _actions_gone, "CATALOGUE_CHANGED"),
    ("the executor is in another cluster", _identity("cluster-ffff"), "ENVIRONMENT_MISMATCH"),
    ("the executor does not say where it is", _identity(LOST), "ENVIRONMENT_MISMATCH"),
    ("the executor cannot tell where it is", _identity(None), "ENVIRONMENT_MISMATCH"),
    ("the dry run differs", _rehearsal(DryRun(("+ pool_size: 5000",))), "DRY_RUN_DIFFERS"),
    ("the dry run is refused", _rehearsal(DryRun(refused="quota")), "DRY_RUN_DIFFERS"),
    ("the dry run cannot be made", _rehearsal(LOST), "DRY_RUN_DIFFERS"),
    ("there is no dry run any more", _rehearsal(None), "DRY_RUN_DIFFERS"),
)
AFTER = (
    (
        "actions.yaml changed",
        _catalogue(lambda action: replace(action, timeout_seconds=1)),
        "CATALOGUE_CHANGED",
    ),
    (
        "another version of the action",
        _catalogue(lambda action: replace(action, version=2)),
        "CATALOGUE_CHANGED",
    ),
    ("the time to start is over", _too_late_to_start, "EXPIRED"),
    ("a freeze began", _frozen, "WAITS"),
    ("everything is paused", _paused("all"), "WAITS"),
    ("the environment is paused", _paused("environment:shop-production"), "WAITS"),
    ("the incident is stopped", _stopped_by_hand, "WAITS"),
    ("the disk does not confirm", _not_durable, "WAITS"),
)
HELD = (
    ("the hold is not over", _nothing, "WAITS"),
    ("Stop was pressed in the hold", _stopped_by_hand, "WAITS"),
)
FIRST = (
    ("precondition state of the second step has another value", _field("state", "FATAL"), "DRIFT"),
    ("precondition pid_start of the second step cannot be seen", _unseen("pid_start"), "DRIFT"),
)
BETWEEN = (
    ("a freeze began", _frozen, "PAUSED"),
    ("everything is paused", _paused("all"), "PAUSED"),
    ("the environment is paused", _paused("environment:shop-production"), "PAUSED"),
    ("the incident is stopped", _stopped_by_hand, "PAUSED"),
    ("precondition state has another value", _field("state", "FATAL"), "DRIFT"),
    ("precondition pid_start has another value", _field("pid_start", "2"), "DRIFT"),
    ("precondition state cannot be seen", _unseen("state"), "DRIFT"),
    ("the disk does not confirm", _not_durable, "NOT_DURABLE"),
    *(case for case in BOTH if not case[0].startswith("precondition")),
)
CASES = (
    *(Case(*one, When.BEFORE) for one in (*BEFORE, *BOTH)),
    *(Case(*one, When.AFTER) for one in (*AFTER, *BOTH)),
    *(Case(*one, When.AFTER, hold=60) for one in HELD),
    *(Case(*one, When.FIRST) for one in FIRST),
    *(Case(*one, When.BETWEEN) for one in BETWEEN),
)
