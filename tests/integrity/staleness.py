"""Stale is refused: one declared field at a time drifts, before the click or after it; nothing may run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from bot.adapters.executors import Task
from bot.adapters.hands import ApprovedHands
from bot.domain.action import Action
from bot.domain.decision import Refused
from bot.domain.ids import EnvironmentId, IncidentId, TargetId
from bot.domain.service import Environment, Inventory, Service, Target
from bot.flow.control import stop
from bot.ports.records import Pause
from tests.fakes.content import LEAD, ONCALL, PROCESS
from tests.fakes.house import House, house
from tests.integrity.generated import HOW
from tests.integrity.shown import recording

Drift = Callable[[House, IncidentId], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that changes, when it changes, and the code that must say so."""

    title: str
    drift: Drift
    code: str
    after_click: bool


@dataclass(slots=True)
class Stale:
    """Cases that were played, executions in spite of them, and codes that were not said."""

    played: int = 0
    executed: list[str] = field(default_factory=list[str])
    unsaid: list[str] = field(default_factory=list[str])


async def played(cases: tuple[Case, ...]) -> Stale:
    """Each case in a house of its own; first once with nothing drifted, which must run."""
    result = Stale()
    with recording() as calls:
        for click_first in (False, True):
            said = await _played(calls, Case("nothing", _nothing, "", click_first))
            assert (said, len(calls)) == ("", 1), said
        for case in cases:
            said = await _played(calls, case)
            result.played += 1
            if calls:
                result.executed.append(case.title)
            if said != case.code:
                result.unsaid.append(f"{case.title}: {said or 'nothing'}, not {case.code}")
    return result


async def _played(calls: list[Task], case: Case) -> str:
    """The code with which the case was refused, wherever that was."""
    home = house()
    catalogue = home.content.fixed_catalogue
    recorded = tuple(replace(action, how=HOW) for action in catalogue.actions)
    home.content.fixed_catalogue = replace(catalogue, actions=recorded)
    hands = ApprovedHands(home.store.incidents, home.content, home.clock, str)
    home.ports = replace(home.ports, hands=hands)
    calls.clear()
    incident = await home.fires()
    await home.work()
    if not case.after_click:
        await case.drift(home, incident)
    said = await home.click(incident)
    if isinstance(said, Refused):
        await home.work()
        return said.code
    if case.after_click:
        await case.drift(home, incident)
    await home.work()
    return await _stopped(home, incident)


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
    ("everything is paused", _paused("all"), "WAITS"),
    ("the environment is paused", _paused("environment:shop-production"), "WAITS"),
    ("the incident is stopped", _stopped_by_hand, "WAITS"),
    ("the disk does not confirm", _not_durable, "NOT_DURABLE"),
)
CASES = (
    *(
        Case(f"before the click: {title}", drift, code, after_click=False)
        for title, drift, code in (*BEFORE, *BOTH)
    ),
    *(
        Case(f"after the click: {title}", drift, code, after_click=True)
        for title, drift, code in (*AFTER, *BOTH)
    ),
)
