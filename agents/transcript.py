"""Everything that happened in a run, in order, and how it reads."""

import json
from dataclasses import dataclass
from decimal import Decimal

from agents.errors import Failure
from agents.messages import Results, Said, Told, ToolCall, Usage


@dataclass(frozen=True, slots=True)
class Called:
    """One call of a model: who answered, what it used, who was tried before in vain."""

    model: str
    usage: Usage
    usd: Decimal | None
    seconds: float
    replayed: bool = False
    tried: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that the loop decided."""

    text: str


Entry = Told | Said | Results | Called | Noted

WIDTH = 100


def render(entries: tuple[Entry, ...], width: int = WIDTH) -> str:
    """A transcript as lines of text, long ones shortened; 0 keeps all."""
    return "\n".join(line for entry in entries for line in _lines(entry, width))


def _lines(entry: Entry, width: int) -> list[str]:
    match entry:
        case Told(text):
            return [f"> {_short(text, width)}"]
        case Said(text, calls):
            words = [f"< {_short(text, width)}"] if text else []
            return words + [f"< {_call(call, width)}" for call in calls]
        case Results(results):
            return [f"= {result.name}: {_short(result.text, width)}" for result in results]
        case Called(model, usage, _, _, replayed, tried):
            again = " (replayed)" if replayed else ""
            vain = f" after {'; '.join(str(failure) for failure in tried)}" if tried else ""
            return [f"# {model}: {usage.total} tokens{again}{vain}"]
        case Noted(text):
            return [f"! {text}"]


def _call(call: ToolCall, width: int) -> str:
    arguments = call.broken if call.broken is not None else json.dumps(dict(call.arguments), sort_keys=True)
    return f"{call.name}({_short(arguments, width)})"


def _short(text: str, width: int) -> str:
    line = " / ".join(part.strip() for part in text.splitlines() if part.strip())
    return line if not width or len(line) <= width else f"{line[: width - 1]}…"
