"""What the listeners may ask for: the flow's verbs as plain callables, filled in by the wiring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.alert import Place, Sighted
from bot.domain.decision import Click, Refused
from bot.domain.events import Closing, Decided
from bot.domain.ids import IncidentId, PersonId


class RecordTruth(Protocol):
    """A person says how an unknown step ended; answers with the sentence to show."""

    def __call__(
        self,
        incident: IncidentId,
        digest12: str,
        step: int,
        applied: bool,  # noqa: FBT001 - the very thing that is recorded
        person: PersonId,
        note: str,
    ) -> Awaitable[str]: ...


@dataclass(frozen=True, slots=True)
class Verbs:
    """The flow as the Slack room sees it; a string is the sentence to show to the person."""

    alert_seen: Callable[[Sighted], Awaitable[None]]
    judge: Callable[[Click, PersonId], Awaitable[Decided | Refused]]
    asked: Callable[[Place, PersonId, str, str], Awaitable[str | None]]
    """Place, person, ts and text of a mention; the reply to post, or nothing where a card answers."""
    pause: Callable[[str, PersonId, str], Awaitable[str]]
    resume: Callable[[str, PersonId, str], Awaitable[str]]
    stop: Callable[[IncidentId, PersonId], Awaitable[str]]
    record_truth: RecordTruth
    close: Callable[[IncidentId, Closing, PersonId, str], Awaitable[str]]
