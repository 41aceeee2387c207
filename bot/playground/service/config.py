"""The settings of the service, re-read while it runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

MAX_BYTES = 65_536
MAX_POOL = 1_000


class BadConfigError(ValueError):
    """The settings file of the service is not usable."""


@dataclass(frozen=True, slots=True)
class Config:
    """What an operator may change; times in seconds, memory in MiB (None: no limit)."""

    pool_size: int = 20
    acquire_timeout: float = 1.0
    max_in_flight: int = 80
    memory_limit_mb: int | None = None


DEFAULTS = Config()


def read_config(path: Path) -> Config:
    """Reads and checks the settings file; raises BadConfigError naming the key and what was expected."""
    try:
        raw = path.read_bytes()[: MAX_BYTES + 1]
        parsed: object = json.loads(raw) if len(raw) <= MAX_BYTES else None
    except (OSError, ValueError) as error:
        raise BadConfigError(f"{path.name}: {error}") from error
    if not isinstance(parsed, dict):
        raise BadConfigError(f"{path.name}: expected one JSON object of at most {MAX_BYTES} bytes")
    table = cast("dict[str, object]", parsed)
    limit = table.get("memory_limit_mb")
    return Config(
        pool_size=_whole(table.get("pool_size", DEFAULTS.pool_size), "pool_size", MAX_POOL),
        acquire_timeout=_seconds(table.get("acquire_timeout", DEFAULTS.acquire_timeout)),
        max_in_flight=_whole(table.get("max_in_flight", DEFAULTS.max_in_flight), "max_in_flight", 10_000),
        memory_limit_mb=None if limit is None else _whole(limit, "memory_limit_mb", 65_536),
    )


def _whole(value: object, key: str, top: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= top:
        raise BadConfigError(f"{key}: expected a whole number from 1 to {top}, got {value!r}")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 60:  # noqa: PLR2004
        raise BadConfigError(f"acquire_timeout: expected seconds above 0 and up to 60, got {value!r}")
    return float(value)
