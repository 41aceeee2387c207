"""`/greenlight`: status, incident, oncall, pause, resume, help; answered to the person alone."""

import re
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.apply import replay
from bot.domain.errors import GreenlightError
from bot.domain.ids import PersonId
from bot.slack.failures import ChatError
from bot.slack.listeners.room import Room
from bot.slack.payloads import Command
from bot.slack.views.values import parse_incident

SCOPE = re.compile(r"all|environment:[A-Za-z0-9][A-Za-z0-9._-]{0,63}|incident:[A-Za-z0-9_-]{1,64}", re.ASCII)
NO_SCOPE = "that"
SHOWN = 20
NAME_IT = "Please name an incident by its id, as `/greenlight incident inc-…`; *status* lists what is open."
MAX_REASON = 500

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Commands:
    """The slash command."""

    room: Room

    async def typed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`/greenlight …`."""
        await ack()
        try:
            command = Command.model_validate(body)
        except ValidationError:
            return
        self.room.people.clicked_from(PersonId(command.user_id), command.team_id)
        try:
            text = await self._answer(command)
        except GreenlightError as error:
            text = self.room.screens.trouble(error)
        try:
            await self.room.chat.respond(command.response_url, text)
        except ChatError as error:
            log.warning("command_not_answered", person=command.user_id, error=error.message)

    async def _answer(self, command: Command) -> str:
        word, _, rest = command.text.strip().partition(" ")
        person = PersonId(command.user_id)
        match word.casefold():
            case "" | "status":
                return await self._status()
            case "pause":
                return await self.room.verbs.pause(*_scope(rest, person, otherwise="all"))
            case "resume":
                return await self.room.verbs.resume(*_scope(rest, person, otherwise=NO_SCOPE))
            case "incident":
                return await self._incident(rest.strip())
            case "oncall":
                return await self.room.screens.oncall()
            case _:
                return self.room.screens.help

    async def _incident(self, said: str) -> str:
        name = parse_incident(said)
        if name is None:
            return NAME_IT
        found = replay((await self.room.incidents.load(name)).entries)
        return await self.room.screens.incident(found) if found is not None else NAME_IT

    async def _status(self) -> str:
        names = await self.room.incidents.opened(SHOWN)
        found = [replay((await self.room.incidents.load(name)).entries) for name in names]
        pauses = await self.room.incidents.pauses()
        return self.room.screens.status(tuple(one for one in found if one), pauses)


def _scope(rest: str, person: PersonId, *, otherwise: str) -> tuple[str, PersonId, str]:
    """Scope, person and reason; without a scope everything is meant, a misspelt one means `otherwise`.

    A pause that was misspelt should stop more rather than less, and a resumption lift nothing by mistake.
    """
    word, _, reason = rest.strip().partition(" ")
    if not SCOPE.fullmatch(word):
        word, reason = (otherwise if ":" in word else "all"), rest
    return word, person, reason.strip()[:MAX_REASON]
