"""The Slack room on the real wire: commands, steering, restarts, two bots, and the link itself."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.events import Closing
from bot.domain.incident import Phase
from bot.playground.workspace.model import App, Message
from bot.playground.workspace.workspace import Workspace
from bot.slack.failures import FatalLinkError
from bot.slack.process import open_desk
from bot.slack.socket import Health
from tests.fakes.content import ONCALL
from tests.fakes.house import house
from tests.fakes.slack_room import (
    CHANNEL,
    QUICK,
    SlackRoom,
    firing,
    options_of,
    running,
    slack_room,
    slack_workspace,
)
from tests.waiting import eventually


def cards(room: SlackRoom, alert: Message, start: str = "") -> list[str]:
    return [one.text for one in room.replies(alert) if one.text.startswith(start)]


async def test_the_command_answers_status_and_pauses() -> None:
    async with slack_room() as room:
        await room.proposed()
        ann = room.workspace.as_user(ONCALL)
        assert (await ann.command("/greenlight", "status", channel=CHANNEL)).acked
        await room.until(lambda: "1 open, 0 paused" in _whispers(room))
        await ann.command("/greenlight", "pause environment:shop-production  deploy freeze", channel=CHANNEL)
        await room.until(lambda: any(text.startswith("Paused: environment") for text in _whispers(room)))
        (pause,) = await room.home.store.incidents.pauses()
        assert (pause.scope, pause.reason) == ("environment:shop-production", "deploy freeze")
        await ann.command("/greenlight", "what?", channel=CHANNEL)
        await room.until(lambda: "status, pause, resume, help" in _whispers(room))


def _whispers(room: SlackRoom) -> list[str]:
    return [one.text for one in room.workspace.ephemerals(ONCALL)]


async def test_stop_ends_an_investigation() -> None:
    async with slack_room() as room:
        alert = await room.alert()
        card = await room.card(alert, "detected")
        await room.workspace.as_user(ONCALL).click(card, "stop_incident")
        await room.card(alert, "inconclusive")
        await room.home.work()
        assert room.home.team.cases == []


async def test_stop_pauses_an_incident_that_has_a_plan() -> None:
    async with slack_room() as room:
        alert, _ = await room.proposed()
        card = await room.card(alert, "proposed")
        await room.workspace.as_user(ONCALL).click(card, "stop_incident")
        view = (await room.until(lambda: room.workspace.views(ONCALL)))[0]
        assert view.blocks[0]["text"]["text"].startswith("Stopped")
        (incident,) = room.home.store.shelf.entries
        assert (await room.home.incident(incident)).paused_by == ONCALL


async def test_close_asks_how_it_ended_and_closes() -> None:
    async with slack_room() as room:
        alert = await room.alert()
        card = await room.card(alert, "detected")
        ann = room.workspace.as_user(ONCALL)
        await ann.click(card, "show_evidence")
        await room.until(lambda: [view.title for view in room.workspace.views(ONCALL)] == ["Evidence"])
        await ann.close(everything=True)
        await ann.click(card, "close_incident")
        await room.until(
            lambda: [view.title for view in room.workspace.views(ONCALL)] == ["Close this incident"]
        )
        await ann.submit(values={"closing": "noise", "note": "a test alert"})
        await room.card(alert, "closed")
        (incident,) = room.home.store.shelf.entries
        closed = (await room.home.incident(incident)).closed
        assert closed is not None
        assert (closed.closing, closed.person, closed.note) == (Closing.NOISE, ONCALL, "a test alert")


async def test_what_came_while_the_bot_was_down_is_taken_up_at_the_next_start() -> None:
    home = house()
    async with slack_workspace() as (workspace, app):
        hook = workspace.add_webhook(CHANNEL, "Alertmanager")
        room = SlackRoom(workspace, home, app, hook, options_of(workspace, app), Health())
        async with running(room.options, home, room.health):
            alert = await room.alert(firing("Before"))
            await room.card(alert, "detected")
            await room.handled()
        missed = await room.alert(firing("Missed"))
        stored = (
            '{"event_id": "Ev1", "team_id": "T0HOME", "event": {"type": "app_mention", "channel": "C0ALERTS",'
        )
        stored += ' "ts": "1790000000.000001", "user": "U0ONCALL", "text": "<@U> left unfinished"}}'
        await home.store.seen.store("Ev1", stored)
        room.health = Health()
        async with running(room.options, home, room.health):
            await room.card(missed, "detected")
            await room.handled()
        assert room.incidents() == 2
        assert any("left unfinished" in str(call.params) for call in workspace.calls("chat.postMessage"))


async def test_two_bots_make_one_card_and_one_decision() -> None:
    async with slack_room() as room, running(room.options, room.home, Health()):
        await room.workspace.wait_connected(room.app, 2)
        alert, plan = await room.proposed()
        ann = room.workspace.as_user(ONCALL)
        acks = await asyncio.gather(*(ann.click(plan, "decide_approve") for _ in range(6)))
        assert all(ack.acked for ack in acks)
        await room.card(alert, "plan 1 approved")
        (incident,) = room.home.store.shelf.entries
        assert len((await room.home.plan(incident)).decisions) == 1
        assert len(room.replies(alert)) == 2


async def test_a_link_that_was_cut_comes_back_and_missed_alerts_with_it() -> None:
    async with slack_room(options=replace(QUICK, retry_delays=())) as room:
        await room.card(await room.alert(firing("First")), "detected")
        await room.workspace.cut_connections(room.app)
        missed = await room.alert(firing("Missed"))
        await room.card(missed, "detected")
        assert room.incidents() == 2


async def test_a_link_that_slack_disabled_ends_the_process() -> None:
    async with slack_workspace() as (workspace, app):
        with pytest.raises(FatalLinkError, match=r"link_disabled.*Switch Socket Mode on"):
            await _disabled(workspace, app)


async def _disabled(workspace: Workspace, app: App) -> None:
    health = Health()
    async with running(options_of(workspace, app), house(), health):
        await workspace.disconnect(app, "link_disabled")
        await eventually(lambda: _down(health))


async def _down(health: Health) -> bool:
    return not health.connected


async def test_a_revoked_token_is_told_at_the_start() -> None:
    async with slack_workspace() as (workspace, app):
        workspace.revoke_token(app.bot_token)
        with pytest.raises(FatalLinkError, match="token_revoked"):
            async with open_desk(options_of(workspace, app)):
                pass


async def test_an_unknown_button_with_a_plans_value_is_refused_by_name() -> None:
    async with slack_room() as room:
        _, plan = await room.proposed()
        block = next(one for one in plan.blocks if one["type"] == "actions")
        value = block["elements"][0]["value"]
        forged = {
            "type": "button",
            "action_id": "decide_everything",
            "value": value,
            "text": {"type": "plain_text", "text": "x"},
        }
        posted = await room.call(
            room.app,
            "chat.postMessage",
            channel=CHANNEL,
            text="x",
            blocks=[{"type": "actions", "elements": [forged]}],
        )
        message = room.workspace.message(CHANNEL, posted["ts"])
        assert message is not None
        assert (await room.workspace.as_user(ONCALL).click(message, "decide_everything")).acked
        view = (await room.until(lambda: room.workspace.views(ONCALL)))[0]
        assert "WRONG_ACTION" in str(view.blocks)
        kept = room.home.store.incidents.refused
        assert [(one.person, one.plan, one.code) for one in kept] == [(ONCALL, "-", "WRONG_ACTION")]
        (incident,) = room.home.store.shelf.entries
        assert (await room.home.incident(incident)).phase is Phase.PROPOSED
