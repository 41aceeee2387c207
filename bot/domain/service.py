"""The inventory: what runs, where, how to look at it, and what may be changed."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bot.domain.action import Action, Pace
from bot.domain.ids import ActionId, EnvironmentId, RosterName, ServiceName, TargetId


class Criticality(StrEnum):
    """How much a failure of the service hurts."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where services run; the inventory alone says whether it is production."""

    id: EnvironmentId
    production: bool
    identities: tuple[tuple[str, str], ...] = ()
    """By executor: what it finds live there, as a cluster's UID or an account; several are alternatives."""


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A named query with its unit and normal range (either end may be open)."""

    name: str
    query: str
    unit: str
    normal_low: Decimal | None = None
    normal_high: Decimal | None = None

    def abnormal(self, value: Decimal) -> bool:
        """Whether the value lies outside the normal range."""
        too_low = self.normal_low is not None and value < self.normal_low
        too_high = self.normal_high is not None and value > self.normal_high
        return too_low or too_high


@dataclass(frozen=True, slots=True)
class Source:
    """Where to look: the kind of a source and its settings, as the adapter for that kind needs them."""

    kind: str
    settings: tuple[tuple[str, str], ...] = ()

    def setting(self, name: str, default: str = "") -> str:
        """One setting of the source."""
        return dict(self.settings).get(name, default)


@dataclass(frozen=True, slots=True)
class Target:
    """A thing that an action can change, with the executor that can reach it."""

    id: TargetId
    executor: str
    settings: tuple[tuple[str, str], ...] = ()
    address: str = ""
    """A hash of what the file says of it, references unresolved: the same in every process."""

    def setting(self, name: str, default: str = "") -> str:
        """One setting of the target."""
        return dict(self.settings).get(name, default)


def misplaced(environment: Environment, target: Target, live: str | None) -> str | None:
    """Why a target is not where the inventory says, by what its executor finds live (rule 6).

    No live identity means that the executor cannot tell, which is an answer only where none is declared.
    """
    declared = [value for executor, value in environment.identities if executor == target.executor]
    if live is None:
        return f"{target.executor} cannot tell where {target.id} is live" if declared else None
    if not declared:
        return f"{target.id} is live in {live!a:.80}, and {environment.id} declares no {target.executor}"
    if live not in declared:
        return f"{target.id} is live in {live!a:.80}, not in {environment.id} ({', '.join(declared)})"
    return None


def readdressed(target: Target, approved: str) -> str | None:
    """Why the target is another one than a plan was made for, by its settings (rule 20)."""
    if not approved or target.address == approved:
        return None
    return f"the settings of {target.id} in services.yaml are not those that the plan was made with"


def can_take(target: Target, action: Action) -> bool:
    """Whether this can be done to the target: by its executor, with the settings that it has."""
    if target.executor == "simulator" or not action.executors:
        return True
    return target.executor in action.executors and set(action.needs) <= {name for name, _ in target.settings}


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the inventory."""

    name: ServiceName
    title: str
    environment: EnvironmentId
    criticality: Criticality
    oncall: RosterName
    lead: RosterName
    senior: RosterName | None = None
    aliases: tuple[str, ...] = ()
    depends_on: tuple[ServiceName, ...] = ()
    logs: tuple[Source, ...] = ()
    changes: tuple[Source, ...] = ()
    metrics_source: Source | None = None
    metrics: tuple[MetricSpec, ...] = ()
    targets: tuple[Target, ...] = ()
    actions: tuple[ActionId, ...] = ()
    symptom: str = "error_rate"
    pace: Pace | None = None
    """How often and how long success checks look, where the action's own pace does not suit."""

    @property
    def rosters(self) -> tuple[tuple[str, RosterName], ...]:
        """Role and roster, for the roles that it has."""
        all_three = (("oncall", self.oncall), ("lead", self.lead), ("senior", self.senior))
        return tuple((role, roster) for role, roster in all_three if roster)

    def metric(self, name: str) -> MetricSpec | None:
        """The metric of that name."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    def target(self, target: TargetId) -> Target | None:
        """The target of that id."""
        return next((known for known in self.targets if known.id == target), None)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All environments and services, with the hash of the file they came from."""

    environments: tuple[Environment, ...]
    services: tuple[Service, ...]
    sha256: str

    def service(self, name: str | None) -> Service | None:
        """The service of that name or alias, compared without case."""
        wanted = (name or "").casefold()
        for service in self.services:
            if wanted in {service.name.casefold(), *(alias.casefold() for alias in service.aliases)}:
                return service
        return None

    def environment(self, wanted: EnvironmentId) -> Environment | None:
        """The environment of that id."""
        return next((known for known in self.environments if known.id == wanted), None)

    def owner_of(self, target: TargetId) -> Service | None:
        """The service that owns a target."""
        return next((service for service in self.services if service.target(target)), None)
