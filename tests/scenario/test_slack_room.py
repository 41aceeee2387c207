"""The Slack room on the real wire: a local workspace, Bolt, Socket Mode, and the flow behind it."""

from bot.domain.incident import Phase
from tests.fakes.content import ONCALL
from tests.fakes.slack_room import slack_room


async def test_an_alert_without_text_gets_its_card_in_its_thread() -> None:
    async with slack_room() as room:
        alert = await room.alert()
        card = await room.card(alert, "detected")
        assert card.thread_ts == alert.ts
        await room.home.work()
        plan = await room.card(alert, "plan 1 open")
        ack = await room.workspace.as_user(ONCALL).click(plan, "decide_approve")
        assert ack.acked
        await room.card(alert, "plan 1 approved")
        (incident,) = room.home.store.shelf.entries
        assert (await room.home.incident(incident)).phase is Phase.APPROVED
