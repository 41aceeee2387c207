"""The message shortcut: any message becomes an alert where a responder says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.alert import Alert, Place, Sighted
from bot.domain.ids import PersonId
from bot.slack.listeners.room import TRIGGER_SECONDS, Asker, Room, answer
from bot.slack.payloads import Shortcut

OURS = "This is one of my own messages. Use the shortcut on the alert itself."
SHARED = "This channel is shared with another organisation, so I do nothing here."

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """`gl_investigate`, and what it answers."""

    room: Room

    async def investigate(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """The shortcut was used on a message that the parsers did not take, or whose card waits."""
        await ack()
        try:
            used = Shortcut.model_validate(body)
            posted = used.posted
        except ValidationError as error:
            log.warning("shortcut_not_understood", problems=error.error_count())
            return
        person = PersonId(used.user.id)
        self.room.people.clicked_from(person, used.user.team_id)
        anchor = posted.thread_ts or posted.ts
        until = self.room.now() + TRIGGER_SECONDS
        asker = Asker(person, used.channel.id, anchor, used.trigger_id, until)
        await answer(self.room, asker, self._adopted(used, person, anchor))

    async def _adopted(self, used: Shortcut, person: PersonId, anchor: str) -> str:
        me = self.room.inbox.me
        if used.posted.user == me.user_id or (used.posted.bot_id and used.posted.bot_id == me.bot_id):
            return OURS
        if await self.room.inbox.reaches_out(used.channel.id):
            return SHARED
        alert = self._alert({**used.message, "channel": used.channel.id})
        place = Place(me.team_id, used.channel.id, anchor)
        return await self.room.verbs.care.adopt(Sighted(alert, place, None), person)

    def _alert(self, message: Mapping[str, Any]) -> Alert:
        return self.room.inbox.forced(message, self.room.inbox.clock.now())
