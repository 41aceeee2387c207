"""The record of all incidents, and the queue that moves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain.alert import Place
from bot.domain.claims import Claim, Index
from bot.domain.errors import ClaimRefusedError
from bot.domain.events import Entry
from bot.domain.ids import At, Fence, IncidentId, PersonId, PlanId


class WorkerRole(StrEnum):
    """Which process may run a verb: think reads, act changes."""

    THINK = "think"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to walk one incident until it runs out; a later lease has a higher fence."""

    incident: IncidentId
    fence: Fence


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: the new version, the chain's head (hex), and whether it is known to be on disk."""

    version: int
    head: str
    durable: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """An incident's entries as they are stored, and the head of their chain (hex; empty for none)."""

    entries: tuple[Entry, ...]
    head: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A click that did not count, for the refusals' own stream."""

    incident: IncidentId | None
    plan: str
    person: PersonId
    code: str
    at: At


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause: its scope (`all`, `environment:<id>`), who set it and why."""

    scope: str
    person: PersonId
    reason: str
    at: At


class Incidents(Protocol):
    """The record of all incidents: append-only, chained, with claims and indices in the same write."""

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        """Append entries where the incident has exactly `version` events.

        Marks its cards dirty. Raises ConflictError, ClaimRefusedError (a claim's code and holder),
        FencedError (a later lease exists), StoreUnavailableError.
        """
        ...

    async def refusing(self, incident: IncidentId, claims: Sequence[Claim]) -> ClaimRefusedError | None:
        """Why an append with these claims would be refused now; nothing where it would not. Writes nothing.

        Raises StoreUnavailableError.
        """
        ...

    async def load(self, incident: IncidentId) -> Loaded:
        """All entries; raises UnknownIncidentError, StoreUnavailableError."""
        ...

    async def confirmed(self, incident: IncidentId) -> bool:
        """Whether the disk has, within a second, confirmed everything that was written until now."""
        ...

    async def lease(self, incident: IncidentId, seconds: int) -> Lease | None:
        """Take the lease, or nothing where somebody else holds it."""
        ...

    async def renew(self, lease: Lease, seconds: int) -> bool:
        """Hold the lease longer; false where it is lost."""
        ...

    async def release(self, lease: Lease) -> None:
        """Give the lease back; harmless where it is lost."""
        ...

    async def due(self, now: At, limit: int) -> tuple[tuple[IncidentId, int], ...]:
        """Incidents (with their versions) whose due time has come, earliest first."""
        ...

    async def opened(self, limit: int = 100) -> tuple[IncidentId, ...]:
        """The open incidents, newest first."""
        ...

    async def by_thread(self, place: Place) -> IncidentId | None:
        """The newest incident of a thread."""
        ...

    async def by_fingerprint(self, fingerprint: str) -> IncidentId | None:
        """The open incident that holds a fingerprint."""
        ...

    async def last_closed(self, fingerprint: str) -> IncidentId | None:
        """The incident with this fingerprint that was closed last; it may be open again."""
        ...

    async def by_plan(self, plan: PlanId) -> IncidentId | None:
        """The incident of a plan."""
        ...

    async def attempt(self, incident: IncidentId, version: int) -> int:
        """Count one more attempt at this version's stage and return how many there were (remedy R5)."""
        ...

    async def attempt_ended(self, incident: IncidentId, version: int) -> None:
        """Forget the attempts at this version's stage: it ended without taking its worker with it."""
        ...

    async def last_counted(self, key: str) -> At | None:
        """When a claim last counted something under this key; nothing once its window is over."""
        ...

    async def count_duplicate(self, incident: IncidentId) -> int:
        """Count one more alert message of this incident and return how many there were."""
        ...

    async def duplicates(self, incident: IncidentId) -> int:
        """How many further messages of the same alert came."""
        ...

    async def refuse(self, refusal: Refusal) -> None:
        """Record a refusal, at most one per person, plan, code and minute."""
        ...

    async def set_pause(self, pause: Pause) -> None:
        """Pause a scope; kept in its own stream."""
        ...

    async def refusals(self, limit: int = 100) -> tuple[Refusal, ...]:
        """The newest refusals, newest first."""
        ...

    async def lift_pause(self, scope: str, person: PersonId, reason: str, at: At) -> None:
        """Resume a scope; kept in its own stream."""
        ...

    async def pauses(self) -> tuple[Pause, ...]:
        """The pauses in force; raises StoreUnavailableError, which means paused."""
        ...


class Queue(Protocol):
    """Asks a worker to walk an incident; may lose or repeat, since the due index is the truth."""

    async def add(self, role: WorkerRole, incident: IncidentId, version: int) -> None:
        """Queue the next stage; the same incident and version are queued once."""
        ...
