"""An approval must get in while much else happens to the same incident."""

import asyncio
from dataclasses import replace

from bot.domain.events import Asked, Decided
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase
from bot.flow.followup import asked
from bot.flow.table import table
from bot.ports.records import Loaded
from tests.fakes.content import ONCALL
from tests.fakes.house import PLACE, House, house
from tests.fakes.incidents import MemoryIncidents


class SlowIncidents(MemoryIncidents):
    """Lets others in between reading and appending, as a real store does, and counts lost races."""

    async def load(self, incident: IncidentId) -> Loaded:
        found = await super().load(incident)
        await asyncio.sleep(0.001)
        return found


def slow_house() -> House:
    """A house whose store is as far away as a real one."""
    home = house()
    incidents = SlowIncidents(home.store.shelf)
    home.store = replace(home.store, incidents=incidents)
    home.ports = replace(home.ports, incidents=incidents)
    home.hands.incidents = incidents
    return home


def status(incident: Incident, _: str) -> tuple[str, tuple[str, ...]]:
    """A plain answer."""
    return f"It is {incident.phase}.", ()


async def test_an_approval_succeeds_while_twenty_other_events_a_second_arrive() -> None:
    home = slow_house()
    incident = await home.fires()
    await home.work()
    stop = asyncio.Event()
    count = 0

    async def chatter() -> None:
        nonlocal count
        while not stop.is_set():
            count += 1
            await asked(home.ports, table, status, Asked(ONCALL, f"1790000001.{count:06d}", "status"), PLACE)
            await asyncio.sleep(0.05)

    talking = [asyncio.create_task(chatter()) for _ in range(4)]
    await asyncio.sleep(0.1)
    said = await home.click(incident)
    stop.set()
    await asyncio.gather(*talking)
    found = await home.incident(incident)
    assert isinstance(said, Decided)
    assert found.phase is Phase.APPROVED
    assert count > 4
    assert len(found.questions) == count
    assert not found.unanswered


async def test_of_many_clicks_at_once_exactly_one_counts() -> None:
    home = slow_house()
    incident = await home.fires()
    await home.work()
    said = await asyncio.gather(*(home.click(incident) for _ in range(12)))
    assert sum(isinstance(one, Decided) for one in said) == 1
    assert len((await home.plan(incident)).decisions) == 1
