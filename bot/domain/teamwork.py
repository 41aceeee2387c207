"""What people (and their messages) do around an incident, beside its road from alert to report."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.alert import Alert, Place
from bot.domain.ids import At, Digest, PersonId, PlanId


@dataclass(frozen=True, slots=True)
class OwnerSet:
    """Somebody took the incident, handed it over, or gave it back (then nobody has it)."""

    owner: PersonId | None
    by: PersonId
    note: str = ""


@dataclass(frozen=True, slots=True)
class Muted:
    """Messages of this alert are counted and told nobody until then; `until` in the past unmutes."""

    until: At
    person: PersonId


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """A responder says whether something helped: `subject` is `diagnosis` or the ts of a question."""

    person: PersonId
    subject: str
    helpful: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class AlertJoined:
    """Another alert belongs to this incident; `why` names the tie (same service, dependency, deploy)."""

    alert: Alert
    place: Place
    why: str


@dataclass(frozen=True, slots=True)
class Reopened:
    """The alert came back within the re-open window: the closed incident goes on from the beginning."""

    alert: Alert
    place: Place


@dataclass(frozen=True, slots=True)
class InvestigationAsked:
    """A person wants an investigation that did not begin by itself (low severity), or one more."""

    person: PersonId


@dataclass(frozen=True, slots=True)
class InvestigationStopped:
    """A person stopped a running investigation; what is known stays."""

    person: PersonId
    reason: str = ""


class PageReason(StrEnum):
    """Why somebody was called."""

    HALF_TIME = "half_time"
    EXPIRED = "expired"
    ESCALATED = "escalated"
    NO_CAUSE = "no_cause"
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Paged:
    """A page target was called; `detail` is what it answered, or why it could not be reached."""

    target: str
    reason: PageReason
    ok: bool
    detail: str
    digest: Digest | None = None


class DraftKind(StrEnum):
    """What was drafted."""

    POSTMORTEM = "postmortem"
    STAKEHOLDERS = "stakeholders"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class DraftMade:
    """A text for people outside the thread was drafted; it is sent only after a person approved it."""

    draft: str
    kind: DraftKind
    text: str
    asked_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class DraftEdited:
    """A person changed a draft; the text is the whole new one."""

    draft: str
    text: str
    person: PersonId


@dataclass(frozen=True, slots=True)
class DraftSent:
    """A draft went out as it was approved; `person` approved it."""

    draft: str
    channel: str
    ts: str
    person: PersonId


@dataclass(frozen=True, slots=True)
class ParametersEdited:
    """A responder changed bounded parameters of a proposed step; becomes the next revision's originator."""

    plan: PlanId
    revision: int
    step: int
    parameters: tuple[tuple[str, str], ...]
    """All parameters of that step as typed by the person; parsed strictly against the catalogue."""
    person: PersonId
    ts: str = ""


@dataclass(frozen=True, slots=True)
class UndoAsked:
    """A responder wants the undo of an executed plan as a plan of its own."""

    digest: Digest
    person: PersonId
    ts: str = ""


@dataclass(frozen=True, slots=True)
class PlanAsked:
    """A responder asked in words for another plan; becomes its originator; the text is untrusted."""

    person: PersonId
    ts: str
    text: str


@dataclass(frozen=True, slots=True)
class AutoApproved:
    """The policy's opt-in rule approved a plan for a verified non-production target (rule 13)."""

    plan: PlanId
    revision: int
    digest: Digest
    rule: str


@dataclass(frozen=True, slots=True)
class PreconditionsRead:
    """After an approval the targets were looked at again, and showed what the plan was made from."""

    digest: Digest
    approvals: int
    """How many there were by then."""
    unseen: str = ""
    """Which target could not be observed; that alone ends no plan, its step will not begin blind."""


Around = (
    OwnerSet
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
)
"""Events that leave plans and steps as they are."""
