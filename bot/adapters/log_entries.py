"""Entries of log stores as lines, each with its time and its level where it does not say them itself."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from bot.adapters.log_files import time_of
from bot.adapters.log_shapes import shaped
from bot.adapters.shapes import mapping
from bot.domain.ids import SECOND, At

MAX_LINE = 8_000


def stamped(at: At, text: str, level: str = "") -> str:
    """The entry as one line of text, stack traces joined, with its time and level at the front."""
    line = " | ".join(part.strip() for part in text[:MAX_LINE].splitlines() if part.strip())
    when = datetime.fromtimestamp(at / SECOND, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if line.startswith("{") and line.endswith("}") and len(line) > len("{}"):
        return _as_json(line, when, level)
    if level and not shaped(line).level:
        line = f"{level.upper()} {line}"
    return line if time_of(line) is not None else f"{when} {line}"


def _as_json(line: str, when: str, level: str) -> str:
    """An entry that is JSON stays JSON: what it lacks is put before its first field."""
    lacks = {} if time_of(line) is not None else {"ts": when}
    if level and not shaped(line).level:
        lacks["level"] = level
    return f"{json.dumps(lacks)[:-1]}, {line[1:]}" if lacks else line


def field_of(document: Mapping[str, object], name: str) -> object:
    """A field by its dotted name, which may stand whole as a key or as a path of objects."""
    if name in document:
        return document[name]
    head, _, rest = name.partition(".")
    return field_of(mapping(document.get(head)), rest) if rest else None
