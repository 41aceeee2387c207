"""An incident as the sum of its events: what is derived, never stored apart."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.alert import Alert, Place
from bot.domain.events import (
    Closing,
    Decided,
    Entry,
    Outcome,
    PlanEnd,
    Probed,
    SampleTaken,
    TeamWorked,
    Wanted,
)
from bot.domain.evidence import Evidence
from bot.domain.finding import Diagnosis, Option
from bot.domain.ids import SECOND, At, Digest, Fence, Fingerprint, IncidentId, PersonId, ServiceName
from bot.domain.plan import Plan, Step
from bot.domain.spending import StageSpent
from bot.domain.teamwork import (
    AlertJoined,
    AutoApproved,
    DraftKind,
    FeedbackGiven,
    Paged,
    PreconditionsRead,
)

OWN = "greenlight"
"""The source of incidents that the house opens itself: a proposed edit of its memory."""
STALE = frozenset({"DRIFT", "DRY_RUN_DIFFERS"})
"""Codes of a step that say that the world is not the one that was approved for."""


NOT_APPLIED = "NOT_APPLIED"
"""The code of a step that was in doubt and of which a look showed that it did nothing."""


class Phase(StrEnum):
    """Where an incident is."""

    DETECTED = "detected"
    TRIAGED = "triaged"
    PROPOSED = "proposed"
    REJECTED = "rejected"
    APPROVED = "approved"
    EXECUTING = "executing"
    EXECUTED = "executed"
    VERIFIED = "verified"
    INCONCLUSIVE = "inconclusive"
    HEALTHY = "healthy"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    ESCALATED = "escalated"
    CLOSED = "closed"


PLANNABLE = frozenset(
    {
        Phase.TRIAGED,
        Phase.PROPOSED,
        Phase.REJECTED,
        Phase.VERIFIED,
        Phase.INCONCLUSIVE,
        Phase.HEALTHY,
        Phase.STOPPED,
        Phase.EXPIRED,
        Phase.ESCALATED,
    }
)
"""Where a (new) plan may be proposed: never while one is approved, running, being verified or in doubt."""


class StepStatus(StrEnum):
    """How far a step is."""

    PENDING = "pending"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not_run"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StepState:
    """A step of a plan and what became of it."""

    step: Step
    status: StepStatus = StepStatus.PENDING
    started_at: At | None = None
    finished_at: At | None = None
    fence: Fence | None = None
    key: str = ""
    code: str = ""
    detail: str = ""
    observed_before: tuple[tuple[str, str], ...] = ()
    observed_after: tuple[tuple[str, str], ...] = ()
    probes: tuple[Probed, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanState:
    """A revision of a plan and what became of it."""

    plan: Plan
    digest: Digest
    body: str
    explanation: str
    options: tuple[Option, ...]
    proposed_at: At
    decisions: tuple[tuple[At, Decided], ...] = ()
    ended: PlanEnd | None = None
    drift: str = ""
    """What changed under it before it began, where that ended it."""
    read_again: tuple[tuple[At, PreconditionsRead], ...] = ()
    started_at: At | None = None
    measured: str | None = None
    executed_at: At | None = None
    stopped: tuple[str, str] | None = None
    steps: tuple[StepState, ...] = ()
    samples: tuple[tuple[At, SampleTaken], ...] = ()
    outcome: Outcome | None = None
    outcome_detail: str = ""
    undo_of: Digest | None = None
    auto: tuple[At, AutoApproved] | None = None
    """The policy's own approval, where its opt-in rule gave one."""
    asked: bool = False
    """A person asked for it; the bot's own plans are counted (rule 12)."""

    @property
    def approvals(self) -> tuple[Decided, ...]:
        """The approvals of this very digest by distinct persons."""
        seen: dict[PersonId, Decided] = {}
        for _, decided in self.decisions:
            if decided.approved and decided.digest == self.digest:
                seen.setdefault(decided.person, decided)
        return tuple(seen.values())

    @property
    def rejection(self) -> Decided | None:
        """The rejection, if somebody rejected it."""
        return next((decided for _, decided in self.decisions if not decided.approved), None)

    @property
    def approved(self) -> bool:
        """Whether enough distinct persons approved this very digest."""
        enough = self.auto is not None or len(self.approvals) >= self.plan.approvals
        return self.rejection is None and enough

    @property
    def approved_at(self) -> At | None:
        """When the last needed approval came."""
        if self.auto is not None:
            return self.auto[0]
        return self.decisions[-1][0] if self.approved and self.decisions else None

    @property
    def hold_until(self) -> At | None:
        """When execution may start."""
        return None if self.approved_at is None else At(self.approved_at + self.plan.hold_seconds * SECOND)

    @property
    def open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.ended is None and not self.approved and self.started_at is None

    @property
    def alive(self) -> bool:
        """Whether it can still start: open, or approved and not yet started."""
        return self.ended is None and self.started_at is None

    @property
    def acted(self) -> bool:
        """Whether any step of it was begun."""
        return any(step.started_at is not None for step in self.steps)

    @property
    def to_read(self) -> bool:
        """Whether somebody approved it since the preconditions were read (again)."""
        read = self.read_again[-1][1].approvals if self.read_again else 0
        return self.alive and len(self.approvals) > read

    @property
    def unfinished(self) -> int | None:
        """The index of the step that was started and has neither ended nor been declared unknown."""
        return next((i for i, state in enumerate(self.steps) if state.status is StepStatus.STARTED), None)

    @property
    def in_doubt(self) -> int | None:
        """The index of the step whose outcome is unknown."""
        return next((i for i, state in enumerate(self.steps) if state.status is StepStatus.UNKNOWN), None)


@dataclass(frozen=True, slots=True)
class Question:
    """A question from the thread and, when there is one, its answer."""

    person: PersonId
    ts: str
    text: str
    answer: str | None = None
    evidence: tuple[str, ...] = ()
    offers: bool = False
    """Its answer has a button that asks for the plan that these words want."""
    chose: bool = False
    """It asked for another option, and the plan is the answer."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How and by whom the incident was closed."""

    closing: Closing
    person: PersonId | None
    note: str
    at: At
    of: IncidentId | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A text for people outside the thread, as it stands; `sent` is where it went, by whom approved."""

    id: str
    kind: DraftKind
    text: str
    made_at: At
    edited_by: tuple[PersonId, ...] = ()
    sent: tuple[str, str, PersonId] | None = None
    """Channel, ts, person."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Everything known of one incident; version is the number of its events."""

    id: IncidentId
    version: int
    phase: Phase
    place: Place
    alert: Alert
    service: ServiceName | None
    opened_at: At
    updated_at: At
    entries: tuple[Entry, ...]
    firing: bool = True
    alert_resolved_at: At | None = None
    evidence: tuple[Evidence, ...] = ()
    diagnosis: Diagnosis | None = None
    plans: tuple[PlanState, ...] = ()
    nothing: str = ""
    cause_by: At | None = None
    escalation: str = ""
    escalated_at: At | None = None
    to_commander: bool = False
    paused_by: PersonId | None = None
    questions: tuple[Question, ...] = ()
    worked: tuple[TeamWorked, ...] = ()
    wanted: Wanted | None = None
    closed: Closed | None = None
    owner: PersonId | None = None
    muted_until: At | None = None
    waits: bool = False
    """Nothing is investigated until a person asks for it."""
    feedback: tuple[FeedbackGiven, ...] = ()
    """The newest word of each person on each subject."""
    joined: tuple[AlertJoined, ...] = ()
    quiet: frozenset[Fingerprint] = frozenset()
    """Those of its alerts of which the sender says that they are over."""
    reopened: int = 0
    """How often it came back after having been closed."""
    pages: tuple[tuple[At, Paged], ...] = ()
    drafts: tuple[Draft, ...] = ()

    @property
    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """Of its own alert and of all that joined."""
        return (self.alert.fingerprint, *(one.alert.fingerprint for one in self.joined))

    @property
    def current(self) -> PlanState | None:
        """The newest revision."""
        return self.plans[-1] if self.plans else None

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.closed is None

    def plan(self, digest: Digest) -> PlanState | None:
        """The revision with that digest."""
        return next((state for state in self.plans if state.digest == digest), None)

    @property
    def executions(self) -> tuple[PlanState, ...]:
        """The revisions that were started, oldest first."""
        return tuple(state for state in self.plans if state.started_at is not None)

    @property
    def acted(self) -> tuple[PlanState, ...]:
        """The revisions of which a step was begun, oldest first."""
        return tuple(state for state in self.plans if state.acted)

    @property
    def unanswered(self) -> tuple[Question, ...]:
        """The questions that wait for an answer."""
        return tuple(one for one in self.questions if one.answer is None and not one.chose)

    @property
    def spent(self) -> tuple[StageSpent, ...]:
        """What models used for this incident, stage by stage."""
        return tuple(stage for worked in self.worked for stage in worked.stages)


def went_stale(state: PlanState) -> bool:
    """Whether nothing of it was begun, since the world is another one than it was approved for (rule 20)."""
    return state.ended is PlanEnd.DRIFTED or (
        not state.acted and state.stopped is not None and state.stopped[0] in STALE
    )


def looked_at_anew(incident: Incident, state: PlanState) -> bool:
    """Whether a stale plan is followed by an investigation; an undo or an edit of the memory is not."""
    return state.undo_of is None and incident.alert.source != OWN
