"""Reject: a modal asks for the reason, and the gate judges when it comes back."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.decision import Click, Code, Refused, parse_value
from bot.domain.errors import GreenlightError
from bot.slack.listeners.clicks import click_of, judged, named, read_press
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Press, Submission
from bot.slack.views.values import parse_metadata

MIN_REASON = 5
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class Reasons:
    """The Reject button and its modal."""

    room: Room

    async def ask(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`decide_reject`: ask for the reason, unless the plan is no longer open."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._asked(asker, press))

    async def _asked(self, asker: Asker, press: Press) -> str | None:
        click = click_of(press, approve=False)
        if isinstance(click, Refused):
            return await judged(self.room, click, asker.person)
        found = await named(self.room, click)
        if found is None or not found[1].open or found[1].digest[:12] != click.digest12:
            # a closed plan stays closed and a digest stays wrong: the gate can only refuse, and says why
            return await judged(self.room, click, asker.person)
        view = await self.room.screens.reason(*found, asker.person, (click.channel, click.message))
        await show(self.room, asker, view, "Please click Reject again: its form could not be opened in time.")
        return None

    async def given(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`reject_reason` was submitted: checked purely, acknowledged, then judged."""
        try:
            submission = Submission.model_validate(body)
        except ValidationError:
            await ack()
            return
        block, reason = submission.view.state.only
        if not MIN_REASON <= len(reason) <= MAX_REASON:
            wanted = f"Please give a reason of {MIN_REASON} to {MAX_REASON} characters."
            await ack(response_action="errors", errors={block: wanted})
            return
        await ack()
        click = rejection(submission.view.private_metadata, reason)
        asker = asker_of(self.room, submission, *await self._place(click))
        await answer(self.room, asker, judged(self.room, click, asker.person))

    async def _place(self, click: Click | Refused) -> tuple[str, str]:
        """Channel and thread to answer in; the modal itself stands nowhere."""
        if isinstance(click, Refused):
            return "", ""
        try:
            found = await named(self.room, click)
        except GreenlightError:
            return click.channel, ""
        return click.channel, found[0].place.thread if found else ""


def rejection(origin: str, reason: str) -> Click | Refused:
    """The click that a submitted reason completes, from the modal's private metadata."""
    parts = parse_metadata(origin)
    value = parse_value(parts[0]) if parts else None
    if parts is None or value is None:
        return Refused(Code.MALFORMED)
    return Click(False, *value, parts[1], parts[2], reason)
