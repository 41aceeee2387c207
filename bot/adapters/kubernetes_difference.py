"""Two states of an object compared: one line per field, the same lines as long as the change is the same."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import cast

from bot.adapters.kubernetes_objects import KEY
from bot.adapters.kubernetes_patches import RESTARTED
from bot.adapters.shapes import items, mapping

ABSENT = "(none)"
SHOWN = 60
COMPARED = ("labels", "annotations")
MASKED = {
    f"metadata.annotations.{KEY}": "",
    f"spec.template.metadata.annotations.{RESTARTED}": "(the time then)",
}
"""What is another one at each try: our key is not shown, the time of a restart only named."""


def difference(
    before: Mapping[str, object], after: Mapping[str, object], open_env: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """What the change would do to the wanted state, sorted by field; values of other variables are hashed."""
    old, new = dict(_wanted(before, open_env)), dict(_wanted(after, open_env))
    return tuple(
        f"{_plain(field)}: {_text(old.get(field))} -> {MASKED.get(field) or _text(new.get(field))}"
        for field in sorted(old.keys() | new.keys())
        if old.get(field) != new.get(field) and MASKED.get(field) != ""
    )


def _wanted(raw: Mapping[str, object], open_env: frozenset[str]) -> Iterator[tuple[str, str]]:
    meta = mapping(raw.get("metadata"))
    for part in COMPARED:
        yield from _leaves(f"metadata.{part}", meta.get(part), open_env)
    yield from _leaves("spec", raw.get("spec"), open_env)


def _leaves(path: str, value: object, open_env: frozenset[str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in mapping(cast("object", value)).items():
            yield from _leaves(f"{path}.{name}", inner, open_env)
        return
    rows = items(value)
    if rows is None:
        if value is not None:
            yield path, value if isinstance(value, str) else json.dumps(value)
        return
    for place, row in enumerate(rows):
        name = mapping(row).get("name")
        yield from _row(f"{path}[{name if isinstance(name, str) else place}]", row, open_env)


def _row(path: str, row: object, open_env: frozenset[str]) -> Iterator[tuple[str, str]]:
    """An item of a list; a variable whose value nobody asked to see is told apart by a hash alone."""
    secret = ".env[" in path and mapping(row).get("name") not in open_env
    for field, value in _leaves(path, row, open_env):
        hidden = secret and field.endswith("].value")
        yield field, f"(hidden {_hash(value)})" if hidden else value


def _text(value: str | None) -> str:
    """A value as printable ASCII of bounded length; what is cut is told apart by a hash."""
    if value is None:
        return ABSENT
    plain = _plain(value)
    return plain if len(plain) <= SHOWN else f"{plain[:SHOWN]}... ({_hash(value)})"


def _plain(text: str) -> str:
    return text if text.isascii() and text.isprintable() else ascii(text)[1:-1]


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:8]
