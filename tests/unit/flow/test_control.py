"""What people steer by hand."""

from bot.domain.incident import Phase
from bot.flow.control import go_on, pause, resume, stop
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
    assert "lead" in await go_on(home.ports, table, incident, ONCALL, "go")
    assert "reason" in await go_on(home.ports, table, incident, LEAD, " ")
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
    assert await home.store.cards.dirty(10) == (incident,)


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
