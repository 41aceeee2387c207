"""The road with the real views and the real parser: what people see and use, held to Slack's limits."""

import json

from bot.domain.incident import Phase
from bot.playground.workspace.model import Message, View
from tests.fakes.content import COLLEAGUE, ONCALL
from tests.fakes.slack_room import CHANNEL, SlackRoom, slack_room


def shown(source: Message | View) -> str:
    """Everything that the blocks say."""
    return json.dumps(source.blocks)


def with_button(room: SlackRoom, alert: Message, action: str) -> Message | None:
    return next((one for one in room.replies(alert) if f'"{action}"' in shown(one)), None)


async def modal(room: SlackRoom, person: str) -> View:
    return (await room.until(lambda: room.workspace.views(person)))[-1]


async def proposed(room: SlackRoom) -> tuple[Message, Message]:
    alert = await room.alert()
    await room.until(lambda: room.replies(alert))
    await room.home.work()
    return alert, await room.until(lambda: with_button(room, alert, "decide_approve"))


async def test_the_road_from_alert_to_report_as_people_see_it() -> None:
    async with slack_room(real=True) as room:
        room.home.eyes.set_samples("error_rate", "0.5", "0.0")
        alert, plan = await proposed(room)
        ann = room.workspace.as_user(ONCALL)
        assert f"<@{ONCALL}>" in shown(plan) or f'"user_id": "{ONCALL}"' in shown(plan)
        ack = await ann.click(plan, "decide_approve")
        assert ack.confirm is not None
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        await room.home.pass_time(10)
        (incident,) = room.home.store.shelf.entries
        assert (await room.home.incident(incident)).phase is Phase.CLOSED
        head = (await room.home.store.incidents.load(incident)).head
        await room.until(lambda: any(head[:8] in shown(one) for one in room.replies(alert)))
        assert not any(call.answer.get("ok") is False for call in room.workspace.calls("chat.postMessage"))
        assert not any(call.answer.get("ok") is False for call in room.workspace.calls("chat.update"))


async def test_details_evidence_and_refusals_open_as_modals() -> None:
    async with slack_room(real=True) as room:
        alert, plan = await proposed(room)
        (incident,) = room.home.store.shelf.entries
        state = await room.home.plan(incident)
        ben = room.workspace.as_user(COLLEAGUE)
        await ben.click(plan, "plan_details")
        assert state.digest in shown(await modal(room, COLLEAGUE))
        await ben.close(everything=True)
        card = await room.until(lambda: with_button(room, alert, "show_evidence"))
        await ben.click(card, "show_evidence")
        assert "pool" in shown(await modal(room, COLLEAGUE))
        await ben.close(everything=True)
        await ben.click(plan, "decide_approve")
        assert "[NOT_AUTHORISED]" in shown(await modal(room, COLLEAGUE))


async def test_a_rejection_goes_through_its_form() -> None:
    async with slack_room(real=True) as room:
        alert, plan = await proposed(room)
        ann = room.workspace.as_user(ONCALL)
        await ann.click(plan, "decide_reject")
        await modal(room, ONCALL)
        await ann.submit(values={"reason": "the pool is not the cause"})
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        (incident,) = room.home.store.shelf.entries
        assert (await room.home.incident(incident)).phase is Phase.REJECTED


async def test_stop_close_and_the_command_speak_in_sentences() -> None:
    async with slack_room(real=True) as room:
        alert = await room.alert()
        card = await room.until(lambda: with_button(room, alert, "stop_incident"))
        ann = room.workspace.as_user(ONCALL)
        await ann.click(card, "stop_incident")
        assert "Stopped" in shown(await modal(room, ONCALL))
        await ann.close(everything=True)
        await ann.command("/greenlight", "status", channel=CHANNEL)
        told = (await room.until(lambda: room.workspace.ephemerals(ONCALL)))[0]
        assert "1 open incident" in told.text
        await ann.command("/greenlight", "help", channel=CHANNEL)
        await room.until(lambda: len(room.workspace.ephemerals(ONCALL)) == 2)


async def test_a_status_line_says_what_is_going_on_and_goes_away() -> None:
    async with slack_room(real=True) as room:
        alert = await room.alert()
        status = await room.until(lambda: room.workspace.status(CHANNEL, alert.ts))
        assert status.text == "is looking into this alert…"
        await room.home.work()
        await room.until(lambda: room.workspace.status(CHANNEL, alert.ts) is None)
