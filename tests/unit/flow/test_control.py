"""What people steer by hand."""

from bot.domain.events import Closing, IncidentClosed, PauseSet
from bot.domain.ids import PersonId
from bot.domain.incident import Phase
from bot.flow.control import close, go_on, pause, pause_one, resume, stop
from bot.flow.table import table
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL
from tests.fakes.house import House, house


async def approved(home: House) -> None:
    """An incident whose plan was approved and has not started."""
    incident = await home.fires()
    await home.work()
    await home.click(incident)


async def test_a_stopped_incident_starts_nothing_until_a_lead_resumes_it_with_a_reason() -> None:
    home = house()
    await approved(home)
    (incident,) = await home.store.incidents.opened()
    assert (await stop(home.ports, incident, ONCALL)).startswith("Stopped")
    await home.pass_time(5)
    assert home.hands.performed == []
    assert await go_on(home.ports, table, incident, ONCALL, "go") == (
        "Only a lead may resume; leads are Lee. Nothing was changed."
    )
    missing = await go_on(home.ports, table, incident, LEAD, " ")
    assert f"/greenlight resume incident:{incident} WHY" in missing
    await home.pass_time(2)
    assert home.hands.performed == []
    assert (await go_on(home.ports, table, incident, LEAD, "looked at it")).startswith("Resumed")
    await home.work()
    assert len(home.hands.performed) == 1
    assert (await home.incident(incident)).phase is Phase.EXECUTED


async def test_guests_stop_nothing_and_colleagues_of_the_policy_may() -> None:
    home = house()
    incident = await home.fires()
    assert "Nothing was changed" in await stop(home.ports, incident, GUEST)
    assert (await stop(home.ports, incident, COLLEAGUE)).startswith("Stopped")


async def test_a_wider_pause_redraws_every_open_card() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    home.store.shelf.dirty.clear()
    await pause(home.ports, "all", ONCALL, "careful")
    assert tuple(await home.store.cards.dirty(10)) == (incident,)


async def test_a_pause_of_what_does_not_exist_is_never_called_a_pause() -> None:
    home = house()
    said = await pause(home.ports, "environment:prod", ONCALL, "careful")
    assert "Nothing was paused" in said
    assert "all, environment:shop-production" in said
    assert await home.store.incidents.pauses() == ()
    assert (await pause(home.ports, "environment:shop-production", ONCALL, "careful")).startswith("Paused")
    assert [one.scope for one in await home.store.incidents.pauses()] == ["environment:shop-production"]
    await approved(home)
    await home.pass_time(5)
    assert home.hands.performed == []


async def test_only_a_pause_that_is_in_force_is_lifted_and_by_its_very_name() -> None:
    home = house()
    await pause(home.ports, "all", ONCALL, "careful")
    for scope in ("environment:shop-production", "environment:prod", "that"):
        said = await resume(home.ports, scope, LEAD, "looked at it")
        assert said == f"There is no pause of {scope}; what is paused: all. Nothing was changed."
    assert [one.scope for one in await home.store.incidents.pauses()] == ["all"]
    assert (await resume(home.ports, "all", LEAD, "looked at it")).startswith("Resumed")
    assert await home.store.incidents.pauses() == ()
    assert "what is paused: nothing" in await resume(home.ports, "all", LEAD, "again")


async def test_a_pause_that_could_not_be_recorded_is_never_called_a_pause() -> None:
    home = house()
    incident = await home.fires()
    home.store.shelf.down = True
    for said in (
        await pause(home.ports, "all", ONCALL, "careful"),
        await pause_one(home.ports, incident, ONCALL),
        await stop(home.ports, incident, ONCALL),
    ):
        assert "NOT recorded" in said
    home.store.shelf.down = False
    assert await home.store.incidents.pauses() == ()


async def test_a_lead_whose_roster_cannot_be_read_is_told_so_and_resumes_nothing() -> None:
    home = house()
    await pause(home.ports, "all", ONCALL, "careful")
    home.roster.errors["checkout-lead"] = "no answer within 2 s"
    said = await resume(home.ports, "all", LEAD, "looked at it")
    assert "could not read who leads (checkout-lead: no answer within 2 s)" in said
    assert [one.scope for one in await home.store.incidents.pauses()] == ["all"]


async def test_what_is_not_paused_is_not_called_resumed_and_what_is_over_not_stopped() -> None:
    home = house()
    incident = await home.fires()
    assert "not paused" in await go_on(home.ports, table, incident, LEAD, "looked at it")
    closed = IncidentClosed(Closing.NOISE, ONCALL, "a test")
    assert await close(home.ports, incident, closed) == "Closed."
    assert "closed" in await stop(home.ports, incident, ONCALL)
    assert "closed" in await pause_one(home.ports, incident, ONCALL)


async def test_the_reason_of_a_pause_of_one_incident_stands_in_its_record() -> None:
    home = house()
    incident = await home.fires()
    await pause_one(home.ports, incident, ONCALL, "someone else is on it")
    assert home.stored(incident).entries[-1].event == PauseSet(True, ONCALL, "someone else is on it")


async def test_while_slack_does_not_say_who_people_are_listed_people_may_stop_and_nobody_may_go_on() -> None:
    home = house()
    await approved(home)
    (incident,) = await home.store.incidents.opened()
    home.people.reachable = False
    assert "Nothing was changed" in await pause(home.ports, "all", PersonId("U0STRANGER"), "")
    assert (await pause(home.ports, "all", ONCALL, "odd")).startswith("Paused")
    assert (await stop(home.ports, incident, COLLEAGUE)).startswith("Stopped")
    assert "Nothing was changed" in await resume(home.ports, "all", LEAD, "looked at it")
    assert "Nothing was changed" in await go_on(home.ports, table, incident, LEAD, "looked at it")
    await home.pass_time(5)
    assert home.hands.performed == []
