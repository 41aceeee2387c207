"""Parsed JSON as typed Python: the first thing that is done to anything from outside."""

from collections.abc import Mapping
from typing import cast

NOTHING: Mapping[str, object] = {}


def mapping(raw: object) -> Mapping[str, object]:
    """An object with its string keys; an empty one for anything else."""
    return cast("Mapping[str, object]", raw) if isinstance(raw, dict) else NOTHING


def items(raw: object) -> list[object] | None:
    """A list, or nothing for anything else."""
    return cast("list[object]", raw) if isinstance(raw, list) else None
