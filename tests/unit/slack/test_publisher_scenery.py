"""What a card shows beside the incident."""

from bot.domain.incident import Incident
from bot.ports.records import Pause
from bot.slack.scenery import Scenery
from bot.slack.views.scene import Card, Scene
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.house import ROLLBACK, House, house


def scenery_of(home: House) -> Scenery:
    def draw(_: Incident, __: Scene) -> tuple[Card, ...]:
        return ()

    return Scenery(home.store.incidents, home.roster, home.content, home.clock, draw)


async def scene_of(home: House) -> Scene:
    (name,) = home.store.shelf.entries
    return await scenery_of(home).of(await home.incident(name))


async def test_the_first_card_asks_no_roster() -> None:
    home = house()
    await home.fires()
    home.roster.errors["checkout-oncall"] = "slow and gone"
    scene = await scene_of(home)
    assert (scene.approvers, scene.oncall, scene.roster_note) == ((), (), "")


async def test_those_who_may_approve_follow_the_tier() -> None:
    home = house()
    await home.fires()
    await home.work()
    assert (await scene_of(home)).approvers == (ONCALL,)
    home.team.remediations[0] = home.team.remediations[0].__class__((ROLLBACK,))
    (name,) = home.store.shelf.entries
    await home.click(name, approve=False, reason="the pool is not the cause")
    await home.work()
    scene = await scene_of(home)
    assert scene.approvers == (LEAD,)
    assert scene.oncall == (ONCALL,)


async def test_a_roster_that_fails_is_named() -> None:
    home = house()
    await home.fires()
    await home.work()
    home.roster.errors["checkout-oncall"] = "no answer"
    scene = await scene_of(home)
    assert (scene.approvers, scene.roster_note) == ((), "checkout-oncall: no answer")


async def test_a_pause_of_the_environment_shows_on_the_card() -> None:
    home = house()
    await home.fires()
    assert (await scene_of(home)).paused is None
    await home.store.incidents.set_pause(Pause("environment:elsewhere", LEAD, "", home.clock.now()))
    assert (await scene_of(home)).paused is None
    await home.store.incidents.set_pause(Pause("environment:shop-production", LEAD, "", home.clock.now()))
    assert (await scene_of(home)).paused == "environment:shop-production"
