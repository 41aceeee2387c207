"""At most once: a worker dies at every write of an execution, before and after it; no step runs twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from bot.domain.finding import Remediation
from bot.domain.incident import Incident, Phase, StepStatus
from bot.flow.conductor import Move
from tests.chaos.hammering import rerunning
from tests.fakes import house as houses
from tests.fakes.busy import OTHER, with_other_target
from tests.fakes.content import PROCESS
from tests.fakes.crashing import CrashingIncidents, Killed
from tests.fakes.house import RAISE, House, house

WRITES = 20
SETTLED = {
    Phase.EXECUTED,
    Phase.VERIFIED,
    Phase.PROPOSED,
    Phase.CLOSED,
    Phase.UNKNOWN,
    Phase.STOPPED,
    Phase.ESCALATED,
}


@dataclass(slots=True)
class Doubt:
    """Deaths that were played, steps that ran twice, and incidents that were left without a word."""

    deaths: int = 0
    unknown: int = 0
    twice: list[str] = field(default_factory=list[str])
    silent: list[str] = field(default_factory=list[str])


async def played() -> Doubt:
    """A plan of two steps on two targets; the worker is killed once, at each of its writes in turn."""
    result = Doubt()
    for after in (False, True):
        for at in range(WRITES):
            home, store = _house(at, after=after)
            found = await _lived(home)
            if store.killed_at is None:
                break
            _judge(result, home, found, f"{store.killed_at}, {'after' if after else 'before'} it was written")
    return result


def _judge(result: Doubt, home: House, found: Incident, where: str) -> None:
    result.deaths += 1
    runs = Counter((one.order.digest, one.order.step) for one in home.hands.performed)
    if any(many > 1 for many in runs.values()):
        result.twice.append(where)
    state = found.plans[0]
    doubtful = any(step.status is StepStatus.UNKNOWN or step.probes for step in state.steps)
    result.unknown += doubtful
    if found.phase not in SETTLED or (runs and not state.started_at):
        result.silent.append(f"{where}: {found.phase}")


def _house(at: int, *, after: bool) -> tuple[House, CrashingIncidents]:
    home = house()
    with_other_target(home)
    steps = tuple(replace(RAISE.steps[0], target=target) for target in (PROCESS, OTHER))
    home.team.remediations[0] = Remediation((replace(RAISE, steps=steps),))
    store = CrashingIncidents(home.store.shelf, at, after=after)
    home.store = replace(home.store, incidents=store)
    home.ports = replace(home.ports, incidents=store)
    home.hands.incidents = store
    return home, store


async def _lived(home: House) -> Incident:
    """The road up to the end of the execution; whoever is killed is started again."""
    for _ in range(5):
        try:
            incident = await home.fires()
            await home.work()
            if (await home.incident(incident)).phase is Phase.PROPOSED:
                await home.click(incident)
            await home.work()
            if (await home.incident(incident)).phase is Phase.UNKNOWN:
                await home.pass_time(70, 10)
        except Killed:
            continue
        return await home.incident(incident)
    raise AssertionError("it never came to an end")


MUTANTS: tuple[tuple[str, Callable[[Incident], Move | None]], ...] = (
    ("run a step in doubt again", rerunning),
)


async def survivors() -> tuple[str, ...]:
    """The titles of the mutants under which no step runs twice."""
    return tuple([title for title, table in MUTANTS if not await _noticed(table)])


async def _noticed(table: Callable[[Incident], Move | None]) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(houses, "table", table)
        return bool((await played()).twice)
