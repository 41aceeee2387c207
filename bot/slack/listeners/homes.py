"""The App Home: drawn anew whenever somebody opens it or uses one of its buttons."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.ids import PersonId
from bot.slack.listeners.care import read_submission
from bot.slack.listeners.clicks import read_press
from bot.slack.listeners.events import Events
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import HomeOpened

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Homes:
    """The Home tab of each person."""

    room: Room

    async def opened(self, context: dict[str, Any], event: dict[str, Any]) -> None:
        """`app_home_opened`: show what there is now."""
        await Events(self.room).arrived(context)
        try:
            seen = HomeOpened.model_validate(event)
        except ValidationError:
            return
        if seen.tab == "home":
            await self.room.homes.looked(PersonId(seen.user))

    async def refresh(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`home_refresh`."""
        await ack()
        press = read_press(body)
        if press is not None:
            await self.room.homes.looked(PersonId(press.user.id))

    async def pause(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`home_pause`: all changes, everywhere."""
        await ack()
        press = read_press(body)
        if press is None or press.single is None:
            return
        asker = asker_of(self.room, press)
        await answer(self.room, asker, self._paused(press.single.value, asker))
        await self.room.homes.looked(asker.person)

    async def resume(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`home_resume`: asks for the reason."""
        await ack()
        press = read_press(body)
        if press is not None and press.single is not None:
            view = self.room.screens.resuming(press.single.value)
            await show(self.room, asker_of(self.room, press), view, "Please click Resume again.")

    async def resumed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`resume_reason` was submitted."""
        await ack()
        submission = read_submission(body)
        if submission is None:
            return
        asker = asker_of(self.room, submission)
        scope, reason = submission.view.private_metadata, submission.view.state.text[:MAX_REASON]
        if scope == "all":
            await answer(self.room, asker, self.room.verbs.resume(scope, asker.person, reason))
        await self.room.homes.looked(asker.person)

    async def _paused(self, scope: str, asker: Asker) -> str | None:
        said = await self.room.verbs.pause("all", asker.person, "") if scope == "all" else ""
        return None if said.startswith("Paused") else said or None
