"""What the models of a team were asked and answered, kept beside the record for people to read."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.events import TeamWorked
from bot.domain.ids import IncidentId


class Speech(StrEnum):
    """Who said something to whom."""

    ASKED = "asked"
    ANSWERED = "answered"
    CALLED = "called"
    GIVEN = "given"
    NOTED = "noted"


@dataclass(frozen=True, slots=True)
class Utterance:
    """Words to the model, its words, a tool that it called, what that gave, or what the code decided."""

    kind: Speech
    text: str


@dataclass(frozen=True, slots=True)
class StageSpoken:
    """One stage of a run; `left_out` counts the characters that did not fit."""

    stage: str
    agent: str
    words: tuple[Utterance, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Spoken:
    """One run of a team, redacted; `key` is that of the event that tells of it."""

    incident: IncidentId
    key: str
    stages: tuple[StageSpoken, ...]


def key_of(worked: TeamWorked) -> str:
    """The SHA-256 of an event's own words: what joins a run to what was said in it."""
    return hashlib.sha256(repr(worked).encode()).hexdigest()
