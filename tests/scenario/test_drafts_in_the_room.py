"""Drafts and wishes as people see and use them, with the real views on a local workspace."""

import json
from dataclasses import replace
from typing import Any

from bot.adapters.rules_team import RulesTeam
from bot.domain.ids import IncidentId
from bot.playground.workspace.model import Message
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.slack_room import CHANNEL, SIDE_CHANNEL, SlackRoom, slack_room
from tests.waiting import eventually


def shown(source: Any) -> str:
    return json.dumps(source.body if isinstance(source, Message) else source.blocks)


async def begun(room: SlackRoom) -> tuple[Message, IncidentId]:
    policy = replace(room.home.content.fixed_policy, communications=SIDE_CHANNEL)
    room.home.content.fixed_policy = policy
    alert = await room.alert()
    await room.until(lambda: room.replies(alert))
    await room.home.work()
    (incident,) = room.home.store.shelf.entries
    await with_button(room, alert, "decide_approve")
    return alert, incident


async def with_button(room: SlackRoom, alert: Message, action: str) -> Message:
    return await room.until(
        lambda: next((one for one in reversed(room.replies(alert)) if f'"{action}"' in shown(one)), None)
    )


async def asks(room: SlackRoom, alert: Message, incident: IncidentId, text: str) -> None:
    before = len((await room.home.incident(incident)).questions)
    await room.workspace.as_user(ONCALL).say(CHANNEL, f"@greenlight {text}", thread_ts=alert.ts)

    async def recorded() -> bool:
        return len((await room.home.incident(incident)).questions) == before + 1

    await eventually(recorded)
    await room.home.work()


async def test_a_postmortem_is_a_file_in_the_thread() -> None:
    async with slack_room(real=True) as room:
        alert, incident = await begun(room)
        await asks(room, alert, incident, "postmortem")
        message = await room.until(
            lambda: next((one for one in room.replies(alert) if one.body.get("files")), None)
        )
        assert message.body["files"][0]["name"].endswith(".md")
        (draft,) = (await room.home.incident(incident)).drafts
        stored = next(iter(room.workspace._state.files.values()))
        assert stored.content.decode() == draft.text
        assert "Timeline (copied from the record)" in draft.text


async def test_where_slack_takes_no_file_the_postmortem_is_a_message() -> None:
    async with slack_room(real=True) as room:
        alert, incident = await begun(room)
        room.workspace.faults.error("files.getUploadURLExternal", "missing_scope")
        await asks(room, alert, incident, "postmortem")
        await room.until(lambda: any("Timeline (copied" in shown(one) for one in room.replies(alert)))


async def test_an_update_is_edited_approved_and_sent_to_the_channel_of_the_policy() -> None:
    async with slack_room(real=True) as room:
        alert, incident = await begun(room)
        await asks(room, alert, incident, "draft a stakeholder update")
        card = await with_button(room, alert, "draft_send")
        olga, lee = room.workspace.as_user(ONCALL), room.workspace.as_user(LEAD)
        await lee.click(card, "draft_edit")
        (view,) = await room.until(lambda: room.workspace.views(LEAD))
        assert "draft_text" in shown(view)
        await lee.submit(values={"draft_text": "Payments are slow. <!channel> We are on it."})
        await room.until(lambda: any("We are on it" in shown(one) for one in room.replies(alert)))
        await olga.click(await with_button(room, alert, "draft_send"), "draft_send")
        sent = await room.until(
            lambda: next((m for m in room.workspace.messages(SIDE_CHANNEL) if "on it" in shown(m)), None)
        )
        assert '"type": "broadcast"' not in shown(sent)
        assert sent.thread_ts in (None, "", sent.ts)
        await room.until(lambda: any(f"approved by <@{ONCALL}>" in shown(one) for one in room.replies(alert)))


async def test_a_wish_in_words_gets_a_button_and_the_button_a_new_revision() -> None:
    async with slack_room(real=True) as room:
        alert, incident = await begun(room)
        room.home.ports = replace(room.home.ports, team=RulesTeam(room.home.content))
        await asks(room, alert, incident, "use a pool of 80")
        offer = await with_button(room, alert, "propose_wish")
        state = await room.home.plan(incident)
        assert state.open
        await room.workspace.as_user(ONCALL).click(offer, "propose_wish")

        async def wished() -> bool:
            return len((await room.home.incident(incident)).questions) == 2

        await eventually(wished)
        await room.home.work()
        await room.until(lambda: any("Plan superseded" in shown(one) for one in room.replies(alert)))
        assert (await room.home.plan(incident)).plan.originators == (ONCALL,)
