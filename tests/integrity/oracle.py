"""The authorisation oracle: what a click must lead to, written from the gate's rules alone.

It imports nothing of the program. Rule numbers are those of the gate's page.
"""

from dataclasses import dataclass
from enum import StrEnum

# Readings of the page where it leaves room:
# - Rules 16, 18: a reject passes every step up to "authorised now"; the steps on the originator, the person
#   counted already and the freeze limit approvals (rules 8, 12): one reject by an authorised person ends it.
# - Rule 9: an empty roster is denied as ROSTER_UNAVAILABLE, as an error and an unknown are.
# - Rule 9: an answer exactly 30 s old may still be used, an older one may not.
# - Rules 10, 17: within the step "person resolved" the codes come in the order in which rule 17 lists them.
# - Rule 14: a pause that cannot be read is a pause.
# Amended after the first comparison, where both readings fit the page and the other one is the stricter:
# - Rule 8, high: one seat is a senior's. With the other taken, who is not senior has no seat left:
#   NOT_AUTHORISED, said after ORIGINATOR and ALREADY_COUNTED (blind reading: it counts, completing nothing).
# - Rule 12: the limits are on executions, so an approval claims room for its plan and a reject claims none
#   (blind reading: a full limit refuses every decision).
# - Rule 16: a window is over at the very instant of its expiry (blind reading: only after it).


class Role(StrEnum):
    """What a person is for the service that owns the target (rule 8)."""

    ON_CALL = "on_call"
    LEAD = "lead"
    SENIOR = "senior"


class Tier(StrEnum):
    """How much a plan needs (rule 8)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Prior(StrEnum):
    """Which approval of this revision has been counted before."""

    NONE = "none"
    BY_ON_CALL = "by_on_call"
    BY_LEAD = "by_lead"
    BY_SENIOR = "by_senior"
    OWN = "own"


class Channel(StrEnum):
    """The channel in which the card stands (rule 10)."""

    NORMAL = "normal"
    SHARED_ALLOWED = "shared_allowed"
    SHARED_FORBIDDEN = "shared_forbidden"


class User(StrEnum):
    """What is known of the account that clicked (rules 9 and 10)."""

    HUMAN = "human"
    BOT = "bot"
    DELETED = "deleted"
    GUEST = "guest"
    STRANGER = "stranger"
    OTHER_WORKSPACE = "other_workspace"
    UNMAPPED = "unmapped"
    UNREADABLE = "unreadable"


class Roster(StrEnum):
    """What the roster answered at the click (rule 9)."""

    FINE = "fine"
    THIRTY_SECONDS_OLD = "thirty_seconds_old"
    EMPTY = "empty"
    ERROR = "error"
    STALE = "stale"
    TIMEOUT = "timeout"


class Plan(StrEnum):
    """The state of the plan that the button names (rules 16 and 19)."""

    OPEN = "open"
    AT_EXPIRY = "at_expiry"
    PAST_EXPIRY = "past_expiry"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    APPROVED = "approved"
    REJECTED = "rejected"
    RESOLVED_ITSELF = "resolved_itself"
    UNKNOWN = "unknown"


class Pause(StrEnum):
    """What is paused at the click (rule 14)."""

    NOTHING = "nothing"
    ALL = "all"
    ENVIRONMENT = "environment"
    INCIDENT = "incident"
    UNREADABLE = "unreadable"


class Message(StrEnum):
    """Whether the click came from the stored message (rule 16)."""

    RIGHT = "right"
    WRONG_MESSAGE = "wrong_message"
    WRONG_CHANNEL = "wrong_channel"


class Verdict(StrEnum):
    """What the person asked for: the action id says it, nothing else (rule 16)."""

    APPROVE = "approve"
    REJECT = "reject"


class Append(StrEnum):
    """What the store said to the appending of the decision (rules 12, 16 and 18)."""

    DONE = "done"
    RATE_LIMIT = "rate_limit"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Situation:
    """One click in one world; the defaults are the plainest click that counts."""

    roles: frozenset[Role] = frozenset({Role.ON_CALL})
    tier: Tier = Tier.LOW
    originator: bool = False
    prior: Prior = Prior.NONE
    channel: Channel = Channel.NORMAL
    user: User = User.HUMAN
    roster: Roster = Roster.FINE
    plan: Plan = Plan.OPEN
    pause: Pause = Pause.NOTHING
    digest_equal: bool = True
    policy_changed: bool = False
    catalogue_changed: bool = False
    message: Message = Message.RIGHT
    well_formed: bool = True
    known_action: bool = True
    frozen: bool = False
    verdict: Verdict = Verdict.APPROVE
    append: Append = Append.DONE


class Kind(StrEnum):
    """The four ways in which a click can end."""

    COUNTS = "counts"
    COMPLETES = "completes"
    ENDS = "ends"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Expected:
    """What the rules ask for: the kind, the code of a refusal, and whether the own request is flagged."""

    kind: Kind
    code: str = ""
    flagged: bool = False


AUTHORISED = {
    Tier.LOW: frozenset({Role.ON_CALL}),
    Tier.MEDIUM: frozenset({Role.ON_CALL, Role.LEAD}),
    Tier.HIGH: frozenset({Role.ON_CALL, Role.LEAD, Role.SENIOR}),
}
CLOSED_BY = {
    Plan.UNKNOWN: "UNKNOWN_PLAN",
    Plan.EXPIRED: "EXPIRED",
    Plan.SUPERSEDED: "SUPERSEDED",
    Plan.APPROVED: "DECIDED",
    Plan.REJECTED: "DECIDED",
    Plan.RESOLVED_ITSELF: "RESOLVED_ITSELF",
}
PERSON = {
    User.UNMAPPED: "PERSON_UNKNOWN",
    User.UNREADABLE: "PERSON_UNKNOWN",
    User.BOT: "NOT_HUMAN",
    User.DELETED: "INACTIVE",
    User.GUEST: "GUEST",
    User.STRANGER: "EXTERNAL_TEAM",
    User.OTHER_WORKSPACE: "EXTERNAL_TEAM",
}
APPEND = {Append.RATE_LIMIT: "RATE_LIMIT", Append.UNAVAILABLE: "STORE_UNAVAILABLE"}
USABLE = (Roster.FINE, Roster.THIRTY_SECONDS_OLD)


def possible(s: Situation) -> bool:
    """Return whether the rules allow the situation to arise: one approval closes a low or medium plan."""
    return s.prior is Prior.NONE or s.tier is Tier.HIGH


def expected(s: Situation) -> Expected:
    """Return what the rules ask for: the first failing step of rule 16, or what the click does."""
    code = _button(s) or _plan(s) or _person(s) or _authority(s) or _approval(s) or _append(s)
    if code:
        return Expected(Kind.REFUSED, code)
    if s.verdict is Verdict.REJECT:
        return Expected(Kind.ENDS)
    kind = Kind.COMPLETES if _quorum(s) else Kind.COUNTS
    return Expected(kind, flagged=s.originator)


def _button(s: Situation) -> str:
    """Rule 16, first: known single action, well formed, then message and channel are the stored ones."""
    if not s.known_action:
        return "WRONG_ACTION"
    if not s.well_formed:
        return "MALFORMED"
    return "WRONG_MESSAGE" if s.message is not Message.RIGHT else ""


def _plan(s: Situation) -> str:
    """Rule 16, second: plan exists, open, not paused, not past expiry, digest, policy, catalogue."""
    if s.plan in CLOSED_BY:
        return CLOSED_BY[s.plan]
    if s.pause is not Pause.NOTHING:
        return "PAUSED"
    if s.plan in (Plan.AT_EXPIRY, Plan.PAST_EXPIRY):
        return "EXPIRED"
    if not s.digest_equal:
        return "DIGEST_MISMATCH"
    if s.policy_changed:
        return "POLICY_CHANGED"
    return "CATALOGUE_CHANGED" if s.catalogue_changed else ""


def _person(s: Situation) -> str:
    """Rule 10: a resolved person, then a channel in which deciding is allowed."""
    if s.user in PERSON:
        return PERSON[s.user]
    return "SHARED_CHANNEL" if s.channel is Channel.SHARED_FORBIDDEN else ""


def _authority(s: Situation) -> str:
    """Rules 8 and 9: a roster fresh and not empty, in which this person has a role that the tier accepts."""
    if s.roster not in USABLE:
        return "ROSTER_UNAVAILABLE"
    return "" if s.roles & AUTHORISED[s.tier] else "NOT_AUTHORISED"


def _approval(s: Situation) -> str:
    """Rules 8, 11 and 12, for approvals: no originator above low, nobody twice, a seat left, no freeze."""
    if s.verdict is Verdict.REJECT:
        return ""
    if s.originator and s.tier is not Tier.LOW:
        return "ORIGINATOR"
    if s.prior is Prior.OWN:
        return "ALREADY_COUNTED"
    if s.prior in (Prior.BY_ON_CALL, Prior.BY_LEAD) and Role.SENIOR not in s.roles:
        return "NOT_AUTHORISED"
    return "FROZEN" if s.frozen else ""


def _append(s: Situation) -> str:
    """Rules 12 and 16, last: the append with its claims; a reject executes nothing, so no limit binds it."""
    if s.append is Append.RATE_LIMIT and s.verdict is Verdict.REJECT:
        return ""
    return APPEND.get(s.append, "")


def _quorum(s: Situation) -> bool:
    """Rule 8: one for low and medium; for high two distinct persons, whose seats were checked before."""
    if s.tier is not Tier.HIGH:
        return True
    return s.prior is not Prior.NONE
