"""A stage that takes its worker with it again and again is given to a human, whatever it wrote before."""

import pytest

from bot.domain.events import EvidenceGathered
from bot.domain.incident import Phase
from tests.fakes.house import House, house, pool_diagnosis


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
