"""Buttons that steer an incident by hand: stop it, record what became of a step, close it."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.decision import Code, Refused
from bot.domain.events import Closing
from bot.domain.ids import PersonId
from bot.slack.listeners.clicks import read_press
from bot.slack.listeners.room import Room, answer, asker_of, incident_id

DOUBT = re.compile(r"([A-Za-z0-9_-]{1,64})\|([0-9a-f]{12})\|([0-9])", re.ASCII)
BY_HAND = (Closing.FIXED_BY_HAND, Closing.NOISE, Closing.DUPLICATE)

Act = Callable[[str, PersonId], Awaitable[str | None]]
"""From a button's value and the person to the sentence to show."""


@dataclass(frozen=True, slots=True)
class Steering:
    """Stop, the truth about a step in doubt, and close."""

    room: Room

    async def stop(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`stop_incident`: the value is the incident."""
        await ack()
        await self._act(body, self._stopped)

    async def applied(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`record_applied`: the value is `incident|12 hex|step`, steps from 0."""
        await ack()
        await self._act(body, lambda value, person: self._recorded(value, person, applied=True))

    async def not_applied(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`record_not_applied`: as above."""
        await ack()
        await self._act(body, lambda value, person: self._recorded(value, person, applied=False))

    async def close(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`close_incident`: the value is `incident` or `incident|closing`."""
        await ack()
        await self._act(body, self._closed)

    async def _act(self, body: dict[str, Any], act: Act) -> None:
        press = read_press(body)
        if press is None:
            return
        asker = asker_of(self.room, press)
        value = press.single.value if press.single else ""
        await answer(self.room, asker, act(value, asker.person))

    async def _stopped(self, value: str, person: PersonId) -> str:
        incident = incident_id(value)
        return await self.room.verbs.stop(incident, person) if incident else self._malformed()

    async def _recorded(self, value: str, person: PersonId, *, applied: bool) -> str:
        found = DOUBT.fullmatch(value)
        incident = incident_id(found[1]) if found else None
        if found is None or incident is None:
            return self._malformed()
        return await self.room.verbs.record_truth(incident, found[2], int(found[3]), applied, person, "")

    async def _closed(self, value: str, person: PersonId) -> str:
        word, _, closing = value.partition("|")
        incident = incident_id(word)
        if incident is None or closing not in {"", *BY_HAND}:
            return self._malformed()
        how = Closing(closing) if closing else Closing.FIXED_BY_HAND
        return await self.room.verbs.close(incident, how, person, "")

    def _malformed(self) -> str:
        return self.room.screens.refusal(Refused(Code.MALFORMED))
