"""Limits hold: each is filled up once, the next click or plan is refused with its code, one less is not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from bot.domain import claims, limits
from bot.domain.decision import Refused
from bot.domain.ids import IncidentId
from bot.ports.world import Done
from tests.fakes.busy import BROKEN, OTHER, fired, limited, proposes, with_other_target
from tests.fakes.content import LEAD
from tests.fakes.house import House, house
from tests.integrity.mutants import Mutant, mutated

Filled = Callable[[House], Awaitable[str]]
GOOD = Done(ok=True, detail="done")


@dataclass(frozen=True, slots=True)
class Case:
    """What fills a limit, and the code with which the next attempt must be refused (empty: it must not)."""

    title: str
    play: Filled
    code: str


@dataclass(slots=True)
class Held:
    """Cases that were played, and what came out otherwise."""

    played: int = 0
    wrong: list[str] = field(default_factory=list[str])


async def played(cases: tuple[Case, ...]) -> Held:
    """Each case in a house of its own."""
    result = Held()
    for case in cases:
        said = await case.play(house())
        result.played += 1
        if said != case.code:
            result.wrong.append(f"{case.title}: {said or 'allowed'}, not {case.code or 'allowed'}")
    return result


async def _ran(home: House, number: int, answer: Done | Exception = GOOD) -> str:
    """One more incident with one step on the first target, through to its end; the code of its click."""
    proposes(home, 30 + number)
    home.hands.answers.clear()
    home.hands.answers.append(answer)
    incident = await fired(home, number)
    said = await _clicked(home, incident)
    await home.work()
    return said


async def _clicked(home: House, incident: IncidentId) -> str:
    state = (await home.incident(incident)).current
    person = LEAD if state and state.plan.tier == "medium" else None
    said = await (home.click(incident, person) if person else home.click(incident))
    return said.code if isinstance(said, Refused) else ""


def _runs(*answers: Done | Exception, **given: int) -> Filled:
    """These executions, one after the other, and then another one."""

    async def play(home: House) -> str:
        limited(home, **given)
        for number, answer in enumerate(answers, 1):
            assert await _ran(home, number, answer) == ""
        return await _ran(home, len(answers) + 1)

    return play


async def _another_target(home: House) -> str:
    """The row of one target says nothing of another one."""
    with_other_target(home)
    for number in (1, 2):
        assert await _ran(home, number, BROKEN) == ""
    proposes(home, 40, target=OTHER)
    return await _clicked(home, await fired(home, 3))


async def _between(home: House) -> str:
    """Two were approved while there was room for one."""
    with_other_target(home)
    limited(home, per_workspace=1)
    proposes(home, 31)
    first = await fired(home, 1)
    proposes(home, 32, target=OTHER)
    second = await fired(home, 2)
    assert [await _clicked(home, one) for one in (first, second)] == ["", ""]
    await home.work()
    assert len(home.hands.performed) == 1
    stopped = [state.stopped for one in (first, second) if (state := await home.plan(one)).stopped]
    return stopped[0][0] if stopped and stopped[0] else ""


async def _of_incident(home: House) -> str:
    limited(home, executions_per_incident=1, per_target=10)
    home.eyes.set_samples("error_rate", "0.5")
    incident = await fired(home, 1)
    assert await _clicked(home, incident) == ""
    await home.pass_time(90)
    return await _clicked(home, incident)


def _rejected(hours: int) -> Filled:
    """Somebody rejects steps; another incident's team proposes them again so much later."""

    async def play(home: House) -> str:
        proposes(home, 40)
        await home.click(await fired(home, 1), approve=False, reason="never that")
        home.clock.advance(hours * 3600)
        found = await home.incident(await fired(home, 2))
        return "SAME_STEPS" if "SAME_STEPS" in found.escalation else ""

    return play


CASES = (
    Case("the third in an hour on one target", _runs(GOOD, GOOD), ""),
    Case("the fourth in an hour on one target", _runs(GOOD, GOOD, GOOD), "RATE_LIMIT"),
    Case("one more than an hour's in the workspace", _runs(GOOD, per_workspace=1), "RATE_LIMIT"),
    Case("approved while there was room, begun when there was none", _between, "RATE_LIMIT"),
    Case("one more than an incident's executions", _of_incident, "RATE_LIMIT"),
    Case("after one failure", _runs(BROKEN), ""),
    Case("after two failures in a row", _runs(BROKEN, BROKEN), "RATE_LIMIT"),
    Case("after a failure and an unknown outcome", _runs(BROKEN, TimeoutError()), "RATE_LIMIT"),
    Case("after a failure, a good one and a failure", _runs(BROKEN, GOOD, BROKEN, per_target=9), ""),
    Case("after two failures on another target", _another_target, ""),
    Case("steps rejected 23 hours ago in another incident", _rejected(23), "SAME_STEPS"),
    Case("steps rejected 25 hours ago in another incident", _rejected(25), ""),
)
MUTANTS = (
    Mutant("ask for no room at the click",
           "case Decided(_, _, digest, True) if state is not None:\n            return _room(",
           "case Decided(_, _, digest, True) if state is not None:\n            return () and _room("),
    Mutant("count no step when it begins", "return _step(ClaimKind.COUNT,",
           "return () and _step(ClaimKind.COUNT,"),
    Mutant("count no execution of an incident",
           "return (_of_incident(ClaimKind.COUNT, incident, digest, limits),)", "return ()"),
    Mutant("a failure is no failure", "return (Claim(ClaimKind.FAIL, row_key(step.target), run),)",
           "return ()"),
    Mutant("an unknown outcome is no failure", "case OutcomeUnknown(_, index):\n            applied = False",
           "case OutcomeUnknown(_, index):\n            applied = True"),
    Mutant("a good execution does not end the row",
           "Claim(ClaimKind.MEND, row_key(step.target), run), _used(step, run)",
           "_used(step, run),"),
    Mutant("one row for all targets", 'return f"failed:{target}"', 'return "failed"'),
    Mutant("forget what was rejected",
           'return (Claim(ClaimKind.COUNT, key, digest[:12], "", UNLIMITED, REJECTED_FOR),)', "return ()"),
    Mutant("reject for ever", "REJECTED_FOR = DAY", "REJECTED_FOR = 2 * DAY"),
)  # fmt: skip


async def survivors(mutants: tuple[Mutant, ...] = MUTANTS) -> tuple[str, ...]:
    """The titles of the mutants that no case brings to light."""
    return tuple([one.title for one in mutants if not await _noticed(one)])


async def _noticed(mutant: Mutant) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "limit_claims", mutated(mutant, limits, "limit_claims"))
        try:
            return bool((await played(CASES)).wrong)
        except AssertionError:
            return True
