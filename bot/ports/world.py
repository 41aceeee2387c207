"""People, rosters, eyes, hands and time."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.decision import Order, Person, RosterAnswer
from bot.domain.evidence import Change, Observation, Sighting
from bot.domain.ids import At, IncidentId, PersonId, RosterName, TargetId
from bot.domain.plan import Step
from bot.domain.policy import Role
from bot.domain.rehearsal import DryRun
from bot.domain.service import MetricSpec, Service


class People(Protocol):
    """Who somebody is now, as Slack says."""

    async def person(self, person: PersonId) -> Person | None:
        """The account, or nothing where Slack does not know it or does not answer."""
        ...

    async def shared(self, channel: str) -> bool:
        """Whether a channel is shared with another organisation; unknown counts as shared."""
        ...


class Roster(Protocol):
    """Who holds a role now."""

    async def read(self, name: RosterName, role: Role) -> RosterAnswer:
        """The members; an error is in the answer, never raised."""
        ...


@dataclass(frozen=True, slots=True)
class Probe:
    """What an executor finds of a step in doubt: applied, not applied, or nothing certain; and why."""

    applied: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time to look at."""

    start: At
    end: At


class Eyes(Protocol):
    """Looks, and never changes anything; every method answers with a sighting, failed ones included."""

    async def logs(self, service: Service, window: Window) -> Sighting:
        """The log lines of the window, condensed to patterns."""
        ...

    async def metrics(self, service: Service, window: Window) -> Sighting:
        """Every named metric of the service against its normal range."""
        ...

    async def changes(self, service: Service, window: Window) -> Sighting:
        """What was changed in and before the window."""
        ...

    async def sample(self, service: Service, metric: MetricSpec) -> str | None:
        """The metric's value now as a decimal string; nothing where the source has no answer."""
        ...

    async def observe(self, service: Service, target: TargetId) -> Observation:
        """The target's state now; raises SourceUnavailableError."""
        ...

    async def recent_changes(self, service: Service, window: Window) -> tuple[Change, ...]:
        """The changes alone."""
        ...

    async def identity(self, service: Service, target: TargetId) -> str | None:
        """Where the target is live, as its executor finds it now: a cluster's UID, an account.

        Nothing where the executor cannot tell; raises SourceUnavailableError where it can but did not.
        """
        ...

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        """What the step would change, by the executor's own dry run; nothing where it has none.

        Asked at planning and again before the step, with the credentials of the process that asks; raises
        SourceUnavailableError.
        """
        ...

    async def probe(self, service: Service, step: Step, key: str) -> Probe | None:
        """What became of a step in doubt, found by its key; nothing where the executor has no such probe.

        Never raises: what cannot be looked at is not certain.
        """
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What an executor says about a step that it ran."""

    ok: bool
    detail: str


class Hands(Protocol):
    """Changes things, only by an order that the store confirms (rule 21)."""

    async def perform(self, incident: IncidentId, order: Order) -> Done:
        """Run one claimed step of an approved plan.

        Raises ExecutorRefusedError without a consumed approval. A time-out or a broken connection raises
        TimeoutError or SourceUnavailableError: the outcome is unknown.
        """
        ...


class Clock(Protocol):
    """Time, ids and randomness."""

    def now(self) -> At:
        """Now."""
        ...

    def new_id(self, prefix: str) -> str:
        """A new id that sorts by time, as `inc-…`."""
        ...
