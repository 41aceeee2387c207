"""JSON pointers (RFC 6901) into answers, with `*` for every item and `-1` for the last one of a list."""

import re
from collections.abc import Iterator
from decimal import Decimal

from bot.adapters.shapes import items, mapping

POINTER = re.compile(r"(/(?:[^/~]|~0|~1)*)*")
MAX_FOUND = 50
MAX_DEPTH = 12
INDEX = re.compile(r"-1|0|[1-9][0-9]{0,4}", re.ASCII)


def is_pointer(text: str) -> bool:
    """Whether this is a pointer that we follow."""
    return POINTER.fullmatch(text) is not None and text.count("/") <= MAX_DEPTH


def place_mistake(text: str) -> str | None:
    """What is wrong with `/path?query#/pointer`, a page of a server and a place in its answer; or nothing."""
    page, _, pointer = text.partition("#")
    path = page.partition("?")[0]
    if not path.startswith("/") or "//" in path or not text.isascii() or not text.isprintable():
        return "expected /path?query#/pointer, such as /api/app#/status/version"
    if " " in page or "/../" in f"{path}/" or not is_pointer(pointer):
        return "expected a path without spaces and .., and a JSON pointer after the #"
    return None


def found(document: object, pointer: str) -> tuple[object, ...]:
    """Everything that a pointer leads to, in order; nothing where there is nothing."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    values: tuple[object, ...] = (document,)
    for part in parts:
        values = tuple(one for value in values for one in _inside(value, part))[:MAX_FOUND]
    return values


def word(document: object, pointer: str) -> str | None:
    """What a pointer leads to as text, several joined by commas; nothing for null and for no plain value."""
    words = [_word(value) for value in found(document, pointer)]
    known = [one for one in words if one is not None]
    return ",".join(known) if known else None


def _inside(value: object, part: str) -> Iterator[object]:
    listed = items(value)
    if listed is not None:
        if part == "*":
            yield from listed[:MAX_FOUND]
        elif INDEX.fullmatch(part) and listed and int(part) < len(listed):
            yield listed[int(part)]
        return
    named = mapping(value)
    if part in named:
        yield named[part]


def _word(value: object) -> str | None:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | str():
            return str(value)
        case float() | Decimal():
            return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
        case _:
            return None
