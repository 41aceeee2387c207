"""Responders: one that plays the story by itself through the same wire, and one at the terminal."""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Protocol

from bot.demo.calling import HELP
from bot.demo.home import CHANNEL, CHARACTERS
from bot.demo.teller import Teller
from bot.domain.decision import value_of
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.actor import Actor, all_blocks
from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.model import App, Json, Message
from bot.playground.workspace.workspace import Workspace


class Responder(Protocol):
    """Somebody who answers what the incident needs."""

    @property
    def finished(self) -> bool:
        """Whether this responder wants to leave."""
        ...

    async def respond(self, incident: Incident) -> None:
        """Look at the incident and do what is next, if anything."""
        ...

    def ends_with(self, incident: Incident) -> bool:
        """Whether nothing more is wanted once the incident stands like this."""
        ...


@dataclass(slots=True)
class Desk:
    """The workspace as responders use it: buttons, dialogs and mentions of the current incident."""

    workspace: Workspace
    app: App
    teller: Teller
    acting: str = "U0ONCALL"

    @property
    def actor(self) -> Actor:
        """Whoever acts now."""
        return self.workspace.as_user(self.acting)

    def card(self, incident: Incident) -> Message | None:
        """The card of the plan that waits, once it shows its buttons."""
        state = incident.current
        if state is None:
            return None
        wanted = value_of(state)
        messages = self.workspace.messages(CHANNEL)
        return next((m for m in reversed(messages) if _has_button(m, "decide_approve", wanted)), None)

    async def click(self, incident: Incident, action: str) -> bool:
        """Click a button of the waiting plan's card; false where there is none."""
        card = self.card(incident)
        if card is None:
            return False
        self.teller.note(f"{self._name()} clicks {action.removeprefix('decide_').replace('_', ' ')}")
        await self.actor.click(card, action)
        return True

    async def reject(self, incident: Incident, reason: str) -> bool:
        """Click Reject, fill in the reason, send it."""
        if not await self.click(incident, "decide_reject"):
            return False
        await self.workspace.wait_until(lambda: self.actor.view is not None)
        await self.actor.submit(values={"reason": reason})
        return True

    async def ask(self, incident: Incident, text: str) -> None:
        """Mention the bot in the incident's thread."""
        await self.actor.post(CHANNEL, f"<@{self.app.bot_user_id}> {text}", incident.place.thread)

    async def close_dialogs(self) -> None:
        """Close whatever dialog is open."""
        if self.actor.view is not None:
            await self.actor.close(everything=True)

    def _name(self) -> str:
        return self.teller.names.get(self.acting, self.acting)


def _has_button(message: Message, action: str, value: str) -> bool:
    return any(_elements(block, action, value) for block in all_blocks(message))


def _elements(block: Json, action: str, value: str) -> bool:
    elements: list[Json] = list(block.get("elements") or ())
    return any(one.get("action_id") == action and one.get("value") == value for one in elements)


@dataclass(slots=True)
class Auto:
    """Plays the responders: a colleague who may not, a question, then whoever is on call approves."""

    desk: Desk
    answered: set[str] = field(default_factory=set[str])
    asked: bool = False

    @property
    def finished(self) -> bool:
        """Never before the incident ends."""
        return False

    def ends_with(self, incident: Incident) -> bool:
        """With any end, also one that waits for a human."""
        return bool(incident.version)

    async def respond(self, incident: Incident) -> None:
        """Answer a waiting plan once."""
        state = incident.current
        if incident.phase is not Phase.PROPOSED or state is None or state.digest in self.answered:
            return
        if self.desk.card(incident) is None:
            return
        if not self.asked:
            self.asked = True
            self.desk.acting = "U0COLLEAGUE"
            await self.desk.click(incident, "decide_approve")
            await self.desk.close_dialogs()
            self.desk.acting = "U0ONCALL"
            await self.desk.ask(incident, "why?")
            return
        self.answered.add(state.digest)
        await self.desk.click(incident, "decide_approve")


@dataclass(slots=True)
class Terminal:
    """Whoever sits at the terminal; lines come in beside everything else."""

    desk: Desk
    lines: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    prompted: str = ""
    quit: bool = False

    @property
    def finished(self) -> bool:
        """Once `quit` was typed."""
        return self.quit

    def ends_with(self, incident: Incident) -> bool:
        """Only with a closed incident; a human may still want to do something about others."""
        return not incident.is_open

    def start(self) -> None:
        """Begin to read lines; a thread of its own would hold up the end, so the loop watches the input."""
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._read)

    def stop(self) -> None:
        """Stop reading."""
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())

    async def respond(self, incident: Incident) -> None:
        """Show what is asked for, and do what was typed."""
        state = incident.current
        waits = incident.phase is Phase.PROPOSED and state is not None and self.desk.card(incident)
        if waits and state and state.digest != self.prompted:
            self.prompted = state.digest
            self.desk.teller.out("\n  A plan waits. approve / reject REASON / ask TEXT / as NAME / help\n")
        while not self.lines.empty():
            await self._obey(incident, self.lines.get_nowait())

    def _read(self) -> None:
        line = sys.stdin.readline()
        if not line:
            self.stop()
        elif line.strip():
            self.lines.put_nowait(line.strip())

    async def _obey(self, incident: Incident, line: str) -> None:
        word, _, rest = line.partition(" ")
        try:
            await self._do(incident, word.lower(), rest.strip())
        except (RefusedError, TimeoutError) as error:
            self.desk.teller.out(f"  That did not work: {error}")

    async def _do(self, incident: Incident, word: str, rest: str) -> None:
        match word:
            case "approve":
                self._told(await self.desk.click(incident, "decide_approve"))
            case "reject":
                self._told(await self.desk.reject(incident, rest or "not now"))
            case "details":
                self._told(await self.desk.click(incident, "plan_details"))
            case "ask":
                await self.desk.ask(incident, rest or "status")
            case "as":
                self._act_as(rest)
            case "pause" | "resume":
                await self.desk.actor.command("/greenlight", f"{word} all {rest}".strip(), channel=CHANNEL)
            case "quit" | "exit" | "q":
                self.quit = True
            case _:
                self.desk.teller.out(HELP)

    def _told(self, there: bool) -> None:  # noqa: FBT001 - the answer of a click
        if not there:
            self.desk.teller.out("  No plan waits for a decision now.")

    def _act_as(self, name: str) -> None:
        found = next((c for c in CHARACTERS if c.name == name.lower()), None)
        if found is None:
            self.desk.teller.out(f"  Nobody is called {name!r}: " + ", ".join(c.name for c in CHARACTERS))
            return
        self.desk.acting = found.id
        self.desk.teller.out(f"  You act as {found.name}, {found.what}.")
