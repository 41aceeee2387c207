"""Buttons beside answers and drafts: another plan in words, a draft, its edit, its sending."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.apply import replay
from bot.domain.decision import Code, Refused
from bot.domain.ids import IncidentId
from bot.domain.teamwork import DraftKind
from bot.slack.listeners.clicks import read_press
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Submission
from bot.slack.views.drafts import edit_modal
from bot.slack.views.values import parse_incident

TS = re.compile(r"[0-9]{1,15}\.[0-9]{1,9}", re.ASCII)
VERSION = re.compile(r"[0-9a-f]{12}", re.ASCII)

Act = Callable[[IncidentId, list[str], Asker], Awaitable[str | None]]
"""From the incident, the other words of the button's value and the person to the sentence to show."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What these buttons do; whatever is malformed is refused in words."""

    room: Room

    async def propose(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`propose_wish`: incident and the ts of the question."""
        await ack()
        await self._press(body, self._proposed)

    async def ask_draft(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`draft_ask`: incident and kind."""
        await ack()
        await self._press(body, self._asked)

    async def send(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`draft_send`: incident, draft and which text of it was shown."""
        await ack()
        await self._press(body, self._sent)

    async def edit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`draft_edit`: opens the text to edit."""
        await ack()
        await self._press(body, self._opened)

    async def edited(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`draft_edited` was submitted."""
        await ack()
        try:
            submission = Submission.model_validate(body)
        except ValidationError:
            return
        words = submission.view.private_metadata.split("|")
        incident = parse_incident(words[0])
        channel = words[2] if len(words) > 2 else ""  # noqa: PLR2004 - incident, draft, channel
        asker = asker_of(self.room, submission, channel)
        if incident is not None and len(words) > 1 and parse_incident(words[1]):
            text = submission.view.state.text
            await answer(self.room, asker, self.room.verbs.talk.edit(incident, words[1], text, asker.person))

    async def _press(self, body: dict[str, Any], act: Act) -> None:
        press = read_press(body)
        if press is None:
            return
        asker = asker_of(self.room, press)
        words = press.single.value.split("|") if press.single else []
        incident = parse_incident(words[0]) if words else None
        if incident is None:
            return
        await answer(self.room, asker, act(incident, words[1:], asker))

    async def _proposed(self, incident: IncidentId, words: list[str], asker: Asker) -> str | None:
        if len(words) != 1 or not TS.fullmatch(words[0]):
            return self._malformed()
        return await self.room.verbs.talk.propose(incident, words[0], asker.person)

    async def _asked(self, incident: IncidentId, words: list[str], asker: Asker) -> str | None:
        if len(words) != 1 or words[0] not in set(DraftKind):
            return self._malformed()
        return await self.room.verbs.talk.draft(incident, DraftKind(words[0]), asker.person)

    async def _sent(self, incident: IncidentId, words: list[str], asker: Asker) -> str | None:
        if len(words) != 2 or not parse_incident(words[0]) or not VERSION.fullmatch(words[1]):  # noqa: PLR2004
            return self._malformed()
        return await self.room.verbs.talk.send(incident, words[0], words[1], asker.person)

    async def _opened(self, incident: IncidentId, words: list[str], asker: Asker) -> str | None:
        found = replay((await self.room.incidents.load(incident)).entries)
        draft = next((one for one in found.drafts if one.id in words[:1]), None) if found else None
        if draft is None or draft.sent is not None:
            return self._malformed()
        view = edit_modal(draft, f"{incident}|{draft.id}|{asker.channel}")
        await show(self.room, asker, view, "Please click Edit again.")
        return None

    def _malformed(self) -> str:
        return self.room.screens.refusal(Refused(Code.MALFORMED))
