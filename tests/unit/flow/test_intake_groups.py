"""Storms: what joins an incident, what continues one, what stays apart; nothing is lost."""

from dataclasses import replace

from bot.domain.alert import Alert, AlertStatus, Place, Sighted
from bot.domain.events import Closing, IncidentClosed
from bot.domain.grouping import AlertRules
from bot.domain.ids import EnvironmentId, IncidentId, ServiceName, TargetId
from bot.domain.incident import Phase
from bot.domain.service import Environment, Inventory, Service
from bot.flow.control import close
from bot.flow.intake import alert_seen
from tests.fakes.content import ONCALL, WORKSPACE
from tests.fakes.house import House, alert, house

SECOND_PLACE = Place(WORKSPACE, "C0ALERTS", "1790000000.000200")


def service_named(home: House, name: str, *needs: str, environment: str = "shop-production") -> Service:
    """A further service of the inventory that depends on others."""
    first = home.content.fixed_inventory.services[0]
    known = replace(
        first,
        name=ServiceName(name),
        aliases=(),
        environment=EnvironmentId(environment),
        targets=tuple(replace(target, id=TargetId(f"{name}/process")) for target in first.targets),
        depends_on=tuple(map(ServiceName, needs)),
    )
    inventory = home.content.fixed_inventory
    environments = (*inventory.environments, Environment(EnvironmentId("shop-staging"), production=False))
    home.content.fixed_inventory = Inventory(environments, (*inventory.services, known), "a2" * 32)
    return known


async def over(home: House, one: Alert) -> IncidentId | None:
    """The sender says that this alert is over."""
    return await alert_seen(
        home.ports, Sighted(replace(one, status=AlertStatus.RESOLVED), SECOND_PLACE, None)
    )


async def test_another_alert_of_the_same_service_joins_and_is_listed() -> None:
    home = house()
    incident = await home.fires()
    assert await home.fires(alert("fp-2"), SECOND_PLACE) == incident
    found = await home.incident(incident)
    assert [(one.alert.fingerprint, one.why) for one in found.joined] == [("fp-2", "same service")]
    assert await home.store.incidents.duplicates(incident) == 0


async def test_a_joined_alert_is_counted_when_it_comes_again() -> None:
    home = house()
    incident = await home.fires()
    await home.fires(alert("fp-2"))
    assert await home.fires(alert("fp-2")) == incident
    assert await home.store.incidents.duplicates(incident) == 1
    assert len((await home.incident(incident)).joined) == 1


async def test_people_may_speak_of_the_incident_in_the_thread_of_a_joined_alert() -> None:
    home = house()
    incident = await home.fires()
    await home.fires(alert("fp-2"), SECOND_PLACE)
    assert await home.store.incidents.by_thread(SECOND_PLACE) == incident


async def test_an_alert_of_a_dependency_joins_whichever_came_first() -> None:
    for first, second in (("checkout", "payments"), ("payments", "checkout")):
        home = house()
        service_named(home, "payments", "checkout")
        incident = await home.fires(alert("fp-1", service=first))
        assert await home.fires(alert("fp-2", service=second)) == incident
        assert (await home.incident(incident)).joined[0].why == "payments depends on checkout"


async def test_alerts_of_one_deploy_join() -> None:
    home = house()
    service_named(home, "payments")
    labelled = [
        replace(alert(f"fp-{i}", service=name), labels=(("release", "r7"),))
        for i, name in enumerate(("checkout", "payments"))
    ]
    incident = await home.fires(labelled[0])
    assert await home.fires(labelled[1]) == incident
    assert (await home.incident(incident)).joined[0].why == "same deploy (release=r7)"


async def test_an_unrelated_service_an_unknown_one_and_another_environment_stay_apart() -> None:
    home = house()
    service_named(home, "payments")
    service_named(home, "checkout-staging", "checkout", environment="shop-staging")
    incident = await home.fires()
    others = ("payments", "nobody-knows", "also-unknown", "checkout-staging")
    found = [await home.fires(alert(f"fp-{name}", service=name)) for name in others]
    assert len({incident, *found}) == 5


async def test_a_relative_that_comes_after_the_window_opens_an_incident_of_its_own() -> None:
    home = house()
    home.content.fixed_alert_rules = AlertRules(group_seconds=60)
    incident = await home.fires()
    home.clock.advance(61)
    assert await home.fires(alert("fp-2")) != incident


async def test_no_grouping_where_the_rules_say_so() -> None:
    home = house()
    home.content.fixed_alert_rules = AlertRules(group_seconds=0)
    assert await home.fires() != await home.fires(alert("fp-2"))


async def test_a_full_group_takes_no_more() -> None:
    home = house()
    home.content.fixed_alert_rules = AlertRules(most_joined=2)
    names = {await home.fires(alert(f"fp-{number}")) for number in range(4)}
    assert len(names) == 2


async def test_the_incident_is_over_when_all_of_its_alerts_are() -> None:
    home = house()
    incident = await home.fires()
    await home.fires(alert("fp-2"))
    await over(home, alert())
    assert (await home.incident(incident)).firing
    await over(home, alert("fp-2"))
    found = await home.incident(incident)
    assert found.closed is not None
    assert found.closed.closing is Closing.RESOLVED_ITSELF


async def test_an_alert_that_fires_again_keeps_the_group_alive() -> None:
    home = house()
    incident = await home.fires()
    await home.fires(alert("fp-2"))
    await over(home, alert())
    await home.fires()
    await over(home, alert("fp-2"))
    assert (await home.incident(incident)).is_open


async def test_a_joined_alert_frees_its_fingerprint_when_the_incident_closes() -> None:
    home = house()
    incident = await home.fires()
    await home.fires(alert("fp-2"))
    await close(home.ports, incident, IncidentClosed(Closing.DUPLICATE, ONCALL, ""))
    assert await home.fires(alert("fp-2")) != incident


async def test_an_alert_that_comes_back_soon_continues_its_incident_and_is_investigated_again() -> None:
    home = house()
    incident = await home.fires()
    await home.work()
    await over(home, alert())
    home.clock.advance(60)
    assert await home.fires(alert(), SECOND_PLACE) == incident
    found = await home.incident(incident)
    assert (found.is_open, found.phase, found.reopened) == (True, Phase.DETECTED, 1)
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.PROPOSED
    assert [state.plan.revision for state in found.plans] == [1, 2]
    assert await home.store.incidents.by_thread(SECOND_PLACE) == incident


async def test_a_joined_alert_that_comes_back_continues_the_incident_too() -> None:
    home = house()
    incident = await home.fires()
    await home.fires(alert("fp-2"))
    await over(home, alert())
    await over(home, alert("fp-2"))
    assert await home.fires(alert("fp-2")) == incident
    assert (await home.incident(incident)).alert.fingerprint == "fp-2"


async def test_an_alert_that_comes_back_late_or_after_a_duplicate_opens_a_new_incident() -> None:
    home = house()
    incident = await home.fires()
    await over(home, alert())
    home.clock.advance(1_801)
    second = await home.fires()
    assert second != incident
    await close(home.ports, second, IncidentClosed(Closing.DUPLICATE, ONCALL, "of the first"))
    assert await home.fires() not in {incident, second}


async def test_a_flapping_alert_continues_its_incident_five_times_and_not_for_ever() -> None:
    home = house()
    incident = await home.fires()
    for _ in range(5):
        await over(home, alert())
        assert await home.fires() == incident
    await over(home, alert())
    assert await home.fires() != incident


async def test_what_waits_for_a_person_is_not_investigated_and_takes_no_relatives() -> None:
    home = house()
    quiet = await home.fires(replace(alert(), severity="info"))
    await home.work()
    found = await home.incident(quiet)
    assert (found.phase, found.waits, found.evidence) == (Phase.DETECTED, True, ())
    assert await home.fires(alert("fp-2")) != quiet
