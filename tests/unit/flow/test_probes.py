"""A step in doubt whose executor has a probe of its own."""

from bot.domain.events import Probed
from bot.domain.ids import IncidentId
from bot.domain.incident import Phase
from bot.ports.world import Probe
from tests.fakes.content import PROCESS
from tests.fakes.house import House, house


async def in_doubt(home: House | None = None) -> tuple[House, IncidentId]:
    home = home or house()
    incident = await home.fires()
    await home.work()
    home.hands.answers.append(TimeoutError())
    home.hands.lost_before_effect = True
    await home.click(incident)
    home.eyes.set_samples("error_rate", "0.0")
    return home, incident


def probed(home: House, incident: IncidentId) -> list[Probed]:
    events = (entry.event for entry in home.store.shelf.entries[incident])
    return [event for event in events if isinstance(event, Probed)]


async def test_the_probe_of_the_executor_is_asked_by_the_key_of_the_step_before_anything_is_compared() -> (
    None
):
    home, incident = await in_doubt()
    home.eyes.probes[PROCESS] = Probe(True, "job 7 succeeded")
    await home.pass_time(20)
    assert [(event.applied, event.detail) for event in probed(home, incident)] == [(True, "job 7 succeeded")]
    asked = next(one for one in home.eyes.looked if one.startswith("probe:"))
    digest = (await home.incident(incident)).plans[0].digest
    assert asked.endswith(f":{PROCESS}:{digest[:12]}:0")
    assert (await home.incident(incident)).phase is Phase.CLOSED
    assert len(home.hands.performed) == 1


async def test_that_nothing_was_found_counts_only_at_the_last_look() -> None:
    home, incident = await in_doubt()
    home.eyes.probes[PROCESS] = Probe(False, "nothing has this key")
    await home.pass_time(90)
    assert [event.applied for event in probed(home, incident)] == [None, None, False]
    assert len(home.hands.performed) == 1


async def test_what_stays_uncertain_waits_for_a_human_and_is_never_sent_again() -> None:
    home, incident = await in_doubt()
    home.eyes.probes[PROCESS] = Probe(None, "it is still running")
    await home.pass_time(200, step=5)
    assert [event.applied for event in probed(home, incident)] == [None, None, None]
    assert (await home.incident(incident)).phase is Phase.UNKNOWN
    assert len(home.hands.performed) == 1
