"""The Slack room on the real wire: a local workspace, Bolt, Socket Mode, and the flow behind it."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain.incident import Phase
from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import Message
from bot.ports.cards import Progress
from bot.slack.troubles import troubles
from tests.fakes.content import COLLEAGUE, GUEST, ONCALL
from tests.fakes.slack_room import (
    CHANNEL,
    QUICK,
    SIDE_CHANNEL,
    STRANGER,
    SlackRoom,
    attachment,
    firing,
    slack_room,
)
from tests.waiting import eventually


def cards(room: SlackRoom, alert: Message, start: str = "") -> list[str]:
    return [one.text for one in room.replies(alert) if one.text.startswith(start)]


async def test_an_alert_without_text_gets_its_card_and_a_click_decides_its_plan() -> None:
    async with slack_room() as room:
        alert, plan = await room.proposed()
        assert plan.thread_ts == alert.ts
        ack = await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        assert ack.acked
        await room.card(alert, "plan 1 approved")
        (incident,) = room.home.store.shelf.entries
        assert (await room.home.incident(incident)).phase is Phase.APPROVED
        assert len(cards(room, alert)) == 2
        assert room.workspace.views(ONCALL) == ()


async def test_only_root_messages_of_other_apps_open_incidents() -> None:
    async with slack_room() as room:
        other = room.other_app()
        ann = room.workspace.as_user(ONCALL)
        said = await ann.say(CHANNEL, "[FIRING:1] ByHand (checkout)")
        image = [attachment("FIRING:1", "ImageReply", "danger")]
        await room.call(other, "chat.postMessage", channel=CHANNEL, thread_ts=said.ts, attachments=image)
        await room.call(
            room.app,
            "chat.postMessage",
            channel=CHANNEL,
            attachments=[attachment("FIRING:1", "Own", "danger")],
        )
        elsewhere = [attachment("FIRING:1", "Elsewhere", "danger")]
        room.workspace.invite(SIDE_CHANNEL, other.bot_user_id)
        await room.call(other, "chat.postMessage", channel=SIDE_CHANNEL, attachments=elsewhere)
        alert = await room.alert()
        await room.card(alert, "detected")
        await room.handled()
        assert room.incidents() == 1


async def test_an_edit_resolves_and_a_link_preview_changes_nothing() -> None:
    async with slack_room() as room:
        other = room.other_app()
        shown = [attachment("FIRING:1", "Edited", "danger")]
        posted = await room.call(other, "chat.postMessage", channel=CHANNEL, attachments=shown)
        await room.until(lambda: room.workspace.count("chat.postMessage") >= 2)
        (incident,) = room.home.store.shelf.entries
        preview = {"from_url": "https://example.com", "title": "Example", "fallback": "Example"}
        edit = {"channel": CHANNEL, "ts": posted["ts"]}
        await room.call(other, "chat.update", **edit, attachments=[*shown, preview])
        await room.handled()
        assert room.home.store.incidents.repeats.get(incident, 0) == 0
        await room.call(other, "chat.update", **edit, attachments=[attachment("RESOLVED", "Edited", "good")])
        await room.handled()
        assert (await room.home.incident(incident)).phase is Phase.CLOSED


async def test_an_event_that_comes_twice_counts_once() -> None:
    async with slack_room() as room:
        room.workspace.faults.duplicate_events()
        room.workspace.faults.lose_acks()
        alert = await room.alert()
        await room.card(alert, "detected")
        await room.handled()
        (incident,) = room.home.store.shelf.entries
        assert room.home.store.incidents.repeats.get(incident, 0) == 0


async def test_a_mention_is_answered_once_in_the_thread_it_came_from() -> None:
    async with slack_room() as room:
        ben = room.workspace.as_user(COLLEAGUE)
        asked = await ben.say(CHANNEL, "@greenlight anything open?")
        await room.card(asked, "nothing is known here about: anything open?")
        await ben.edit(asked, f"<@{room.app.bot_user_id}> anything open now?")
        alert = await room.alert()
        await room.card(alert, "detected")
        await ben.say(CHANNEL, "@greenlight why?", alert.ts)
        await room.card(alert, "you asked: why?")
        await room.handled()
        assert len(cards(room, asked)) == 1
        assert len(cards(room, alert, "you asked")) == 1


@pytest.mark.parametrize(
    ("person", "code"), [(GUEST, "GUEST"), (STRANGER, "EXTERNAL_TEAM"), (COLLEAGUE, "NOT_AUTHORISED")]
)
async def test_a_refused_click_is_told_in_a_modal_while_the_trigger_is_fresh(person: str, code: str) -> None:
    async with slack_room() as room:
        alert, plan = await room.proposed()
        ack = await room.workspace.as_user(person).click(plan, "decide_approve")
        assert ack.acked
        view = (await room.until(lambda: room.workspace.views(person)))[0]
        assert view.blocks[0]["text"]["text"] == code
        assert cards(room, alert, "plan") == ["plan 1 open"]


async def test_a_refused_click_is_whispered_once_the_trigger_is_stale() -> None:
    async with slack_room(options=replace(QUICK, trigger_seconds=0.0)) as room:
        alert, plan = await room.proposed()
        await room.workspace.as_user(COLLEAGUE).click(plan, "decide_approve")
        told = (await room.until(lambda: room.workspace.ephemerals(COLLEAGUE)))[0]
        assert (told.text, told.thread_ts) == ("NOT_AUTHORISED", alert.ts)


async def test_a_rejection_needs_a_reason_and_ends_the_plan() -> None:
    async with slack_room() as room:
        alert, plan = await room.proposed()
        ann = room.workspace.as_user(ONCALL)
        await ann.click(plan, "decide_reject")
        await room.until(lambda: room.workspace.views(ONCALL))
        short = await ann.submit(values={"reason": "no"})
        assert short.ack.payload["errors"] == {"reason": "Please give a reason of 5 to 500 characters."}
        done = await ann.submit(values={"reason": "the pool is not the cause"})
        assert done.ack.acked
        await room.card(alert, "plan 1 rejected")
        (incident,) = room.home.store.shelf.entries
        rejection = (await room.home.plan(incident)).rejection
        assert rejection is not None
        assert (rejection.person, rejection.reason) == (ONCALL, "the pool is not the cause")


async def test_a_plan_that_is_decided_asks_for_no_reason_but_says_who_decided() -> None:
    async with slack_room() as room:
        alert, plan = await room.proposed()
        stale = room.workspace.message(CHANNEL, plan.ts)
        assert stale is not None
        room.workspace.faults.error("chat.update", "internal_error", times=50)
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        (incident,) = room.home.store.shelf.entries
        # the acknowledgement comes before the decision: a second click sent now could overtake it
        await eventually(lambda: _is(room, incident, Phase.APPROVED))
        await room.home.work()
        await room.workspace.as_user(ONCALL).click(stale, "decide_reject")
        view = (await room.until(lambda: room.workspace.views(ONCALL)))[0]
        assert view.blocks[0]["text"]["text"] == f"DECIDED {ONCALL}"
        assert alert


async def test_without_a_store_a_click_is_acknowledged_and_told_that_nothing_was_recorded() -> None:
    async with slack_room() as room:
        _, plan = await room.proposed()
        room.home.store.shelf.down = True
        ack = await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        assert ack.acked
        view = (await room.until(lambda: room.workspace.views(ONCALL)))[0]
        assert view.blocks[0]["text"]["text"] == "STORE_UNAVAILABLE"
        room.home.store.shelf.down = False
        await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        (incident,) = room.home.store.shelf.entries
        await eventually(lambda: _is(room, incident, Phase.APPROVED))


async def _is(room: SlackRoom, incident: object, phase: Phase) -> bool:
    found = [room.home.stored(name) for name in room.home.store.shelf.entries if name == incident]
    return [one.phase for one in found] == [phase]


async def test_an_alert_that_comes_while_the_store_is_down_is_sent_again_and_handled() -> None:
    async with slack_room(options=replace(QUICK, retry_delays=(0.0, 0.3, 0.3, 0.3))) as room:
        room.home.store.shelf.down = True
        alert = await room.alert()
        await room.until(lambda: room.workspace.count("apps.connections.open") >= 1)
        room.home.store.shelf.down = False
        await room.card(alert, "detected")
        assert room.incidents() == 1


async def test_a_post_whose_answer_is_lost_is_found_again_instead_of_posted_twice() -> None:
    async with slack_room() as room:
        room.workspace.faults.drop_response("chat.postMessage")
        alert = await room.alert()
        await room.until(lambda: room.workspace.count("conversations.replies") >= 1)
        await _all_clean(room)
        assert len(room.replies(alert)) == 1
        _, plan = await _next_plan(room, alert)
        assert plan.text == "plan 1 open"


async def _next_plan(room: SlackRoom, alert: Message) -> tuple[Message, Message]:
    await room.home.work()
    return alert, await room.card(alert, "plan 1 open")


async def _all_clean(room: SlackRoom) -> None:
    async def clean() -> bool:
        return not room.home.store.shelf.dirty

    await eventually(clean)


async def test_a_rate_limited_edit_waits_as_long_as_asked_and_holds_up_no_other_incident() -> None:
    async with slack_room() as room:
        slow, fast = await room.alert(firing("Slow")), await room.alert(firing("Fast"))
        await room.card(slow, "detected")
        await room.card(fast, "detected")
        first, second = room.home.store.shelf.entries
        room.workspace.faults.rate_limit("chat.update", retry_after=4)
        await room.home.store.cards.report_progress(first, Progress("logs", ()))
        await room.until(lambda: room.workspace.count("chat.update") >= 1)
        await room.home.store.cards.report_progress(second, Progress("metrics", ()))
        await room.home.store.cards.report_progress(first, Progress("logs again", ()))
        await room.until(lambda: any("metrics" in one.text for one in room.replies(fast)))
        await room.home.store.cards.report_progress(second, Progress("changes", ()))
        await room.until(lambda: any("changes" in one.text for one in room.replies(fast)))
        assert room.workspace.count("chat.update") == 3
        assert not any("logs" in one.text for one in room.replies(slow))
        await room.until(lambda: any("logs" in one.text for one in room.replies(slow)))


async def test_much_progress_makes_few_edits_and_the_last_state_lands() -> None:
    async with slack_room() as room:
        alert = await room.alert()
        await room.card(alert, "detected")
        (incident,) = room.home.store.shelf.entries
        for number in range(60):
            await room.home.store.cards.report_progress(incident, Progress(f"stage {number}", ()))
            await asyncio.sleep(0)
        await room.until(lambda: "stage 59" in room.replies(alert)[0].text)
        assert room.workspace.count("chat.update") <= 3


async def test_a_card_that_somebody_deleted_is_posted_again() -> None:
    async with slack_room() as room:
        alert, plan = await room.proposed()
        await room.call(room.app, "chat.delete", channel=CHANNEL, ts=plan.ts)
        room.home.store.shelf.mark(next(iter(room.home.store.shelf.entries)))
        (incident,) = room.home.store.shelf.entries
        sent = (await room.home.store.cards.sent(incident))["plan:1"]
        await room.home.store.cards.record(incident, "plan:1", replace(sent, shown="older"))
        await room.home.store.cards.mark(incident)
        again = await room.card(alert, "plan 1 open")
        assert again.ts != plan.ts
        await room.workspace.as_user(ONCALL).click(again, "decide_approve")
        await room.card(alert, "plan 1 approved")


async def test_blocks_that_slack_refuses_are_replaced_by_their_text() -> None:
    async with slack_room() as room:
        room.workspace.faults.error("chat.postMessage", "invalid_blocks")
        alert = await room.alert()
        card = await room.card(alert, "detected")
        assert card.blocks == []


async def test_an_archived_channel_ends_in_silence_not_in_a_loop() -> None:
    async with slack_room() as room:
        room.workspace.faults.error("chat.postMessage", "is_archived", times=5)
        await room.alert()
        await room.until(lambda: room.workspace.count("chat.postMessage") >= 1)
        await _all_clean(room)
        assert room.workspace.count("chat.postMessage") == 1


async def test_a_shared_channel_is_refused() -> None:
    async with slack_room() as room:
        room.workspace.change_channel(CHANNEL, is_ext_shared=True)
        await room.alert()
        await room.workspace.as_user(STRANGER).say(CHANNEL, "@greenlight status?")
        await room.handled()
        assert room.incidents() == 0
        assert room.workspace.count("chat.postMessage") == 0


async def test_no_plan_is_shown_where_other_organisations_read_but_the_first_card_stays() -> None:
    async with slack_room() as room:
        policy = room.home.content.fixed_policy
        room.home.content.fixed_policy = replace(policy, shared_channels_allowed=True)
        room.workspace.change_channel(CHANNEL, is_ext_shared=True)
        alert = await room.alert()
        await room.card(alert, "detected")
        room.home.content.fixed_policy = replace(policy, shared_channels_allowed=False)
        await room.home.work()

        async def noted() -> bool:
            (incident,) = room.home.store.shelf.entries
            said = troubles(await room.home.store.cards.sent(incident))
            return any("shared with another organisation" in one for one in said)

        await eventually(noted)
        assert cards(room, alert, "plan") == []


async def test_every_event_and_every_click_is_acknowledged() -> None:
    async with slack_room() as room:
        app = room.workspace.change_app(
            room.app, events=(*room.app.events, "reaction_added", "channel_archive")
        )
        alert, plan = await room.proposed()
        ann = room.workspace.as_user(ONCALL)
        await ann.react(alert, "eyes")
        await ann.open_home(app)
        link = {"type": "button", "action_id": "link", "text": {"type": "plain_text", "text": "x"}}
        block = {"type": "actions", "elements": [link]}
        posted = await room.call(room.app, "chat.postMessage", channel=CHANNEL, text="x", blocks=[block])
        message = room.workspace.message(CHANNEL, posted["ts"])
        assert message is not None
        assert (await ann.click(message, "link")).acked
        assert (await ann.click(plan, "plan_details")).acked
        view = (await room.until(lambda: room.workspace.views(ONCALL)))[0]
        assert view.title == "Plan"
        await room.handled()
        async for change in _so_far(room):
            assert change is not ChangeKind.NOT_ACKNOWLEDGED


async def _so_far(room: SlackRoom):  # noqa: ANN202 - an async generator of kinds
    last = room.workspace._state.feed.last
    changes = room.workspace.changes(after=0)
    try:
        async for change in changes:
            yield change.kind
            if change.number >= last:
                return
    finally:
        await changes.aclose()
