"""`actions.yaml`: the catalogue, from its file to the domain."""

from collections.abc import Mapping
from typing import Annotated
from typing import Literal as OneOf

from pydantic import AfterValidator, Field, Strict

from bot.adapters.content_doors import Ascii, Door, Flag, Line, Literal, Name, Number, Whole, parsed
from bot.adapters.content_how import (
    CallDoor,
    CommandDoor,
    RunnerDoor,
    call_mistakes,
    command_mistakes,
    reserved,
)
from bot.adapters.content_kinds import HOWS, needed
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


How = Annotated[str, Strict(), AfterValidator(_known_how), Field(json_schema_extra={"enum": list(HOWS)})]


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
    http: CallDoor | None = None
    command: CommandDoor | None = None
    read_only: Flag = False
    when: Line | OneOf[""] = ""


class ActionsDoor(Door):
    """The whole file."""

    actions: dict[Name, ActionDoor]


Runners = Mapping[str, RunnerDoor]
"""The files of `catalogue/`, by the name that a target's `runner` refers to."""


def catalogue(
    document: Document, sha256: str, problems: list[str], runners: Runners | None = None
) -> Catalogue | None:
    """The catalogue, or nothing and the reasons among the problems."""
    door = parsed(ActionsDoor, document, problems)
    if door is None:
        return None
    for name, action in door.actions.items():
        where = document.where(("actions", name))
        problems.extend(f"{where}: actions.{name}.{what}" for what in _mistakes(action, door))
    actions = (_action(name, action, runners or {}) for name, action in door.actions.items())
    return Catalogue(tuple(actions), sha256)


def _mistakes(action: ActionDoor, door: ActionsDoor) -> list[str]:
    found = list[str]()
    if action.check.needed > action.check.samples:
        found.append(f"check.needed: expected at most samples ({action.check.samples})")
    missing = HOWS[action.how].settings - set(action.settings)
    found.extend(f"settings.{name}: is missing; {action.how} needs it" for name in sorted(missing))
    found.extend(_block_mistakes(action))
    found.extend(_sight_mistakes(action))
    for name, parameter in action.parameters.items():
        if parameter.kind == "integer" and (parameter.minimum is None or parameter.maximum is None):
            found.append(f"parameters.{name}: expected minimum and maximum for an integer")
        if parameter.kind == "word" and not (parameter.choices or parameter.one_of_observed):
            found.append(f"parameters.{name}: expected choices or one_of_observed for a word")
    return found + _undo_mistakes(action, door)


def _block_mistakes(action: ActionDoor) -> list[str]:
    """What is wrong with how it is done, where a block of the action says that."""
    wanted = HOWS[action.how].block
    given = {"http": action.http, "command": action.command}
    found = [
        f"{name}: is missing; {action.how} needs it"
        if block is None
        else f"{name}: expected only where how is {' or '.join(_hows_with(name))}"
        for name, block in given.items()
        if (block is None) == (name == wanted)
    ]
    taken = reserved(action.parameters)
    found.extend(f"parameters.{name}: expected another name; templates use this one" for name in taken)
    if wanted == "http" and action.http is not None:
        found.extend(f"http.{what}" for what in call_mistakes(action.http, action.parameters))
    if wanted == "command" and action.command is not None:
        found.extend(f"command.{what}" for what in command_mistakes(action.command, action.parameters))
    return found


def _hows_with(block: str) -> list[str]:
    return [how for how, known in HOWS.items() if known.block == block]


def _sight_mistakes(action: ActionDoor) -> list[str]:
    """What the action relies on without looking at it."""
    seen = set(action.observes)
    read = {str(name) for name in action.preconditions}
    for each in action.parameters.values():
        read |= {str(name) for name in (each.observed, each.one_of_observed) if name is not None}
    found = [f"observes: expected {name} among them; the action reads it" for name in sorted(read - seen)]
    probe = action.http.probe if action.http else action.command.probe if action.command else None
    if not seen and probe is None and action.how not in {"simulate", "procedure.run"}:
        found.append(
            "observes: is empty; expected fields, or a probe, that tell what became of a lost answer"
        )
    if action.undo.kind != "action" and not action.undo.text:
        found.append("undo.text: is missing; expected why there is none, or what cannot be taken back")
    return found


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


def _blocks(door: ActionDoor, runners: Runners) -> tuple[tuple[str, str], ...]:
    """How it is done, as the executors read it."""
    found = [("http", door.http), ("command", door.command)]
    if door.how == "procedure.run":
        found += [(f"runner.{name}", runner) for name, runner in sorted(runners.items())]
    return tuple((name, block.model_dump_json()) for name, block in found if block is not None)


def _action(name: str, door: ActionDoor, runners: Runners) -> Action:
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
        settings=(*((key, str(value)) for key, value in door.settings.items()), *_blocks(door, runners)),
        read_only=door.read_only,
        executors=tuple(sorted(HOWS[door.how].executors)),
        needs=tuple(sorted(needed(door.how, {name: str(value) for name, value in door.settings.items()}))),
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
