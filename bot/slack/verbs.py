"""What the listeners may ask for: the flow's verbs as plain callables, filled in by the wiring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.domain.alert import Alert, Place, Sighted
from bot.domain.decision import Click, Refused
from bot.domain.events import Decided, IncidentClosed
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.teamwork import DraftKind, FeedbackGiven, ParametersEdited, UndoAsked


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


Standing = Callable[[Incident, PersonId], Awaitable[Refused | None]]
"""Why a person's approval of the current plan would not count now; nothing where it would."""


@dataclass(frozen=True, slots=True)
class Care:
    """What people do around an incident; a string is the sentence to show to the person."""

    own: Callable[[IncidentId, PersonId | None, PersonId, str], Awaitable[str]]
    """Incident, who has it from now on (or nobody), who says so, and a note."""
    mute: Callable[[IncidentId, PersonId, int], Awaitable[str]]
    """For so many hours; 0 unmutes."""
    feedback: Callable[[IncidentId, FeedbackGiven], Awaitable[str]]
    investigate: Callable[[IncidentId, PersonId], Awaitable[str]]
    adopt: Callable[[Sighted, PersonId], Awaitable[str]]
    """A person says that a message is an alert and wants it investigated."""
    standing: Standing


@dataclass(frozen=True, slots=True)
class Talk:
    """What follows from buttons beside answers and drafts; a sentence to show, or nothing."""

    propose: Callable[[IncidentId, str, PersonId], Awaitable[str | None]]
    """Incident and the ts of the question whose words are wanted as a plan."""
    draft: Callable[[IncidentId, DraftKind, PersonId], Awaitable[str | None]]
    edit: Callable[[IncidentId, str, str, PersonId], Awaitable[str | None]]
    """Incident, draft and its new text."""
    send: Callable[[IncidentId, str, str, PersonId], Awaitable[str | None]]
    """Incident, draft and which text of it was shown."""


@dataclass(frozen=True, slots=True)
class Rework:
    """What people want of the next plan; a sentence where that cannot be, else a card follows."""

    edit: Callable[[IncidentId, ParametersEdited], Awaitable[str | None]]
    undo: Callable[[IncidentId, UndoAsked], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Verbs:
    """The flow as the Slack room sees it; a string is the sentence to show to the person."""

    alert_seen: Callable[[Sighted], Awaitable[None]]
    home_of: Callable[[Alert], Awaitable[Place | None]]
    """Where the incident is that this alert belongs to, if there is one."""
    judge: Callable[[Click | Refused, PersonId], Awaitable[Decided | Refused]]
    """A click, or what the door refuses of it already; told and recorded alike."""
    asked: Callable[[Place, PersonId, str, str], Awaitable[str | None]]
    """Place, person, ts and text of a mention; the reply to post, or nothing where a card answers."""
    pause: Callable[[str, PersonId, str], Awaitable[str]]
    resume: Callable[[str, PersonId, str], Awaitable[str]]
    stop: Callable[[IncidentId, PersonId], Awaitable[str]]
    record_truth: RecordTruth
    close: Callable[[IncidentId, IncidentClosed], Awaitable[str]]
    care: Care
    talk: Talk
    rework: Rework
