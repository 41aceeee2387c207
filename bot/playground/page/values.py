"""What the page shows beside the messages: people to act as, samples, marks, processes, the guided path."""

import dataclasses
import time
from dataclasses import dataclass
from enum import StrEnum

from bot.playground.workspace.model import Json


class MarkKind(StrEnum):
    """What a mark on the charts stands for."""

    DEPLOY = "deploy"
    FAULT = "fault"
    ALERT = "alert"
    RESOLVED = "resolved"
    APPROVAL = "approval"
    REJECTION = "rejection"
    EXECUTION = "execution"
    VERIFICATION = "verification"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened, at `at` in milliseconds since the epoch."""

    kind: MarkKind
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the playground or of the app, and whether it lives."""

    name: str
    state: str
    alive: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the service; None where there is no number. Ratio 0 to 1, seconds, connections, bytes."""

    at: int
    version: str | None = None
    traffic: float | None = None
    errors: float | None = None
    latency: float | None = None
    pool: float | None = None
    pool_size: float | None = None
    memory: float | None = None
    alert: str = "none"
    processes: tuple[Process, ...] = ()


@dataclass(frozen=True, slots=True)
class FaultButton:
    """Something that a visitor may cause."""

    id: str
    label: str
    what: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a visitor may act as."""

    id: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the guided path; `act_as` and `fill_in` are offered as buttons."""

    id: str
    title: str
    text: str
    act_as: str = ""
    fill_in: str = ""
    where: str = "thread"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a page is about; the app is the one whose Home tab is shown."""

    channel: str
    people: tuple[Person, ...]
    guide: tuple[Step, ...] = ()
    intro: str = ""


def now_ms() -> int:
    """The wall clock in milliseconds since the epoch, as browsers count it."""
    return time.time_ns() // 1_000_000


def as_json(value: Mark | Sample | Setting | FaultButton) -> Json:
    """The value as the page's script reads it."""
    return dataclasses.asdict(value)
