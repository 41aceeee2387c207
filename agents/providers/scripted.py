"""A model that says what a script says: for tests, benches and rehearsals."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

from agents.errors import ModelFailedError, RejectedError
from agents.fence import tokens_of
from agents.journal import ASKS
from agents.messages import Reply, Said, Stop, Told, ToolCall, Usage
from agents.model import Ask, Capabilities, Listener, Piece
from agents.pace import Pace, RealPace
from agents.providers.retrying import Patience
from agents.providers.settings import ProviderSettings

WORDS = 24

Line = Said | ModelFailedError
Script = Callable[[Ask], Line]


def says(text: str) -> Said:
    """A reply in words."""
    return Said(text)


def calls(*wanted: tuple[str, Mapping[str, Any]], text: str = "") -> Said:
    """A reply that wants tools called, side by side."""
    return Said(text, tuple(ToolCall(str(n), name, arguments) for n, (name, arguments) in enumerate(wanted)))


def answers(value: Mapping[str, Any]) -> Said:
    """A reply that gives a typed answer."""
    return calls(("answer", value))


def in_turn(lines: Iterable[Line]) -> Script:
    """A script that says one line after the other, whatever is asked."""
    rest = iter(tuple(lines))

    def next_line(_ask: Ask) -> Line:
        line = next(rest, None)
        return RejectedError("the script has ended") if line is None else line

    return next_line


@final
@dataclass(slots=True)
class ScriptedModel:
    """A model whose replies come from a script, after a latency; it remembers what it was asked."""

    model: str
    script: Script
    latency: float = 0.0
    pace: Pace = field(default_factory=RealPace)
    asked: list[Ask] = field(default_factory=list[Ask])

    @property
    def name(self) -> str:
        """As in `scripted:analyst`."""
        return f"scripted:{self.model}"

    @property
    def capabilities(self) -> Capabilities:
        """It streams."""
        return Capabilities(streams=True)

    async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
        """The next line of the script; usage is estimated from the texts."""
        self.asked.append(ask)
        if self.latency:
            await self.pace.sleep(self.latency)
        line = self.script(ask)
        if isinstance(line, ModelFailedError):
            raise line
        if listener is not None:
            for start in range(0, len(line.text), WORDS):
                await listener(Piece(line.text[start : start + WORDS]))
        said = Said(line.text, line.calls, line.thoughts, self.name)
        usage = Usage(tokens_of(ASKS.dump_json(ask).decode()), tokens_of(_written(line)))
        return Reply(said, Stop.TOOLS if line.calls else Stop.END, usage)

    async def aclose(self) -> None:
        """Nothing to close."""


def connect(model: str, settings: ProviderSettings, pace: Pace, patience: Patience) -> ScriptedModel:
    """A model without a script; whoever has one builds ScriptedModel."""
    del settings, patience
    return ScriptedModel(model, in_turn(()), pace=pace)


def told(ask: Ask) -> str:
    """All words that were told to the model in a call, for scripts that look."""
    return "\n".join(message.text for message in ask.messages if isinstance(message, Told))


def _written(line: Said) -> str:
    return line.text + "".join(json.dumps(dict(call.arguments)) for call in line.calls)
