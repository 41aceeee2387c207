"""What all content files share: strict types at the door, and mistakes as people read them."""

from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    ValidationError,
    WithJsonSchema,
)

from bot.adapters.patterns import fault
from bot.adapters.yaml_door import Document, shown

M = TypeVar("M", bound="Door")


class Door(BaseModel):
    """A part of a content file: unknown keys are mistakes, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _ascii(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("expected printable ASCII only")
    return text


def _readable(pattern: str) -> str:
    wrong = fault(pattern)
    if wrong is not None:
        raise ValueError(f"expected an RE2 pattern: {wrong}")
    return pattern


def _decimal(raw: object) -> object:
    return Decimal(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw


Text = Annotated[str, Strict(), Field(min_length=1, max_length=2_000)]
Line = Annotated[str, Strict(), Field(min_length=1, max_length=300, pattern=r"^[^\r\n]*$")]
Ascii = Annotated[Line, AfterValidator(_ascii)]
Name = Annotated[str, Strict(), Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Number = Annotated[
    Decimal, Strict(), BeforeValidator(_decimal), WithJsonSchema({"type": "number"}, mode="validation")
]
Pattern = Annotated[str, Strict(), Field(min_length=1, max_length=500), AfterValidator(_readable)]
A_MAPPING, A_LIST = "a mapping, that is lines of `key: value`", "a list, as [one, another]"
SHAPES = {"dict_type": A_MAPPING, "model_type": A_MAPPING, "tuple_type": A_LIST, "list_type": A_LIST}
"""The library's words for what has the wrong shape name Python's types."""
Literal = Annotated[int, Strict()] | Annotated[str, Strict(), Field(max_length=500)]


def parsed(model: type[M], document: Document, problems: list[str]) -> M | None:
    """The file as its model; what is wrong is added to the problems, with line, key and what was expected."""
    try:
        return model.model_validate(document.value)
    except ValidationError as error:
        problems.extend(
            f"{document.where(known)}: {shown(known)}: {_said(details['type'], details['msg'])}"
            for details in error.errors(include_url=False, include_input=False)
            for known in (_known(document, details["loc"]),)
        )
        return None


def _known(document: Document, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path without the names that the library gives to the branches of a union."""
    kept: tuple[str | int, ...] = ()
    for part in path:
        if (*kept, part) in document.lines or part == path[-1]:
            kept = (*kept, part)
    return kept


def _said(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a known key"
    if kind == "missing":
        return "is missing"
    if kind in SHAPES:
        return f"expected {SHAPES[kind]}"
    said = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return said if said.startswith("expected") or said == message else f"expected {said}"
