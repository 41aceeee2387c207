"""The catalogue: everything that may ever be done, with its bounds, undo and success check."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.ids import ActionId

Value = int | str
"""A parameter's value: an integer or printable ASCII text, never a float or a boolean."""


class Tier(StrEnum):
    """How much approval something needs."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    def raised(self) -> "Tier":
        """The next tier up; high stays high."""
        return {Tier.LOW: Tier.MEDIUM}.get(self, Tier.HIGH)


TIER_RANK = {Tier.LOW: 0, Tier.MEDIUM: 1, Tier.HIGH: 2}


class ParameterKind(StrEnum):
    """The type of a parameter."""

    INTEGER = "integer"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """A typed, bounded parameter; `observed` names the field whose value it replaces.

    A word must match `[A-Za-z0-9_][A-Za-z0-9._:-]{0,63}` and, with `one_of_observed`, stand in that
    comma-separated field.
    """

    name: str
    kind: ParameterKind
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    observed: str | None = None
    one_of_observed: str | None = None


class UndoKind(StrEnum):
    """How an action can be taken back."""

    NOT_NEEDED = "not_needed"
    ACTION = "action"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, slots=True)
class UndoSpec:
    """The undo of an action; parameters are read from fields observed before the action ran."""

    kind: UndoKind
    action: ActionId | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    text: str = ""


class Comparison(StrEnum):
    """How a sample is compared with the threshold."""

    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Pace:
    """When a check looks: settle, then `samples` samples, of which `needed` must hold."""

    settle_seconds: int
    every_seconds: int
    samples: int
    needed: int


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """The success check: metric `symptom` is the service's own, threshold `normal` its normal range's end."""

    metric: str
    comparison: Comparison
    threshold: str
    pace: Pace


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may be done, as `actions.yaml` defines it.

    `how` names what the executor does; `observes` the fields read before and after; `preconditions` those
    that must be as approved when a step starts.
    """

    id: ActionId
    version: int
    title: str
    tier: Tier
    how: str
    parameters: tuple[ParameterSpec, ...]
    observes: tuple[str, ...]
    preconditions: tuple[str, ...]
    undo: UndoSpec
    check: CheckSpec
    timeout_seconds: int
    effect: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    read_only: bool = False
    executors: tuple[str, ...] = ()
    """Which executors can do it; none named: any."""
    needs: tuple[str, ...] = ()
    """The settings that a target must have."""

    @property
    def reads(self) -> frozenset[str]:
        """The fields that a target must show for this to be proposed."""
        return frozenset({*self.observes, *self.preconditions})

    def parameter(self, name: str) -> ParameterSpec | None:
        """The parameter of that name."""
        return next((spec for spec in self.parameters if spec.name == name), None)

    def setting(self, name: str, default: str = "") -> str:
        """One setting for the executor."""
        return dict(self.settings).get(name, default)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All actions, with the hash of the file they came from."""

    actions: tuple[Action, ...]
    sha256: str

    def action(self, wanted: str) -> Action | None:
        """The action of that id."""
        return next((action for action in self.actions if action.id == wanted), None)
