"""Secrets in content are references to the environment or a file; each process resolves only its own."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from bot.redaction.redactor import Redactor

ENVIRONMENT, FILE = "env:", "file:"
OPTIONAL = "?"
MAX_FILE = 65_536
NAMES = frozenset({"password", "token", "secret", "api_key"})
WRITES = "write_"
LOOKS_LIKE = Redactor()


class Holder(StrEnum):
    """Whose secrets are resolved; for the others' a reference is enough, and it is empty."""

    ALL = "all"
    BOT = "bot"
    THINK = "think"
    ACT = "act"


class Part(StrEnum):
    """The part of a service that a setting belongs to."""

    LOGS = "logs"
    CHANGES = "changes"
    METRICS = "metrics_source"
    TARGETS = "targets"


HELD: Mapping[Holder, frozenset[Part]] = {
    Holder.ALL: frozenset(Part),
    Holder.BOT: frozenset(),
    Holder.THINK: frozenset(Part),
    # It samples a metric and observes the target before a step; it reads no logs and no changes.
    Holder.ACT: frozenset({Part.METRICS, Part.TARGETS}),
}


class ReferenceFaultError(ValueError):
    """A setting is not what it should be; the message says what was expected and never holds the value."""


def is_secret(name: str) -> bool:
    """Whether a setting of this name is a credential."""
    return name in NAMES or name.endswith(tuple(f"_{each}" for each in NAMES))


def holds(holder: Holder, part: Part, name: str) -> bool:
    """Whether a process needs this secret: what lets one change something is for the process that acts."""
    if holder is Holder.THINK and part is Part.TARGETS and name.startswith(WRITES):
        return False
    return part in HELD[holder]


def resolved(name: str, value: str, environ: Mapping[str, str], *, held: bool = True) -> str:
    """The value of a setting: `env:NAME` and `file:/path` are looked up; one that ends in ? may be missing.

    Raises ReferenceFaultError, also for a secret that stands there itself. Blocks where it reads a file.
    """
    secret = is_secret(name)
    if not held and name.startswith(WRITES) and not secret:
        # The path of a credential to write with, say: of no use to who may not write, so it is not there.
        return ""
    if not value.startswith((ENVIRONMENT, FILE)):
        if secret and value:
            raise ReferenceFaultError("expected a reference, env:NAME or file:/path, never the secret itself")
        if LOOKS_LIKE(value) != value:
            raise ReferenceFaultError("looks like it holds a secret; expected env:NAME or file:/path for it")
        return value
    if secret and not held:
        return ""
    return _from_environ(value, environ) if value.startswith(ENVIRONMENT) else _from_file(value)


def _from_environ(value: str, environ: Mapping[str, str]) -> str:
    name = value.removeprefix(ENVIRONMENT)
    found = environ.get(name.removesuffix(OPTIONAL), "")
    if not found and not name.endswith(OPTIONAL):
        raise ReferenceFaultError(f"the environment variable {name} is not set")
    return found


def _from_file(value: str) -> str:
    path = Path(value.removeprefix(FILE).removesuffix(OPTIONAL))
    if not path.is_absolute():
        raise ReferenceFaultError("expected an absolute path after file:")
    try:
        # Not to be held up for ever by a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            body = file.read(MAX_FILE + 1)
        found = body.decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        if value.endswith(OPTIONAL) and isinstance(error, OSError):
            return ""
        why = error.strerror if isinstance(error, OSError) else "it is no UTF-8"
        raise ReferenceFaultError(f"the file {path} cannot be read ({why})") from error
    if not found and not value.endswith(OPTIONAL):
        raise ReferenceFaultError(f"the file {path} is empty")
    if len(body) > MAX_FILE or not found.isprintable():
        raise ReferenceFaultError(f"the file {path} is no secret of one line")
    return found
