"""What can happen to an incident: past tense, frozen, complete; the record that all else is derived from."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.alert import Alert, Place
from bot.domain.evidence import Evidence
from bot.domain.finding import Diagnosis, Option, Verdict
from bot.domain.ids import At, Digest, Fence, Fingerprint, IncidentId, PersonId, PlanId, ServiceName, TargetId
from bot.domain.spending import StageSpent
from bot.domain.teamwork import (
    AlertJoined,
    AutoApproved,
    DraftEdited,
    DraftMade,
    DraftSent,
    FeedbackGiven,
    InvestigationAsked,
    InvestigationStopped,
    Muted,
    OwnerSet,
    Paged,
    ParametersEdited,
    PlanAsked,
    PreconditionsRead,
    Reopened,
    UndoAsked,
)


class PlanEnd(StrEnum):
    """How a plan ended without being executed."""

    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    RESOLVED_ITSELF = "resolved_itself"
    REJECTED = "rejected"
    CLOSED = "closed"
    DRIFTED = "drifted"


class Closing(StrEnum):
    """Why an incident is over."""

    VERIFIED = "verified"
    RESOLVED_ITSELF = "resolved_itself"
    FIXED_BY_HAND = "fixed_by_hand"
    NOISE = "noise"
    DUPLICATE = "duplicate"


class Outcome(StrEnum):
    """What verification measured."""

    IMPROVED = "improved"
    UNCHANGED = "unchanged"
    WORSE = "worse"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """An alert came in and nothing with its fingerprint was open."""

    incident: IncidentId
    alert: Alert
    place: Place
    service: ServiceName | None
    waits: bool = False
    """Nothing is investigated until a person asks for it (low severity)."""


@dataclass(frozen=True, slots=True)
class AlertResolved:
    """The sender says that the condition no longer holds, of one of the incident's alerts."""

    source: str
    fingerprint: Fingerprint | None = None
    """Of the alert that is over; nothing means the incident's own."""


@dataclass(frozen=True, slots=True)
class AlertFiredAgain:
    """The sender says that the condition holds again, after having said that it did not."""

    source: str
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class EvidenceGathered:
    """Evidence was made; its bytes were kept before this was written."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A team's diagnosis, after code has checked it."""

    diagnosis: Diagnosis


@dataclass(frozen=True, slots=True)
class TeamWorked:
    """A team of models worked: what each stage used, who was asked in vain, the hashes of its files."""

    task: str
    stages: tuple[StageSpent, ...]
    tried: tuple[str, ...] = ()
    roster: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlanProposed:
    """A plan, frozen: `body` is its canonical JSON, `digest` the SHA-256 of it."""

    plan: PlanId
    revision: int
    digest: Digest
    body: str
    explanation: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class NothingProposed:
    """Planning ended without a plan: the verdict says whether all is well or too little is known."""

    verdict: Verdict
    reason: str
    cause_by: At | None = None
    """Until when a cause should be known, by the policy; then the incident escalates."""


@dataclass(frozen=True, slots=True)
class RosterRead:
    """What a roster answered when a decision was made."""

    roster: str
    source: str
    members: tuple[PersonId, ...]
    at: At


@dataclass(frozen=True, slots=True)
class Decided:
    """An authorised person approved or rejected the plan with this digest."""

    plan: PlanId
    revision: int
    digest: Digest
    approved: bool
    person: PersonId
    roles: tuple[str, ...]
    rosters: tuple[RosterRead, ...]
    reason: str = ""
    originator: bool = False
    click: str = ""
    """Which click this was, so that two equal ones in the same millisecond stay two."""


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """A plan that will not be executed any more."""

    plan: PlanId
    revision: int
    how: PlanEnd
    detail: str = ""
    """What changed under a plan that drifted."""


@dataclass(frozen=True, slots=True)
class ExecutionStarted:
    """The approved plan begins; `measured` is the metric of its success check at that moment."""

    digest: Digest
    measured: str | None = None


@dataclass(frozen=True, slots=True)
class StepStarted:
    """Written and durable before the step acts."""

    digest: Digest
    step: int
    target: TargetId
    key: str
    fence: Fence
    observed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StepFinished:
    """The executor answered."""

    digest: Digest
    step: int
    ok: bool
    detail: str
    observed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StepNotRun:
    """A step was refused before it acted; nothing was changed by it."""

    digest: Digest
    step: int
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
    """A step was started and nobody knows how it ended; it is never run again."""

    digest: Digest
    step: int
    detail: str


@dataclass(frozen=True, slots=True)
class Probed:
    """A read-only look at a target whose step's outcome is unknown."""

    digest: Digest
    step: int
    applied: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class OutcomeRecorded:
    """A person looked and said how an unknown step ended."""

    digest: Digest
    step: int
    applied: bool
    person: PersonId
    note: str


@dataclass(frozen=True, slots=True)
class ExecutionFinished:
    """All steps are done."""

    digest: Digest


@dataclass(frozen=True, slots=True)
class ExecutionStopped:
    """The plan stopped before its end; later steps are cancelled."""

    digest: Digest
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SampleTaken:
    """One sample of the success check; no value means that the source did not answer."""

    digest: Digest
    value: str | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Verified:
    """What the samples say together."""

    digest: Digest
    outcome: Outcome
    detail: str


@dataclass(frozen=True, slots=True)
class Escalated:
    """Greenlight cannot go on by itself."""

    reason: str
    commander: bool = False
    """It is the incident commander's to decide, not only that of whoever is on call."""


@dataclass(frozen=True, slots=True)
class PauseSet:
    """A person stopped (or resumed) this incident."""

    paused: bool
    person: PersonId
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A person asked in the thread."""

    person: PersonId
    ts: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a question, as it is posted."""

    ts: str
    text: str
    evidence: tuple[str, ...] = ()
    offers: bool = False
    """The question reads like a wish for another plan; a button by the answer asks for it."""


@dataclass(frozen=True, slots=True)
class OptionChosen:
    """A person asked for another of the ways that the team saw ("use N"); becomes that plan's originator."""

    person: PersonId
    ts: str
    number: int


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """The incident is over."""

    closing: Closing
    person: PersonId | None
    note: str
    of: IncidentId | None = None
    """The incident that this one is a duplicate of."""


Wanted = OptionChosen | ParametersEdited | UndoAsked | PlanAsked
"""What a person wants the next plan to be; the person becomes its originator."""

Event = (
    IncidentOpened
    | AlertResolved
    | AlertFiredAgain
    | EvidenceGathered
    | Diagnosed
    | TeamWorked
    | PlanProposed
    | NothingProposed
    | Decided
    | PlanEnded
    | ExecutionStarted
    | StepStarted
    | StepFinished
    | StepNotRun
    | OutcomeUnknown
    | Probed
    | OutcomeRecorded
    | ExecutionFinished
    | ExecutionStopped
    | SampleTaken
    | Verified
    | Escalated
    | PauseSet
    | Asked
    | Answered
    | OptionChosen
    | IncidentClosed
    | OwnerSet
    | Muted
    | FeedbackGiven
    | AlertJoined
    | Reopened
    | InvestigationAsked
    | InvestigationStopped
    | Paged
    | DraftMade
    | DraftEdited
    | DraftSent
    | ParametersEdited
    | UndoAsked
    | PlanAsked
    | AutoApproved
    | PreconditionsRead
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is kept: its number in the incident (from 1), when, and under which lease."""

    number: int
    at: At
    fence: Fence | None
    event: Event
