"""What the models said, from the team to the modal: kept redacted, read page by page."""

from dataclasses import replace

from bot.domain.events import TeamWorked
from bot.domain.spoken import Speech, key_of
from bot.slack.views.spoken_modal import GONE
from tests.fakes.content import ONCALL
from tests.fakes.crews import ROAD, Cast, modelled, proposed
from tests.fakes.slack_room import slack_room
from tests.scenario.test_slack_room_faces import modal, shown, with_button
from tests.scenario.test_slack_room_faces import proposed as proposed_in

WORKED = TeamWorked("diagnosis", ())


async def test_each_run_of_the_team_keeps_what_was_asked_and_answered() -> None:
    home = modelled(Cast(ROAD))
    incident = await proposed(home)
    assert len(incident.worked) >= 2
    for worked in incident.worked:
        spoken = await home.ports.blobs.spoken(incident.id, key_of(worked))
        assert spoken is not None
        assert [one.stage for one in spoken.stages] == [one.stage for one in worked.stages]
        for stage in spoken.stages:
            kinds = {one.kind for one in stage.words}
            assert {Speech.ASKED, Speech.NOTED} <= kinds
            assert kinds & {Speech.ANSWERED, Speech.CALLED}


async def test_it_is_read_from_the_timeline_and_turned_page_by_page() -> None:
    async with slack_room(modelled(Cast(ROAD)), real=True) as room:
        alert, _ = await proposed_in(room)
        (name,) = room.home.store.shelf.entries
        card = with_button(room, alert, "incident_menu")
        assert card is not None
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "incident_menu", f"history|{name}")
        history = await modal(room, ONCALL)
        assert "Log analysis" in shown(history)
        await olga.click(history, "spoken_0_0")
        first = (await room.until(lambda: room.workspace.views(ONCALL)[1:]))[-1]
        assert first.title == "Asked and answered"
        assert "Asked:" in shown(first)
        if "spoken_later" in shown(first):
            await olga.click(first, "spoken_later")
            await room.until(lambda: "page 2 of" in shown(room.workspace.views(ONCALL)[-1]))
        assert len(room.workspace.views(ONCALL)) == 2


async def test_what_is_no_longer_kept_is_said_in_its_place() -> None:
    async with slack_room(modelled(Cast(ROAD)), real=True) as room:
        alert, _ = await proposed_in(room)
        (name,) = room.home.store.shelf.entries
        room.home.store.blobs.said.clear()
        card = with_button(room, alert, "incident_menu")
        assert card is not None
        olga = room.workspace.as_user(ONCALL)
        await olga.click(card, "incident_menu", f"history|{name}")
        await olga.click(await modal(room, ONCALL), "spoken_0_0")
        await room.until(lambda: room.workspace.views(ONCALL)[1:])
        assert GONE in shown(await modal(room, ONCALL))


def test_the_key_of_a_run_differs_with_anything_in_it() -> None:
    from_same = replace(WORKED, task="diagnosis")
    assert key_of(from_same) == key_of(WORKED)
    assert key_of(replace(WORKED, task="answer")) != key_of(WORKED)
