"""What people do around an incident: take it, hand it over, mute it, rate it, have it investigated."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.apply import replay
from bot.domain.decision import Code, Refused
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.teamwork import FeedbackGiven
from bot.slack.listeners.clicks import read_press
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Press, Submission
from bot.slack.test_button import answered
from bot.slack.views.values import parse_feedback, parse_incident, parse_menu, parse_metadata

MUTES = {"mute_1": 1, "mute_24": 24, "unmute": 0}
MAX_NOTE = 500


@dataclass(frozen=True, slots=True)
class Care:
    """The buttons and the menu of the incident card that change no plan."""

    room: Room

    async def take(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`take_incident`: the value is the incident; the card says who has it."""
        await ack()
        press, name = _named(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._taken(name, asker.person))

    async def investigate(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`investigate`: an alert that waits, or once more."""
        await ack()
        press, name = _named(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._begun(name, asker.person))

    async def menu(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`incident_menu`: the chosen option says what is wanted."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._chosen(press, asker))

    async def rated(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`feedback`: kept at once; where it was not helpful, a form asks what was wrong."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._rated(press, asker))

    async def explained(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`feedback_note` was submitted."""
        await ack()
        submission = read_submission(body)
        if submission is None:
            return
        found = parse_feedback(f"wrong|{submission.view.private_metadata}")
        note = submission.view.state.text[:MAX_NOTE]
        if found is None or not note:
            return
        _, subject, incident = found
        asker = asker_of(self.room, submission)
        said = FeedbackGiven(asker.person, subject, helpful=False, note=note)
        await answer(self.room, asker, self._kept(incident, said))

    async def handed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`hand_over` was submitted."""
        await ack()
        submission = read_submission(body)
        if submission is None:
            return
        origin = parse_metadata(submission.view.private_metadata)
        incident = parse_incident(origin[0]) if origin else None
        asker = asker_of(self.room, submission, origin[1] if origin else "")
        await answer(self.room, asker, self._handed(incident, submission, asker.person))

    async def tested(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`doctor_test`: the button of doctor, answered by whichever process got the click."""
        await answered(self.room.chat, ack, body)

    async def _taken(self, incident: IncidentId | None, person: PersonId) -> str | None:
        if incident is None:
            return self._malformed()
        said = await self.room.verbs.care.own(incident, person, person, "")
        return None if said.startswith("You have") else said

    async def _begun(self, incident: IncidentId | None, person: PersonId) -> str | None:
        if incident is None:
            return self._malformed()
        said = await self.room.verbs.care.investigate(incident, person)
        return None if said.startswith("Investigating") else said

    async def _chosen(self, press: Press, asker: Asker) -> str | None:
        found = parse_menu(press.single.chosen) if press.single else None
        if found is None:
            return self._malformed()
        wanted, name = found
        if wanted in MUTES:
            return await self.room.verbs.care.mute(name, asker.person, MUTES[wanted])
        incident = replay((await self.room.incidents.load(name)).entries)
        if incident is None:
            return self._malformed()
        return await self._opened(wanted, incident, press, asker)

    async def _opened(self, wanted: str, incident: Incident, press: Press, asker: Asker) -> str | None:
        screens = self.room.screens
        match wanted:
            case "hand_over":
                view = screens.handing(incident, press.where)
            case "fixed":
                view = screens.closing(incident.id, press.where, await others(self.room), True)
            case "history":
                view = await screens.history(incident)
            case _:
                return self._malformed()
        await show(self.room, asker, view, "Please open the menu again: this took too long.")
        return None

    async def _rated(self, press: Press, asker: Asker) -> str | None:
        found = parse_feedback(press.single.chosen) if press.single else None
        if found is None:
            return self._malformed()
        helpful, subject, incident = found
        said = await self._kept(incident, FeedbackGiven(asker.person, subject, helpful))
        if helpful or said is not None:
            return said
        await show(self.room, asker, self.room.screens.wrong(incident, subject), "Kept: not helpful.")
        return None

    async def _kept(self, incident: IncidentId, said: FeedbackGiven) -> str | None:
        """Nothing where it was kept, since the card says so."""
        told = await self.room.verbs.care.feedback(incident, said)
        return None if told.startswith("Thank you") else told

    async def _handed(
        self, incident: IncidentId | None, submission: Submission, person: PersonId
    ) -> str | None:
        if incident is None:
            return self._malformed()
        owner = submission.view.state.person or None
        note = submission.view.state.text[:MAX_NOTE]
        said = await self.room.verbs.care.own(incident, PersonId(owner) if owner else None, person, note)
        return None if said.startswith(("Handed", "Given", "You have")) else said

    def _malformed(self) -> str:
        return self.room.screens.refusal(Refused(Code.MALFORMED))


async def others(room: Room) -> tuple[Incident, ...]:
    """The open incidents, newest first, as something to choose from."""
    names = await room.incidents.opened(50)
    found = [replay((await room.incidents.load(name)).entries) for name in names]
    return tuple(one for one in found if one is not None)


def read_submission(body: dict[str, Any]) -> Submission | None:
    """The payload of a submitted modal; nothing where it is not one."""
    try:
        return Submission.model_validate(body)
    except ValidationError:
        return None


def _named(body: dict[str, Any]) -> tuple[Press | None, IncidentId | None]:
    press = read_press(body)
    return press, parse_incident(press.single.value) if press and press.single else None
