"""Values of unknown JSON, read as what they should be; anything else reads as empty."""

from collections.abc import Mapping
from typing import cast

MAX_ITEMS = 200


def as_map(value: object) -> Mapping[str, object]:
    """The object, or an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """The first items of an array, or none."""
    return cast("list[object]", value)[:MAX_ITEMS] if isinstance(value, list) else []


def as_text(value: object, limit: int = 3000) -> str:
    """The beginning of a string, or an empty one."""
    return value[:limit] if isinstance(value, str) else ""
