"""Reading what the models were asked and answered: a modal over the timeline, turned page by page."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.apply import replay
from bot.domain.decision import Code, Refused
from bot.slack.listeners.clicks import read_press
from bot.slack.listeners.room import Room, answer, asker_of
from bot.slack.payloads import Press
from bot.slack.views.spoken_modal import CALLBACK, parse_page


@dataclass(frozen=True, slots=True)
class Transcripts:
    """The buttons below the timeline, and those that turn a page."""

    room: Room

    async def read(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`spoken_…`: incident, run, stage and page."""
        await ack()
        press = read_press(body)
        if press is not None:
            await answer(self.room, asker_of(self.room, press), self._shown(press))

    async def _shown(self, press: Press) -> str | None:
        where = parse_page(press.single.value) if press.single else None
        incident = replay((await self.room.incidents.load(where.incident)).entries) if where else None
        if where is None or incident is None or where.run >= len(incident.worked):
            return self.room.screens.refusal(Refused(Code.MALFORMED))
        view = await self.room.screens.spoken(incident, where)
        if press.view is not None and press.view.callback_id == CALLBACK:
            await self.room.chat.turn_view(press.view.id, view)
        else:
            await self.room.chat.push_view(press.trigger_id, view)
        return None
