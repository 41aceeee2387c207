"""A JSON configuration file: read whole, one key changed, replaced so that a reader never sees half of it."""

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from bot.adapters.shapes import mapping
from bot.domain.action import Value
from bot.domain.errors import GreenlightError

MAX_BYTES = 1_000_000


class ConfigFileError(GreenlightError):
    """The configuration file is not what was expected; nothing was changed."""


def read_config(path: Path) -> Mapping[str, object]:
    """The keys of the file; blocks, raises ConfigFileError."""
    try:
        # A pipe in place of the file must not hold a thread up for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            raw = file.read(MAX_BYTES + 1) if regular else b""
    except OSError as error:
        raise ConfigFileError(f"{path.name} cannot be read ({error.strerror}).") from error
    if len(raw) > MAX_BYTES:
        raise ConfigFileError(f"{path.name} has more than {MAX_BYTES} bytes.")
    try:
        parsed: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ConfigFileError(f"{path.name} is no JSON.") from error
    if not isinstance(parsed, dict):
        raise ConfigFileError(f"{path.name} holds no JSON object.")
    return mapping(cast("object", parsed))


def set_key(path: Path, key: str, value: Value) -> object:
    """Replace the value of a key that is there, of the same type, and return the old one.

    Other keys, their order and the file's mode stay. Blocks; raises ConfigFileError before anything is
    changed, OSError where it is not known whether the new file is in place.
    """
    real = path.resolve()
    content = dict(read_config(real))
    if key not in content:
        raise ConfigFileError(f"{path.name} has no key {key!r}.")
    old = content[key]
    if type(old) is not type(value):
        raise ConfigFileError(f"{key} in {path.name} is no {type(value).__name__}.")
    content[key] = value
    _replace(real, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    return old


def _replace(path: Path, body: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        _write(fresh, body, stat.S_IMODE(path.stat().st_mode))
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise ConfigFileError(f"{path.name} cannot be written ({error.strerror}).") from error
    fresh.replace(path)
    sync_directory(path.parent)


def _write(path: Path, body: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def sync_directory(path: Path) -> None:
    """Bring a rename to disk; blocks."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
