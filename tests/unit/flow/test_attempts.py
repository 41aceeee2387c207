"""A stage that takes its worker with it again and again is given to a human, whatever it wrote before."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.domain.claims import Claim, Index
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import (
    Entry,
    EvidenceGathered,
    OutcomeRecorded,
    OutcomeUnknown,
    Probed,
    StepFinished,
)
from bot.domain.ids import Fence, IncidentId
from bot.domain.incident import Phase
from bot.flow.control import record_truth
from bot.flow.table import table
from bot.ports.records import Appended
from tests.fakes.content import ONCALL
from tests.fakes.house import House, house, pool_diagnosis
from tests.fakes.incidents import MemoryIncidents


class PoisonError(Exception):
    """What this alert does to whoever looks at it."""


def poisoned(times: int) -> House:
    """A house whose team fails that often before it answers."""
    home = house()
    home.team.diagnoses.clear()
    home.team.diagnoses.extend([*(PoisonError() for _ in range(times)), pool_diagnosis()])
    return home


async def test_a_stage_that_dies_after_its_first_event_is_given_to_a_human() -> None:
    home = poisoned(100)
    incident = await home.fires()
    for _ in range(3):
        with pytest.raises(PoisonError):
            await home.work()
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.ESCALATED
    assert sum(isinstance(entry.event, EvidenceGathered) for entry in found.entries) == 1


async def test_a_stage_that_dies_twice_and_then_ends_goes_on() -> None:
    home = poisoned(2)
    incident = await home.fires()
    for _ in range(2):
        with pytest.raises(PoisonError):
            await home.work()
    await home.work()
    assert (await home.incident(incident)).phase is not Phase.ESCALATED


class LosingIncidents(MemoryIncidents):
    """A store that is lost whenever a worker wants to write down a certain event."""

    loses: type | None = None

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        """Append, unless it is this event."""
        lost = self.loses
        if lost is not None and fence is not None and isinstance(entries[0].event, lost):
            raise StoreUnavailableError
        return await super().append(incident, version, entries, claims, index, fence)


def losing_house() -> tuple[House, LosingIncidents]:
    """A house over a store that can be lost at one kind of event."""
    home = house()
    incidents = LosingIncidents(home.store.shelf)
    home.store = replace(home.store, incidents=incidents)
    home.ports = replace(home.ports, incidents=incidents)
    home.hands.incidents = incidents
    return home, incidents


async def lost_again_and_again(home: House, store: LosingIncidents, event: type, times: int) -> None:
    """Let workers come and go without ever writing down this event."""
    store.loses = event
    for _ in range(times):
        with pytest.raises(StoreUnavailableError):
            await home.work()
        home.clock.advance(1)
    store.loses = None


async def test_a_begun_step_whose_end_cannot_be_written_is_unknown_in_the_end_and_never_stuck() -> None:
    home, store = losing_house()
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    await lost_again_and_again(home, store, StepFinished, 1)
    assert (await home.incident(incident)).phase is Phase.EXECUTING
    await lost_again_and_again(home, store, OutcomeUnknown, 3)
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.UNKNOWN
    assert len(home.hands.performed) == 1


async def test_a_step_in_doubt_that_cannot_be_probed_waits_for_a_human_who_can_settle_it() -> None:
    home, store = losing_house()
    home.hands.answers.append(TimeoutError())
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    await home.work()
    assert (await home.incident(incident)).phase is Phase.UNKNOWN
    home.clock.advance(60)
    await lost_again_and_again(home, store, Probed, 3)
    await home.pass_time(120, 10)
    found = await home.incident(incident)
    assert found.phase in {Phase.UNKNOWN, Phase.EXECUTED, Phase.VERIFIED, Phase.PROPOSED, Phase.CLOSED}
    if found.phase is Phase.UNKNOWN:
        assert found.current is not None
        truth = OutcomeRecorded(found.current.digest, 0, True, ONCALL, "looked")
        assert (await record_truth(home.ports, table, incident, truth)).startswith("Recorded")
