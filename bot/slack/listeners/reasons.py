"""Reject: a modal asks for the reason, and the gate judges when it comes back."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.decision import Click, Code, Refused, parse_value
from bot.slack.listeners.clicks import click_of, judged, named, read_press
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Press, Short, Submission

MIN_REASON = 5
MAX_REASON = 500


class Origin(BaseModel):
    """The button that opened the modal, as the modal's private metadata: ids only."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    value: Short
    channel: Short
    message: Short
    thread: Short


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
            return self.room.screens.refusal(click)
        found = await named(self.room, click)
        if found is None or not found[1].open:
            # a closed plan stays closed, so the gate can only refuse here, and says why
            return await judged(self.room, click, asker.person)
        origin = Origin(
            value=_value(press), channel=click.channel, message=click.message, thread=asker.thread
        )
        view = self.room.screens.reason(*found, origin.model_dump_json())
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
        click, thread = rejection(submission.view.private_metadata, reason)
        channel = click.channel if isinstance(click, Click) else ""
        asker = asker_of(self.room, submission, channel, thread)
        await answer(self.room, asker, judged(self.room, click, asker.person))


def rejection(metadata: str, reason: str) -> tuple[Click | Refused, str]:
    """The click that a submitted reason completes, and the thread to answer in."""
    try:
        origin = Origin.model_validate_json(metadata)
    except ValidationError:
        return Refused(Code.MALFORMED), ""
    value = parse_value(origin.value)
    if value is None:
        return Refused(Code.MALFORMED), origin.thread
    click = Click(False, *value, origin.channel, origin.message)
    return replace(click, reason=reason), origin.thread


def _value(press: Press) -> str:
    return press.single.value if press.single else ""
