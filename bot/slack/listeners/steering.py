"""Buttons that steer an incident by hand: stop it, close it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.decision import Code, Refused
from bot.domain.events import Closing, IncidentClosed
from bot.domain.ids import IncidentId, PersonId
from bot.slack.listeners.care import others, read_submission
from bot.slack.listeners.clicks import read_press
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Submission
from bot.slack.views.steering_modals import CLOSING_BLOCK, OTHER_BLOCK
from bot.slack.views.values import parse_incident, parse_metadata

BY_HAND = (Closing.FIXED_BY_HAND, Closing.NOISE, Closing.DUPLICATE)
MAX_NOTE = 500

Act = Callable[[str, PersonId], Awaitable[str | None]]
"""From a button's value and the person to the sentence to show."""


@dataclass(frozen=True, slots=True)
class Steering:
    """Stop and close."""

    room: Room

    async def stop(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`stop_incident`: the value is the incident."""
        await ack()
        await self._act(body, self._stopped)

    async def close(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`close_incident`: asks how it ended; the value is the incident."""
        await ack()
        press = read_press(body)
        name = parse_incident(press.single.value) if press and press.single else None
        if press is not None and name is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._asked(name, press.where, asker))

    async def closed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`close_reason` was submitted: a duplicate names the other incident."""
        submission = read_submission(body)
        if submission is None:
            await ack()
            return
        state = submission.view.state
        if state.chosen_in(CLOSING_BLOCK) == Closing.DUPLICATE and not state.chosen_in(OTHER_BLOCK):
            await ack(response_action="errors", errors=_missing(submission))
            return
        await ack()
        origin = parse_metadata(submission.view.private_metadata)
        asker = asker_of(self.room, submission, origin[1] if origin else "")
        await answer(self.room, asker, self._closed(origin[0] if origin else "", submission, asker.person))

    async def _asked(self, name: IncidentId, where: tuple[str, str], asker: Asker) -> None:
        view = self.room.screens.closing(name, where, await others(self.room), False)
        await show(self.room, asker, view, "Please click Close again.")

    async def _act(self, body: dict[str, Any], act: Act) -> None:
        press = read_press(body)
        if press is None:
            return
        asker = asker_of(self.room, press)
        value = press.single.value if press.single else ""
        await answer(self.room, asker, act(value, asker.person))

    async def _stopped(self, value: str, person: PersonId) -> str:
        incident = parse_incident(value)
        return await self.room.verbs.stop(incident, person) if incident else self._malformed()

    async def _closed(self, value: str, submission: Submission, person: PersonId) -> str | None:
        state = submission.view.state
        incident, closing = parse_incident(value), state.chosen_in(CLOSING_BLOCK)
        if incident is None or closing not in BY_HAND:
            return self._malformed()
        other = parse_incident(state.chosen_in(OTHER_BLOCK)) if closing == Closing.DUPLICATE else None
        closed = IncidentClosed(Closing(closing), person, state.text[:MAX_NOTE], other)
        said = await self.room.verbs.close(incident, closed)
        return None if said == "Closed." else said

    def _malformed(self) -> str:
        return self.room.screens.refusal(Refused(Code.MALFORMED))


def _missing(submission: Submission) -> dict[str, str]:
    """What is missing, at a field that this modal has."""
    has_others = OTHER_BLOCK in submission.view.state.values
    if has_others:
        return {OTHER_BLOCK: "Please choose the incident that this one is a duplicate of."}
    return {CLOSING_BLOCK: "No other incident is open that this one could be a duplicate of."}
