"""Templates of requests: `{name}` stands for a value, which is inserted as data and never as syntax."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import cast

from bot.adapters.plain_values import BadValueError, line, segment
from bot.domain.action import Value

Json = str | int | bool | list["Json"] | dict[str, "Json"] | None
Given = Mapping[str, Value]

PIECES = re.compile(r"(\{\{|\}\}|\{[A-Za-z][A-Za-z0-9_.-]{0,63}\}|[{}])")
SPREAD = "..."
"""A key whose value, `{parameters}` or `{parameters.text}`, puts all parameters beside the other keys."""
ALL, ALL_AS_TEXT = "parameters", "parameters.text"
PATH = re.compile(r"(/[A-Za-z0-9._~:@+,=!$&'()*-]*)+", re.ASCII)


def names_in(template: object) -> Iterator[str]:
    """The names that a template refers to, wherever they stand; raises ValueError for a lone brace."""
    if isinstance(template, str):
        for piece in PIECES.split(template)[1::2]:
            if piece in {"{", "}"}:
                raise ValueError("expected {name}, or {{ and }} for braces")
            if len(piece) > 2:  # noqa: PLR2004 - more than the two braces
                yield piece[1:-1]
    elif isinstance(template, dict):
        for key, value in cast("dict[str, object]", template).items():
            if PIECES.search(key):
                raise ValueError("expected keys without braces")
            yield from names_in(value)
    elif isinstance(template, list | tuple):
        for item in cast("list[object]", template):
            yield from names_in(item)


def text(template: str, given: Given) -> str:
    """A header's or a query's value; raises BadValueError."""
    return line(_filled(template, given, str))


def path(template: str, given: Given) -> str:
    """A path whose values are one segment each; raises BadValueError."""
    filled = _filled(template, given, segment)
    if not PATH.fullmatch(filled.replace(" ", "+")) or "//" in filled or "/../" in f"{filled}/":
        raise BadValueError(f"{filled!a:.80} is no path.")
    return filled.replace(" ", "%20").replace("+", "%2B")


def json_body(template: Json, given: Given) -> Json:
    """A body: a string that is one `{name}` becomes the value with its type; raises BadValueError."""
    match template:
        case str():
            return _json_text(template, given)
        case list():
            return [json_body(item, given) for item in template]
        case dict():
            return _json_object(template, given)
        case _:
            return template


def _json_text(template: str, given: Given) -> Json:
    pieces = [piece for piece in PIECES.split(template) if piece]
    if len(pieces) == 1 and len(template) > 2 and template[0] == "{":  # noqa: PLR2004 - the two braces
        name = template[1:-1]
        return _parameters(name, given) if name in {ALL, ALL_AS_TEXT} else given[name]
    return text(template, given)


def _json_object(template: dict[str, Json], given: Given) -> Json:
    filled: dict[str, Json] = {}
    for key, value in template.items():
        one = json_body(value, given)
        if key == SPREAD and isinstance(one, dict):
            filled |= one
        else:
            filled[key] = one
    return filled


def _parameters(name: str, given: Given) -> dict[str, Json]:
    plain = {key: value for key, value in given.items() if key not in RESERVED and "." not in key}
    return {key: str(value) if name == ALL_AS_TEXT else value for key, value in plain.items()}


RESERVED = frozenset({"key", "job", "procedure", "greenlight", ALL, ALL_AS_TEXT})
"""Names that a parameter cannot have, because templates use them for something else."""


def _filled(template: str, given: Given, put: Callable[[Value], str]) -> str:
    whole = ""
    for piece in PIECES.split(template):
        if piece in {"{{", "}}"}:
            whole += piece[0]
        elif piece.startswith("{"):
            whole += put(given[piece[1:-1]])
        else:
            whole += piece
    return whole
