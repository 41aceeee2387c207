"""What a card shows beside the incident."""

from bot.domain.decision import Code, Refused
from bot.domain.events import Decided
from bot.domain.incident import Incident
from bot.ports.records import Pause
from bot.slack.scenery import Scenery
from bot.slack.views.scene import Card, Scene
from tests.fakes.busy import failed_twice, fired, limited, proposes
from tests.fakes.content import LEAD, ONCALL, SENIOR
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


async def test_a_target_in_proposals_only_is_told_before_anybody_clicks() -> None:
    home = house()
    await failed_twice(home)
    proposes(home, 40)
    name = await fired(home, 3)
    incident = await home.incident(name)
    scene = await scenery_of(home).of(incident)
    assert scene.gate.full == "2 failed or unknown executions in a row on checkout/process: proposals only"
    assert scene.gate.full_until == home.clock.now() + 3_600_000
    said = await home.click(name)
    assert isinstance(said, Refused)
    assert said.code is Code.RATE_LIMIT
    assert scene.gate.full in said.detail
    home.clock.advance(3600)
    assert (await scenery_of(home).of(incident)).gate.full == ""


async def test_a_plan_that_nobody_can_decide_any_more_asks_for_no_limit() -> None:
    home = house()
    await failed_twice(home)
    proposes(home, 40)
    name = await fired(home, 3)
    assert isinstance(await home.click(name, approve=False, reason="not now"), Decided)
    assert (await scenery_of(home).of(await home.incident(name))).gate.full == ""


async def test_when_only_the_last_approval_can_bring_the_senior_only_seniors_are_named() -> None:
    home = house()
    limited(home, blast_radius=0)
    name = await home.fires()
    await home.work()
    first = await scene_of(home)
    assert (set(first.approvers), first.gate.one_of) == ({ONCALL, LEAD, SENIOR}, "senior")
    assert isinstance(await home.click(name), Decided)
    second = await scene_of(home)
    assert (second.approvers, second.gate.one_of) == ((SENIOR,), "senior")
    assert set(second.eligible) == {ONCALL, LEAD, SENIOR}
    assert isinstance(said := await home.click(name, LEAD), Refused)
    assert (said.code, "senior" in said.detail) == (Code.NOT_AUTHORISED, True)
