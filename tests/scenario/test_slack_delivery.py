"""What Slack refuses, loses and cuts, on the real wire with the real views: each has a way round."""

import asyncio
import re
from decimal import Decimal

import pytest

from bot.domain.events import Answered, Asked, EvidenceGathered
from bot.domain.evidence import EvidenceKind, MetricReading
from bot.domain.ids import SECOND, At, EvidenceId, IncidentId
from bot.flow.conductor import append, load
from bot.playground.workspace.model import Message
from bot.slack.failures import FatalLinkError
from bot.slack.socket import Health
from bot.slack.troubles import troubles
from tests.fakes.content import ONCALL
from tests.fakes.house import house
from tests.fakes.slack_room import CHANNEL, SlackRoom, options_of, running, slack_room, slack_workspace
from tests.fakes.slack_rules import strings
from tests.fakes.story import example_evidence
from tests.scenario.test_slack_room_faces import modal, proposed, shown, with_button
from tests.waiting import eventually

HOSTILE = (
    "<!channel> <!here> <@U0LEAD> <!subteam^S0LEADS> <https://evil.example|https://grafana.example> "
    "`code` *bold* \u202egnp.exe\u200b &lt;!channel&gt; @everyone"
)


async def opened(room: SlackRoom) -> tuple[Message, Message, IncidentId]:
    alert = await room.alert()
    card = await room.until(lambda: with_button(room, alert, "incident_menu"))
    return alert, card, tuple(room.home.store.shelf.entries)[-1]


def harmless(blocks: object) -> bool:
    """Whether nothing pings, links or hides: markup is only read in mrkdwn, invisible marks are nowhere."""
    said = list(strings(blocks))
    marked = [text for kind, text in said if kind == "mrkdwn"]
    hidden = [text for _, text in said if "\u202e" in text or "\u200b" in text]
    return not hidden and not any(re.search(r"<[!@]|<https://evil", text) for text in marked)


def told_directly(room: SlackRoom, person: str) -> list[str]:
    direct = room.workspace.as_user(person).direct()
    return [one.text for one in room.workspace.messages(direct)]


@pytest.mark.parametrize("code", ["is_archived", "not_in_channel", "channel_not_found"])
async def test_where_the_channel_takes_nothing_whoever_has_it_is_told_directly_once(code: str) -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        await room.workspace.as_user(ONCALL).click(card, "take_incident")
        await room.until(lambda: "Has it:* Olga" in shown(now(room, card)))
        if code == "is_archived":
            room.workspace.archive(CHANNEL)
        elif code == "not_in_channel":
            room.workspace.remove(CHANNEL, room.app.bot_user_id)
        room.workspace.faults.error("chat.update", code, times=50)
        await room.home.work()
        await room.until(lambda: told_directly(room, ONCALL))
        (said,) = told_directly(room, ONCALL)[:1]
        assert said.startswith(f"I cannot write in <#{CHANNEL}> ({code})")
        assert name in said
        kept = troubles(await room.home.store.cards.sent(name))
        assert any(code in one for one in kept)


def now(room: SlackRoom, card: Message) -> Message:
    return next(one for one in room.workspace.messages(CHANNEL) if one.ts == card.ts)


@pytest.mark.parametrize("code", ["msg_blocks_too_long", "invalid_blocks", "msg_too_long"])
async def test_a_card_that_slack_will_not_draw_is_shown_as_its_text_and_noted(code: str) -> None:
    async with slack_room(real=True) as room:
        room.workspace.faults.error("chat.postMessage", code)
        alert = await room.alert()
        card = await room.until(lambda: next(iter(room.replies(alert)), None))
        assert card.blocks == []
        assert card.text.startswith("Investigating: CheckoutHighErrorRate on checkout.")
        (name,) = room.home.store.shelf.entries
        assert any(code in one for one in troubles(await room.home.store.cards.sent(name)))


async def test_a_token_that_is_revoked_while_it_runs_ends_the_process_with_what_to_do() -> None:
    home = house()
    async with slack_workspace() as (workspace, app):
        hook = workspace.add_webhook(CHANNEL, "Alertmanager")
        room = SlackRoom(workspace, home, app, hook, options_of(workspace, app), Health())
        with pytest.raises(FatalLinkError, match=r"token_revoked.*install the app again"):
            await _revoked(room)


async def _revoked(room: SlackRoom) -> None:
    async with running(room.options, room.home, room.health, real=True):
        await room.until(lambda: room.health.connected)
        room.workspace.faults.error("chat.postMessage", "token_revoked", times=20)
        await room.alert()
        await eventually(lambda: _down(room.health))


async def _down(health: Health) -> bool:
    return not health.connected


async def test_a_click_in_the_middle_of_a_reconnect_is_taken_once() -> None:
    async with slack_room(real=True) as room:
        alert, plan = await proposed(room)
        olga = room.workspace.as_user(ONCALL)
        await room.workspace.disconnect(room.app, "refresh_requested")
        acks = await asyncio.gather(*(olga.click(plan, "decide_approve") for _ in range(3)))
        if not any(ack.acked for ack in acks):
            await room.workspace.wait_connected(room.app)
            assert (await olga.click(plan, "decide_approve")).acked
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        (name,) = room.home.store.shelf.entries
        assert len((await room.home.plan(name)).approvals) == 1


async def test_the_last_edit_lands_although_slack_asked_to_wait() -> None:
    async with slack_room(real=True) as room:
        alert, plan = await proposed(room)
        room.workspace.faults.rate_limit("chat.update", times=3, retry_after=1)
        await room.workspace.as_user(ONCALL).click(plan, "decide_reject")
        await modal(room, ONCALL)
        await room.workspace.as_user(ONCALL).submit(values={"reason": "not on a Friday evening"})
        await room.until(lambda: with_button(room, alert, "decide_approve") is None)
        assert not any(value for key, value in room.workspace.limited().items() if key != "chat.update")


async def test_a_mention_that_arrives_as_two_events_is_answered_once() -> None:
    async with slack_room(real=True) as room:
        alert, _ = await proposed(room)
        room.workspace.faults.duplicate_events(2)
        await room.workspace.as_user(ONCALL).say(CHANNEL, "@greenlight who can approve?", alert.ts)
        await room.until(lambda: any("you asked: who can" in one.text for one in room.replies(alert)))
        await room.handled()
        assert sum("you asked: who can" in one.text for one in room.replies(alert)) == 1


async def test_an_answer_of_10_000_characters_is_posted_within_slacks_limits() -> None:
    async with slack_room(real=True) as room:
        alert, _ = await proposed(room)
        (name,) = room.home.store.shelf.entries
        asked = Asked(ONCALL, "1790000999.000100", f"why? {HOSTILE}")
        said = Answered(asked.ts, ((HOSTILE + " ") * 80)[:10_000])
        assert len(said.text) == 10_000
        await append(room.home.ports, await load(room.home.ports, name), name, (asked, said))
        posted = await room.until(
            lambda: next((one for one in room.replies(alert) if "evil.example" in shown(one)), None)
        )
        assert harmless(posted.blocks)
        assert "<!" not in posted.text
        assert "<@" not in posted.text
        assert not any(call.answer.get("ok") is False for call in room.workspace.calls("chat.postMessage"))


async def test_sixty_looks_fit_the_card_and_the_modal() -> None:
    async with slack_room(real=True) as room:
        _, card, name = await opened(room)
        one = example_evidence()[0]
        many = tuple(
            type(one)(
                EvidenceId(f"ev-x{number:05d}"), one.kind, HOSTILE[:60], HOSTILE * 3, one.start, one.end,
                one.sha256, HOSTILE,
            )
            for number in range(60)
        )  # fmt: skip
        await append(room.home.ports, await load(room.home.ports, name), name, (EvidenceGathered(many),))
        await room.until(lambda: "show_evidence" in shown(now(room, card)))
        await room.workspace.as_user(ONCALL).click(card, "show_evidence")
        view = await modal(room, ONCALL)
        assert "*60 looks*" in shown(view)
        assert harmless(view.blocks)
        assert not any(call.answer.get("ok") is False for call in room.workspace.calls("chat.update"))


def with_samples(room: SlackRoom) -> None:
    end = room.home.clock.now()
    points = tuple((At(end - (40 - i) * 15 * SECOND), Decimal(i)) for i in range(40))
    reading = MetricReading(
        "error_rate", "ratio", "q", Decimal(39), Decimal(1), Decimal(39), None, Decimal(2), end, points
    )
    room.home.eyes.set_facts(EvidenceKind.METRICS, reading)


async def test_the_chart_is_uploaded_and_shown_with_its_numbers_as_alternative_text() -> None:
    async with slack_room(real=True) as room:
        with_samples(room)
        alert, _ = await proposed(room)
        chart = await room.card(alert, "Chart: error_rate")
        (image, *_) = chart.blocks
        content = room.workspace.file(image["slack_file"]["id"])
        assert content is not None
        assert content.startswith(b"\x89PNG")
        assert "highest 39, last 39; normal up to 2." in image["alt_text"]
        await room.home.store.cards.mark(next(iter(room.home.store.shelf.entries)))
        await room.handled()
        assert room.workspace.count("files.completeUploadExternal") == 1


@pytest.mark.parametrize("code", ["missing_scope", "upload"])
async def test_where_no_file_is_taken_the_chart_is_its_numbers(code: str) -> None:
    async with slack_room(real=True) as room:
        with_samples(room)
        if code == "upload":
            room.workspace.faults.drop_response("files.getUploadURLExternal", times=5)
        else:
            room.workspace.faults.error("files.getUploadURLExternal", code, times=5)
        alert, _ = await proposed(room)
        chart = await room.card(alert, "Chart: error_rate")
        assert chart.blocks[0]["type"] == "section"
        assert "highest 39" in shown(chart)
