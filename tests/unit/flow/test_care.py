"""What people do around an incident: stop in the middle, ask again, mute, own, rate, close."""

from dataclasses import dataclass, replace

from bot.domain.events import Closing, Diagnosed, IncidentClosed
from bot.domain.finding import Diagnosis, Remediation
from bot.domain.ids import HOUR, IncidentId, PersonId
from bot.domain.incident import Phase
from bot.domain.teamwork import FeedbackGiven, InvestigationStopped
from bot.flow.asking import UNDER_WAY, investigate
from bot.flow.control import close, stop
from bot.flow.feedback import feedback
from bot.flow.muting import mute
from bot.flow.ownership import own
from bot.flow.table import table
from bot.ports.team import Case
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL
from tests.fakes.house import House, house


@dataclass(slots=True)
class Interrupted:
    """A team during whose work somebody presses Stop, the first time."""

    home: House
    asked: int = 0

    async def diagnose(self, case: Case) -> Diagnosis:
        self.asked += 1
        if self.asked == 1:
            assert (await stop(self.home.ports, case.incident, ONCALL)).startswith("Stopped")
        return await self.home.team.diagnose(case)

    async def remedy(self, case: Case) -> Remediation:
        return await self.home.team.remedy(case)


async def stopped_in_the_middle() -> tuple[House, IncidentId, Interrupted]:
    home = house()
    team = Interrupted(home)
    home.ports = replace(home.ports, team=team)
    incident = await home.fires()
    await home.work()
    return home, incident, team


async def test_what_a_stopped_team_still_finds_is_not_added() -> None:
    home, name, team = await stopped_in_the_middle()
    incident = await home.incident(name)
    assert team.asked == 1
    assert incident.phase is Phase.INCONCLUSIVE
    assert isinstance(incident.entries[-1].event, InvestigationStopped)
    assert not any(isinstance(entry.event, Diagnosed) for entry in incident.entries)


async def test_a_stopped_investigation_can_be_asked_for_again_and_ends_in_a_plan() -> None:
    home, name, team = await stopped_in_the_middle()
    assert (await investigate(home.ports, table, name, COLLEAGUE)).startswith("Investigating")
    await home.work()
    assert team.asked == 2
    assert (await home.incident(name)).phase is Phase.PROPOSED
    assert await investigate(home.ports, table, name, COLLEAGUE) == UNDER_WAY


async def test_a_mute_outlives_the_incident_and_ends_in_its_time() -> None:
    home = house()
    name = await home.fires()
    await mute(home.ports, name, ONCALL, 1)
    await close(home.ports, name, IncidentClosed(Closing.NOISE, ONCALL, ""))
    home.clock.advance(40 * 60)
    assert await home.fires() == name
    assert not (await home.incident(name)).is_open
    assert await home.store.incidents.duplicates(name) == 1
    home.clock.advance(HOUR // 1000)
    again = await home.fires()
    assert again != name
    assert (await home.incident(again)).is_open


async def test_guests_change_nothing_and_only_responders_can_have_it() -> None:
    home = house()
    name = await home.fires()
    before = await home.incident(name)
    for said in (
        await own(home.ports, name, GUEST, GUEST),
        await own(home.ports, name, PersonId("U0NOBODY"), ONCALL),
        await mute(home.ports, name, GUEST, 24),
        await feedback(home.ports, name, FeedbackGiven(GUEST, "diagnosis", helpful=True)),
        await investigate(home.ports, table, name, GUEST),
    ):
        assert "Nothing was changed" in said
    assert await home.incident(name) == before


async def test_only_what_was_said_can_be_rated_and_the_newest_word_counts() -> None:
    home = house()
    name = await home.fires()
    await feedback(home.ports, name, FeedbackGiven(ONCALL, "diagnosis", helpful=True))
    assert (await home.incident(name)).feedback == ()
    await home.work()
    for person, helpful in ((ONCALL, True), (LEAD, True), (ONCALL, False)):
        await feedback(home.ports, name, FeedbackGiven(person, "diagnosis", helpful))
    await feedback(home.ports, name, FeedbackGiven(ONCALL, "1790000000.000001", helpful=True))
    found = {(one.person, one.helpful) for one in (await home.incident(name)).feedback}
    assert found == {(LEAD, True), (ONCALL, False)}


async def test_a_duplicate_must_be_of_another_incident_that_exists() -> None:
    home = house()
    name = await home.fires()
    for other in (name, IncidentId("inc-999999")):
        said = await close(home.ports, name, IncidentClosed(Closing.DUPLICATE, ONCALL, "", other))
        assert "Nothing was changed" in said
    assert (await home.incident(name)).is_open
