"""`actions.yaml`: the catalogue, from its file to the domain."""

from typing import Annotated
from typing import Literal as OneOf

from pydantic import AfterValidator, Field, Strict

from bot.adapters.content_doors import Ascii, Door, Flag, Line, Literal, Name, Number, Whole, parsed
from bot.adapters.content_kinds import HOWS
from bot.adapters.yaml_door import Document
from bot.domain.action import (
    Action,
    Catalogue,
    CheckSpec,
    Comparison,
    Pace,
    ParameterKind,
    ParameterSpec,
    Tier,
    UndoKind,
    UndoSpec,
)
from bot.domain.ids import ActionId


def _known_how(word: str) -> str:
    if word not in HOWS:
        raise ValueError(f"expected {', '.join(map(repr, HOWS))}, not {word}")
    return word


How = Annotated[str, Strict(), AfterValidator(_known_how)]


class PaceDoor(Door):
    """How often and how long a success check looks."""

    settle_seconds: Whole = Field(ge=0, le=3_600)
    every_seconds: Whole = Field(ge=1, le=600)
    samples: Whole = Field(ge=1, le=100)
    needed: Whole = Field(ge=1, le=100)

    def pace(self) -> Pace:
        return Pace(self.settle_seconds, self.every_seconds, self.samples, self.needed)


class CheckDoor(PaceDoor):
    """A success check."""

    metric: Name
    comparison: OneOf["below", "above"]
    threshold: OneOf["normal"] | Number


class ParameterDoor(Door):
    """A bounded parameter."""

    kind: OneOf["integer", "word"]
    minimum: Whole | None = None
    maximum: Whole | None = None
    choices: tuple[Ascii, ...] = ()
    observed: Name | None = None
    one_of_observed: Name | None = None


class UndoDoor(Door):
    """How to take an action back."""

    kind: OneOf["not_needed", "action", "irreversible"]
    action: Name | None = None
    parameters: dict[Name, Name] = Field(default_factory=dict)
    text: Ascii | OneOf[""] = ""


class ActionDoor(Door):
    """One action."""

    version: Whole = Field(ge=1)
    title: Ascii
    tier: OneOf["low", "medium", "high"]
    how: How
    parameters: dict[Name, ParameterDoor] = Field(default_factory=dict)
    observes: tuple[Name, ...] = ()
    preconditions: tuple[Name, ...] = ()
    undo: UndoDoor
    check: CheckDoor
    timeout_seconds: Whole = Field(ge=1, le=3_600)
    effect: Ascii | OneOf[""] = ""
    settings: dict[Name, Literal] = Field(default_factory=dict)
    read_only: Flag = False
    when: Line | OneOf[""] = ""


class ActionsDoor(Door):
    """The whole file."""

    actions: dict[Name, ActionDoor]


def catalogue(document: Document, sha256: str, problems: list[str]) -> Catalogue | None:
    """The catalogue, or nothing and the reasons among the problems."""
    door = parsed(ActionsDoor, document, problems)
    if door is None:
        return None
    for name, action in door.actions.items():
        where = document.where(("actions", name))
        problems.extend(f"{where}: actions.{name}.{what}" for what in _mistakes(action, door))
    return Catalogue(tuple(_action(name, action) for name, action in door.actions.items()), sha256)


def _mistakes(action: ActionDoor, door: ActionsDoor) -> list[str]:
    found = list[str]()
    if action.check.needed > action.check.samples:
        found.append(f"check.needed: expected at most samples ({action.check.samples})")
    missing = HOWS[action.how].settings - set(action.settings)
    found.extend(f"settings.{name}: is missing; {action.how} needs it" for name in sorted(missing))
    for name, parameter in action.parameters.items():
        if parameter.kind == "integer" and (parameter.minimum is None or parameter.maximum is None):
            found.append(f"parameters.{name}: expected minimum and maximum for an integer")
        if parameter.kind == "word" and not (parameter.choices or parameter.one_of_observed):
            found.append(f"parameters.{name}: expected choices or one_of_observed for a word")
    return found + _undo_mistakes(action, door)


def _undo_mistakes(action: ActionDoor, door: ActionsDoor) -> list[str]:
    undo = action.undo
    if undo.kind != "action":
        extra = undo.action is not None or bool(undo.parameters)
        return ["undo: expected an action only where kind is action"] if extra else []
    other = door.actions.get(undo.action or "")
    if other is None:
        return [f"undo.action: expected one of {', '.join(sorted(door.actions))}, not {undo.action}"]
    found = list[str]()
    if set(undo.parameters) != set(other.parameters):
        wanted = ", ".join(sorted(other.parameters)) or "none"
        found.append(f"undo.parameters: expected exactly those of {undo.action}: {wanted}")
    unread = sorted(set(undo.parameters.values()) - set(action.observes))
    found.extend(f"undo.parameters: {name} is not among what the action observes" for name in unread)
    return found


def _action(name: str, door: ActionDoor) -> Action:
    check = CheckSpec(
        metric=door.check.metric,
        comparison=Comparison(door.check.comparison),
        threshold=door.check.threshold
        if isinstance(door.check.threshold, str)
        else format(door.check.threshold, "f"),
        pace=door.check.pace(),
    )
    undo_action = ActionId(door.undo.action) if door.undo.action else None
    undo_parameters = tuple(door.undo.parameters.items())
    return Action(
        id=ActionId(name),
        version=door.version,
        title=door.title,
        tier=Tier(door.tier),
        how=door.how,
        parameters=tuple(_parameter(each, spec) for each, spec in door.parameters.items()),
        observes=door.observes,
        preconditions=door.preconditions,
        undo=UndoSpec(UndoKind(door.undo.kind), undo_action, undo_parameters, door.undo.text),
        check=check,
        timeout_seconds=door.timeout_seconds,
        effect=door.effect,
        settings=tuple((key, str(value)) for key, value in door.settings.items()),
        read_only=door.read_only,
    )


def _parameter(name: str, door: ParameterDoor) -> ParameterSpec:
    return ParameterSpec(
        name=name,
        kind=ParameterKind(door.kind),
        minimum=door.minimum,
        maximum=door.maximum,
        choices=door.choices,
        observed=door.observed,
        one_of_observed=door.one_of_observed,
    )
