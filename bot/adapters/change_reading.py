"""What every reader of changes is asked and answers: who, what, when, from, to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx2

from bot.domain.evidence import Change
from bot.domain.service import Service, Source
from bot.ports.world import Window

MAX_FIELD: Final = 200


@dataclass(frozen=True, slots=True)
class ChangeAsk:
    """Whose changes, and of when; a reader may answer with earlier ones as well."""

    source: Source
    service: Service
    window: Window


@dataclass(frozen=True, slots=True)
class Deploys:
    """Changes, oldest first; how many entries could not be read; what else is to be known of the answer."""

    changes: tuple[Change, ...]
    unreadable: int = 0
    notes: tuple[str, ...] = ()


ChangeReader = Callable[[ChangeAsk, httpx2.AsyncClient], Awaitable[Deploys]]
"""Raises SourceUnavailableError where the source does not answer."""


def inside(changes: tuple[Change, ...], window: Window) -> tuple[Change, ...]:
    """The changes of a window."""
    return tuple(change for change in changes if window.start <= change.at <= window.end)


def printable(raw: object) -> str:
    """A word from outside as at most 200 printable characters; nothing for what is no text or number."""
    text = raw if isinstance(raw, str) else str(raw) if isinstance(raw, int) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text[:MAX_FIELD]).strip()
