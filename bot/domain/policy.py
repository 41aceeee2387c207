"""Who may approve what, when, and how often: `policy.yaml`, checked."""

from dataclasses import dataclass, field
from enum import StrEnum

from bot.domain.action import Tier
from bot.domain.auto_apply import AutoApply
from bot.domain.freeze import FreezeWindow, frozen
from bot.domain.ids import At, EnvironmentId, PersonId, RosterName
from bot.domain.paging import Paging


class Role(StrEnum):
    """What a person must be for the owning service."""

    ONCALL = "oncall"
    LEAD = "lead"
    SENIOR = "senior"


@dataclass(frozen=True, slots=True)
class TierRule:
    """What one tier asks for; with `one_of`, one of the approvals must come from that role."""

    tier: Tier
    approvals: int
    roles: tuple[Role, ...]
    one_of: Role | None
    originator_may_approve: bool
    window_seconds: int
    hold_seconds: int


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person that the policy maps from a Slack id to the id used by schedules."""

    id: PersonId
    name: str
    schedule_id: str = ""


@dataclass(frozen=True, slots=True)
class RosterSpec:
    """Where the members of a roster come from, and its settings.

    `source` is the id of a Slack user group (`usergroup`), the name of a schedule of `oncall.yaml`
    (`schedule`) or the ids of PagerDuty schedules, separated by commas (`pagerduty`).
    """

    name: RosterName
    kind: str
    members: tuple[PersonId, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Tripwire:
    """A pattern (RE2) on action id, parameters, target and environment that makes a plan high."""

    pattern: str
    title: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How often things may happen, per hour where nothing else is said."""

    per_target: int = 3
    per_workspace: int = 20
    executions_per_incident: int = 5
    plans_per_incident: int = 3
    replans_after_rejection: int = 2
    blast_radius: int = 3
    start_within_seconds: int = 120
    failures_in_a_row: int = 2
    proposals_only_seconds: int = 3600
    """How long a target is left alone after that many failed or unknown executions in a row."""
    first_use_raises: bool = False
    """Whether the first use of an action on a target is one tier higher (rule 4)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy with the hash of its file."""

    people: tuple[KnownPerson, ...]
    rosters: tuple[RosterSpec, ...]
    tiers: tuple[TierRule, ...]
    tripwires: tuple[Tripwire, ...]
    limits: Limits
    workspaces: tuple[str, ...]
    shared_channels_allowed: bool
    sha256: str
    freezes: tuple[FreezeWindow, ...] = ()
    paging: Paging = field(default_factory=Paging)
    communications: str = ""
    """The channel for approved updates to stakeholders; none may be sent where it is not named."""
    auto_apply: AutoApply | None = None
    """Nothing means that every plan needs a person."""

    def rule(self, tier: Tier) -> TierRule:
        """The rule of a tier."""
        return next(rule for rule in self.tiers if rule.tier is tier)

    def roster(self, name: RosterName) -> RosterSpec | None:
        """The roster of that name."""
        return next((roster for roster in self.rosters if roster.name == name), None)

    def person(self, person: PersonId) -> KnownPerson | None:
        """What the policy knows of a person."""
        return next((known for known in self.people if known.id == person), None)

    def scheduled(self, schedule_id: str) -> KnownPerson | None:
        """Who goes by this id in schedules."""
        return next(
            (known for known in self.people if schedule_id and known.schedule_id == schedule_id), None
        )

    def frozen(self, environment: EnvironmentId, at: At) -> str | None:
        """Why nothing may be changed in an environment at this moment; nothing where it may."""
        return frozen(self.freezes, environment, at)
