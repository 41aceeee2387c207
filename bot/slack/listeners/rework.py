"""Edit, Undo and the truth about a step: buttons whose outcome is a new plan or a line in the record."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.decision import Click, Code, Refused
from bot.domain.events import PlanEnd
from bot.domain.ids import ActionId, PersonId
from bot.domain.incident import Incident, PlanState
from bot.domain.teamwork import ParametersEdited, UndoAsked
from bot.slack.listeners.care import read_submission
from bot.slack.listeners.clicks import click_of, named, read_press
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Press, Submission
from bot.slack.views.rework_modals import PARAMETER
from bot.slack.views.values import parse_metadata, parse_record_value

MAX_NOTE = 500
MOST_PARAMETERS = 20
RECORDED = {"applied": True, "not_applied": False}
CLOSED = {
    PlanEnd.EXPIRED: Code.EXPIRED,
    PlanEnd.SUPERSEDED: Code.SUPERSEDED,
    PlanEnd.DRIFTED: Code.SUPERSEDED,
    PlanEnd.RESOLVED_ITSELF: Code.RESOLVED_ITSELF,
}


@dataclass(frozen=True, slots=True)
class Rework:
    """The buttons of plans that ask for another plan, and those of steps in doubt."""

    room: Room

    async def edit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`plan_edit`: the value is that of the plan's buttons and the step, from 0."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._asked(asker, press))

    async def edited(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`edit_parameters` was submitted: checked purely by the catalogue, acknowledged, then proposed."""
        submission = read_submission(body)
        if submission is None:
            await ack()
            return
        value, channel, _ = parse_metadata(submission.view.private_metadata) or ("", "", "")
        value, _, action = value.rpartition("|")
        given = _given(submission)
        wrong = self.room.screens.forms.wrong_values(ActionId(action), given)
        if wrong:
            await ack(response_action="errors", errors=_by_block(wrong, submission))
            return
        await ack()
        asker = asker_of(self.room, submission, channel)
        await answer(self.room, asker, self._proposed(value, given, asker.person))

    async def undo(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`plan_undo`: the value is that of the plan's buttons; a plan card follows."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._undone(press, asker.person))

    async def applied(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`record_applied`: asks for a note; the value is that of the plan's buttons and the step."""
        await ack()
        await self._ask_note(body, applied=True)

    async def not_applied(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`record_not_applied`: as above."""
        await ack()
        await self._ask_note(body, applied=False)

    async def recorded(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`record_note` was submitted."""
        await ack()
        submission = read_submission(body)
        if submission is None:
            return
        value, channel, _ = parse_metadata(submission.view.private_metadata) or ("", "", "")
        asker = asker_of(self.room, submission, channel)
        await answer(self.room, asker, self._kept(value, submission.view.state.text, asker.person))

    async def _asked(self, asker: Asker, press: Press) -> str | None:
        parts = parse_record_value(press.single.value) if press.single else None
        if parts is None:
            return self._refused(Code.MALFORMED)
        plan, revision, digest12, step = parts
        found = await named(self.room, Click(False, plan, revision, digest12, *press.where))
        refusal = _not_open(found, digest12)
        if refusal is not None or found is None:
            return self._refused(refusal or Code.UNKNOWN_PLAN)
        view = await self.room.screens.forms.editing(*found, step, press.where, asker.person)
        if view is None:
            return self._refused(Code.CATALOGUE_CHANGED)
        await show(self.room, asker, view, "Please click Edit again: its form could not be opened in time.")
        return None

    async def _proposed(self, value: str, given: tuple[tuple[str, str], ...], person: PersonId) -> str | None:
        parts = parse_record_value(value)
        if parts is None:
            return self._refused(Code.MALFORMED)
        plan, revision, digest12, step = parts
        found = await named(self.room, Click(False, plan, revision, digest12, "", ""))
        refusal = _not_open(found, digest12)
        if refusal is not None or found is None:
            return self._refused(refusal or Code.UNKNOWN_PLAN)
        return await self.room.verbs.rework.edit(
            found[0].id, ParametersEdited(plan, revision, step, given, person)
        )

    async def _undone(self, press: Press, person: PersonId) -> str | None:
        click = click_of(press, approve=False)
        found = None if isinstance(click, Refused) else await named(self.room, click)
        if found is None or isinstance(click, Refused):
            return self._refused(Code.UNKNOWN_PLAN)
        if found[1].digest[:12] != click.digest12:
            return self._refused(Code.DIGEST_MISMATCH)
        return await self.room.verbs.rework.undo(found[0].id, UndoAsked(found[1].digest, person))

    async def _ask_note(self, body: dict[str, Any], *, applied: bool) -> None:
        press = read_press(body)
        if press is None:
            return
        asker = asker_of(self.room, press)
        value = press.single.value if press.single else ""
        if parse_record_value(value) is None:
            await answer(self.room, asker, self._malformed())
            return
        view = self.room.screens.forms.recording(value, press.where, applied)
        await show(self.room, asker, view, "Please click again: the form could not be opened in time.")

    async def _kept(self, value: str, note: str, person: PersonId) -> str:
        value, _, word = value.rpartition("|")
        parts = parse_record_value(value)
        if parts is None or word not in RECORDED:
            return self._refused(Code.MALFORMED)
        plan, _, digest12, step = parts
        incident = await self.room.incidents.by_plan(plan)
        if incident is None:
            return self._refused(Code.UNKNOWN_PLAN)
        truth = self.room.verbs.record_truth
        return await truth(incident, digest12, step, RECORDED[word], person, note[:MAX_NOTE])

    async def _malformed(self) -> str:
        return self._refused(Code.MALFORMED)

    def _refused(self, code: Code) -> str:
        return self.room.screens.refusal(Refused(code))


def _not_open(found: tuple[Incident, PlanState] | None, digest12: str) -> Code | None:
    """Why this plan cannot be edited; nothing where it can."""
    if found is None:
        return Code.UNKNOWN_PLAN
    incident, state = found
    if state.digest[:12] != digest12:
        return Code.DIGEST_MISMATCH
    if state.ended is not None:
        return CLOSED.get(state.ended, Code.DECIDED)
    return None if state.open and incident.is_open and incident.current is state else Code.DECIDED


def _given(submission: Submission) -> tuple[tuple[str, str], ...]:
    """Name and text of every parameter that was filled in."""
    filled = submission.view.state.filled[:MOST_PARAMETERS]
    return tuple(
        (block.removeprefix(PARAMETER), text) for block, text in filled if block.startswith(PARAMETER)
    )


def _by_block(wrong: Mapping[str, str], submission: Submission) -> dict[str, str]:
    """The sentences at the fields that this form has; one about no field of it goes to its first."""
    blocks = [block for block, _ in submission.view.state.filled]
    known = {f"{PARAMETER}{name}": said for name, said in wrong.items() if f"{PARAMETER}{name}" in blocks}
    return known or {(blocks or [PARAMETER])[0]: next(iter(wrong.values()))}
