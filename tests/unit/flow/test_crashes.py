"""A process dies at every append of the story, before and after it is written; the incident must not care."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.domain.events import Asked, Closing, OutcomeRecorded, OutcomeUnknown
from bot.domain.incident import Incident, Phase
from bot.domain.plan import Step
from bot.flow.control import record_truth
from bot.flow.followup import asked
from bot.flow.table import table
from tests.fakes.content import LEAD, ONCALL, PROCESS
from tests.fakes.crashing import CrashingIncidents, Killed
from tests.fakes.house import PLACE, House, house
from tests.fakes.world import FakeEyes, checkout_effect

APPENDS = 24
STORY = ["increase_pool_size", "increase_pool_size", "rollback_deployment"]


def leaking(eyes: FakeEyes) -> Callable[[Step], None]:
    """The effect of the actions on a service that leaks: only the rollback heals it for good."""
    act = checkout_effect(eyes)

    def effect(step: Step) -> None:
        act(step)
        healed = step.action == "rollback_deployment"
        eyes.set_samples("error_rate", *(("0.0",) if healed else ("0.0", "0.6", "0.7")))

    return effect


def crashing_house(at: int, *, after: bool) -> tuple[House, CrashingIncidents]:
    """A house whose store lets one process die."""
    home = house()
    incidents = CrashingIncidents(home.store.shelf, at, after=after)
    home.store = replace(home.store, incidents=incidents)
    home.ports = replace(home.ports, incidents=incidents)
    home.hands.incidents = incidents
    home.hands.effect = leaking(home.eyes)
    return home, incidents


async def respond(home: House) -> None:
    """Do what is next: let the alert fire, workers work, people click, ask and look."""
    known = await home.store.incidents.opened()
    incident = known[0] if known else await home.fires()
    await home.work()
    found = await home.incident(incident)
    await ask(home, f"17{found.version}.000001")
    match found.phase:
        case Phase.PROPOSED:
            low = (await home.plan(incident)).plan.tier == "low"
            await home.click(incident, ONCALL if low else LEAD)
        case Phase.UNKNOWN if found.current and found.current.in_doubt is not None:
            step = found.current.in_doubt
            ran = [p for p in home.hands.performed if p.order.digest == found.current.digest]
            applied = any(p.order.step == step for p in ran)
            truth = OutcomeRecorded(found.current.digest, step, applied, ONCALL, "looked")
            await record_truth(home.ports, table, incident, truth)
        case _:
            await home.pass_time(2)


async def ask(home: House, ts: str) -> None:
    """A follow-up question, which must change nothing."""

    def answerer(found: Incident, _: str) -> tuple[str, tuple[str, ...]]:
        return f"It is {found.phase}.", ()

    await asked(home.ports, table, answerer, Asked(ONCALL, ts, "status"), PLACE)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(APPENDS))
async def test_the_incident_ends_as_it_would_have(at: int, *, after: bool) -> None:
    home, incidents = crashing_house(at, after=after)
    for _ in range(80):
        try:
            await respond(home)
        except Killed:
            home.clock.advance(31)
        entries = list(home.store.shelf.entries.values())
        found = home.stored(next(iter(home.store.shelf.entries))) if entries else None
        if found is not None and found.phase in {Phase.CLOSED, Phase.STOPPED}:
            break
    else:
        raise AssertionError("the incident never ended")
    orders = [(performed.order.digest, performed.order.step) for performed in home.hands.performed]
    assert len(orders) == len(set(orders)), "a step ran twice"
    assert len(home.store.shelf.entries) == 1, "one alert, one incident"
    unknown = any(isinstance(entry.event, OutcomeUnknown) for entry in found.entries)
    if incidents.killed_at == "StepStarted" and after:
        assert unknown, "a step that was claimed and then lost must be unknown first"
    if found.phase is Phase.CLOSED:
        assert found.closed is not None
        assert found.closed.closing is Closing.VERIFIED
        assert home.eyes.state[PROCESS]["version"] == "41"
        assert [p.step.action for p in home.hands.performed] == STORY
        assert not home.store.shelf.held
    else:
        assert unknown, "only an unknown outcome may stop the story"


async def test_the_story_has_no_more_appends_than_are_tried() -> None:
    home, incidents = crashing_house(10_000, after=False)
    for _ in range(80):
        await respond(home)
        if home.stored(next(iter(home.store.shelf.entries))).phase is Phase.CLOSED:
            break
    assert 10_000 - incidents.left >= APPENDS
