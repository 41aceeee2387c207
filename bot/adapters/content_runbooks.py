"""`runbooks/<mode>.md`: one failure mode per page, its front matter checked."""

import re
from collections.abc import Mapping
from typing import Annotated
from typing import Literal as OneOf

from pydantic import Field, Strict, model_validator

from bot.adapters.content_doors import Door, Flag, Line, Literal, Name, Number, Pattern, Whole, parsed
from bot.adapters.yaml_door import load
from bot.domain.errors import ContentError
from bot.ports.content import FailureMode, MetricCondition, Remedy

MAX_BODY = 32_768
FRONT = re.compile(rb"---\r?\n(.*?\n)---\r?\n(.*)", re.DOTALL)
Percent = Annotated[str, Strict(), Field(pattern=r"^[0-9]{1,4}%$")]


class ConditionDoor(Door):
    """What a metric must be: above or below a number (or a percentage `of` another metric), or abnormal."""

    metric: Name
    above: Number | Percent | None = None
    below: Number | Percent | None = None
    of: Name | None = None
    abnormal: Annotated[bool, Strict()] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "ConditionDoor":
        given = [each for each in (self.above, self.below, self.abnormal) if each is not None]
        if len(given) != 1 or self.abnormal is False:
            raise ValueError("expected exactly one of above, below, abnormal: true")
        if isinstance(given[0], str) != (self.of is not None):
            raise ValueError("expected a percentage together with `of: <metric>`")
        return self

    def condition(self) -> MetricCondition:
        if self.abnormal:
            return MetricCondition(self.metric, "abnormal")
        name, value = ("above", self.above) if self.above is not None else ("below", self.below)
        return MetricCondition(self.metric, name, str(value), self.of or "")


class FromDoor(Door):
    """A parameter computed from an observed field, for example 200 percent of `pool_size`."""

    from_: Name = Field(alias="from")
    percent: Whole = Field(default=100, ge=1, le=1_000)


class FromChangeDoor(Door):
    """A parameter taken from the newest change of the service, for example the version before it."""

    from_change: OneOf["before", "after"]


class RemedyDoor(Door):
    """One way to help."""

    action: Name
    title: Line | OneOf[""] = ""
    when_change: Flag = False
    parameters: dict[Name, FromDoor | FromChangeDoor | Literal] = Field(default_factory=dict)


class PageDoor(Door):
    """The front matter of a page."""

    title: Line
    signatures: tuple[Pattern, ...] = ()
    conditions: tuple[ConditionDoor, ...] = ()
    causes: tuple[Line, ...] = ()
    remedies: tuple[RemedyDoor, ...] = ()
    checks: tuple[Line, ...] = ()
    excludes: tuple[Pattern, ...] = ()


def failure_mode(name: str, file: str, text: bytes, problems: list[str]) -> FailureMode | None:
    """The page, or nothing and the reasons among the problems."""
    match = FRONT.fullmatch(text)
    if match is None:
        problems.append(f"{file}:1: expected front matter between two lines of ---, then the page")
        return None
    body = match.group(2).decode(errors="replace")
    if len(body) > MAX_BODY:
        problems.append(f"{file}: expected a page of at most {MAX_BODY} characters")
    try:
        document = load(match.group(1), file, first_line=2)
    except ContentError as error:
        problems.extend(error.problems)
        return None
    door = parsed(PageDoor, document, problems)
    if door is None:
        return None
    if not door.signatures and not door.conditions:
        problems.append(f"{file}:2: signatures: expected at least one signature or condition")
    return FailureMode(
        id=name,
        title=door.title,
        signatures=door.signatures,
        conditions=tuple(each.condition() for each in door.conditions),
        causes=door.causes,
        remedies=tuple(_remedy(each) for each in door.remedies),
        checks=door.checks,
        body=body,
        excludes=door.excludes,
    )


def _remedy(door: RemedyDoor) -> Remedy:
    return Remedy(
        action=door.action,
        parameters=tuple((name, _parameter(value)) for name, value in door.parameters.items()),
        when_change=door.when_change,
        title=door.title,
    )


def _parameter(value: FromDoor | FromChangeDoor | int | str) -> Mapping[str, str | int] | int | str:
    match value:
        case FromDoor():
            return {"from": value.from_, "percent": value.percent}
        case FromChangeDoor():
            return {"from_change": value.from_change}
        case _:
            return value
