"""A Bolt app that is not ours, written as Slack's samples are, runs unchanged on the local workspace."""
# ruff: noqa: ANN001, ANN202 - samples of Slack annotate nothing
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false, reportUnusedFunction=false
# pyright: reportMissingParameterType=false

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace.model import App, Message, View
from bot.playground.workspace.testing import workspace as workspace  # noqa: PLC0414 - a fixture, exported on purpose
from bot.playground.workspace.workspace import Workspace

# --- the app: leave requests, sixty lines


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(text: str, action_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("They will be away."),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
REASON = {"type": "plain_text_input", "action_id": "reason"}
REJECTION = {
    "type": "modal",
    "callback_id": "rejection",
    "title": plain("Reject"),
    "submit": plain("Send"),
    "blocks": [{"type": "input", "block_id": "why", "label": plain("Why?"), "element": REASON}],
}


@dataclass
class Seen:
    mentions: list[str] = field(default_factory=list[str])
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    retries: list[str] = field(default_factory=list[str])


def leave_app(client: AsyncWebClient, seen: Seen) -> AsyncApp:
    app = AsyncApp(client=client)

    @app.event("app_mention")
    async def ask(event, say):
        seen.mentions.append(event["text"])
        buttons = [button("Approve", "approve", style="primary", confirm=CONFIRM), button("Reject", "reject")]
        text = {"type": "mrkdwn", "text": f"<@{event['user']}> wants leave"}
        blocks = [{"type": "section", "text": text}, {"type": "actions", "elements": buttons}]
        await say(text="A leave request", thread_ts=event["ts"], blocks=blocks)

    @app.event("message")
    async def listen(event, request):
        seen.messages.append(event)
        seen.retries += request.headers.get("x-slack-retry-reason", [])

    @app.action("approve")
    async def approve(ack, body, respond):
        await ack()
        await respond(text=f"Approved by <@{body['user']['id']}>", replace_original=True)

    @app.action("reject")
    async def reject(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=REJECTION)

    @app.view("rejection")
    async def rejected(ack, view, client, body):
        reason = view["state"]["values"]["why"]["reason"]["value"]
        if len(reason) < 5:
            await ack(response_action="errors", errors={"why": "Say a little more"})
            return
        await ack()
        await client.chat_postMessage(channel="C1", text=f"<@{body['user']['id']}> said no: {reason}")

    @app.command("/leave")
    async def leave(ack, command):
        await ack(f"You asked for {command['text']}")

    return app


# --- the tests


@dataclass
class House:
    workspace: Workspace
    app: App
    client: AsyncWebClient
    seen: Seen


@pytest.fixture
async def house(workspace: Workspace) -> AsyncIterator[House]:
    app = workspace.install_app("leavebot", commands=["/leave"])
    workspace.invite("C1", app.bot_user_id, announce=False)
    client = AsyncWebClient(token=app.bot_token, base_url=workspace.api_url)
    seen = Seen()
    handler = AsyncSocketModeHandler(leave_app(client, seen), app.app_token)
    await handler.connect_async()
    await workspace.wait_connected(app)
    yield House(workspace, app, client, seen)
    await handler.close_async()


async def request_card(house: House) -> Message:
    asked = await house.workspace.as_user("U1").say("C1", "@leavebot I want leave")
    return await reply_with_blocks(house, asked.ts)


async def reply_with_blocks(house: House, ts: str) -> Message:
    def card() -> Message | None:
        return next((one for one in house.workspace.thread("C1", ts) if one.blocks), None)

    return await house.workspace.wait_until(card)


async def test_a_mention_arrives_as_a_mention_and_as_a_message(house: House) -> None:
    card = await request_card(house)
    assert house.seen.mentions == [f"<@{house.app.bot_user_id}> I want leave"]
    assert [one["text"] for one in house.seen.messages] == house.seen.mentions
    assert card.blocks[0]["text"]["text"] == "<@U1> wants leave"
    parent = house.workspace.message("C1", card.thread_ts)
    assert parent is not None
    assert (parent.body["reply_count"], parent.body["latest_reply"]) == (1, card.ts)


async def test_a_confirmed_click_replaces_the_message(house: House) -> None:
    card = await request_card(house)
    ben = house.workspace.as_user("U2")
    declined = await ben.click(card, "approve", confirm=False)
    assert not declined.acked
    assert declined.confirm is not None
    assert declined.confirm["confirm"]["text"] == "Yes"
    approved = await ben.click(card, "approve")
    assert approved.acked
    changed = await house.workspace.wait_until(lambda: now_reads(house, card, "Approved by <@U2>"))
    assert changed.blocks == []


def now_reads(house: House, message: Message, text: str) -> Message | None:
    found = house.workspace.message(message.channel, message.ts)
    return found if found is not None and found.text == text else None


async def test_a_modal_keeps_its_errors_until_it_is_filled_in_well(house: House) -> None:
    card = await request_card(house)
    ben = house.workspace.as_user("U2")
    await ben.click(card, "reject")
    view: View = await house.workspace.wait_until(lambda: ben.view)
    assert view.title == "Reject"
    assert (await ben.submit(values={})).errors == {"why": "Please complete this required field."}
    assert (await ben.submit(values={"reason": "no"})).errors == {"why": "Say a little more"}
    assert ben.view is not None
    done = await ben.submit(values={"reason": "too busy this week"})
    assert (done.errors, ben.views) == ({}, ())
    texts = "<@U2> said no: too busy this week"
    await house.workspace.wait_until(lambda: texts in {one.text for one in house.workspace.messages("C1")})


async def test_a_slash_command_answers_only_the_one_who_typed_it(house: House) -> None:
    ack = await house.workspace.as_user("U1").command("/leave", "two days")
    assert ack.acked
    assert [one.text for one in house.workspace.ephemerals("U1")] == ["You asked for two days"]
    assert house.workspace.ephemerals("U2") == ()


async def test_a_reply_is_streamed_to_the_one_who_asked(house: House) -> None:
    asked = await house.workspace.as_user("U1").say("C1", "hello")
    team = house.workspace.team.id
    stream = await house.client.chat_stream(
        channel="C1", thread_ts=asked.ts, recipient_team_id=team, recipient_user_id="U1", buffer_size=8
    )
    for word in ("one two ", "three four ", "five"):
        await stream.append(markdown_text=word)
    await stream.stop()
    said = house.workspace.thread("C1", asked.ts)[-1]
    assert said.text == "one two three four five"
    assert said.body["streaming_state"] == "completed"
    assert house.workspace.count("chat.startStream") == house.workspace.count("chat.stopStream") == 1


async def test_an_event_whose_acknowledgement_was_lost_comes_again(house: House) -> None:
    house.workspace.faults.lose_acks()
    await house.workspace.as_user("U1").say("C1", "hello")
    await house.workspace.wait_until(lambda: len(house.seen.messages) == 2)
    assert house.seen.retries == ["", "timeout"]
    assert house.seen.messages[0]["ts"] == house.seen.messages[1]["ts"]


async def test_a_rate_limit_is_survived_with_the_sdk_s_retry_handler(house: House) -> None:
    house.client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    house.workspace.faults.rate_limit("chat.postMessage", retry_after=1)
    answer = await house.client.chat_postMessage(channel="C1", text="at last")
    assert answer["ok"]
    assert house.workspace.count("chat.postMessage") == 2
    assert [one.text for one in house.workspace.messages("C1")] == ["at last"]


async def test_the_app_reconnects_when_slack_asks_it_to(house: House) -> None:
    opened = house.workspace.count("apps.connections.open")
    await house.workspace.disconnect(house.app)
    await house.workspace.wait_until(lambda: house.workspace.count("apps.connections.open") > opened)
    await house.workspace.wait_connected(house.app)
    await request_card(house)
    assert len(house.seen.mentions) == 1
