"""The state of a target as its settings let us see it: process, release, configuration."""

import asyncio
import math
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from bot.adapters import command, http_look, kubernetes_eyes, systemd
from bot.adapters.config_file import ConfigFileError, read_config
from bot.adapters.content_how import AuthDoor
from bot.adapters.deploy_log import previous_version, read_deploys
from bot.adapters.reach import reach_of
from bot.adapters.releases import ReleaseError, current_version, known_releases
from bot.adapters.supervisor import supervisor_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Service, Target

MAX_FIELDS = 40
MAX_VALUE = 200
FILE_SECONDS = 4.0
OBSERVED = "observed."
"""Settings with this prefix are the fixed state of a simulated target."""


async def observed_fields(
    service: Service, target: Target, auth: AuthDoor | None = None
) -> tuple[tuple[str, str], ...]:
    """Every field that can be seen now, sorted by name; raises SourceUnavailableError where one cannot.

    Values are printable ASCII: a field with any other value is not shown as something else, it is left out.
    """
    try:
        async with asyncio.timeout(FILE_SECONDS):
            files = await asyncio.to_thread(_from_files, service, target)
        fields = {**files, **await _live(target, auth)}
    except TimeoutError as error:
        raise SourceUnavailableError(f"{target.id} did not answer in time.") from error
    fields |= {
        name.removeprefix(OBSERVED): value for name, value in target.settings if name.startswith(OBSERVED)
    }
    shown = sorted((name, value) for name, value in fields.items() if _printable(value))
    return tuple(shown[:MAX_FIELDS])


async def _live(target: Target, auth: AuthDoor | None) -> dict[str, str]:
    """What the target's executor sees of it."""
    match target.executor:
        case "http":
            return await http_look.observed(target, auth)
        case "command":
            return await command.observed(target)
        case "kubernetes":
            return await kubernetes_eyes.observed(target)
        case "systemd":
            return await systemd.observed(target)
        case _:
            return await _process(target)


async def _process(target: Target) -> dict[str, str]:
    """`state`, and `pid_start`, which is another one after each start of the process."""
    supervisor = supervisor_of(target)
    if supervisor is None:
        return {}
    info = await supervisor.info()
    state = info.get("statename")
    if not isinstance(state, str):
        raise SourceUnavailableError(f"supervisord does not say how {target.id} is.")
    return {"state": state, "pid_start": f"{info.get('pid', 0)}@{info.get('start', 0)}"}


def _from_files(service: Service, target: Target) -> dict[str, str]:
    try:
        return {**_configured(target), **_released(service, target)}
    except (ConfigFileError, ReleaseError) as error:
        raise SourceUnavailableError(f"{target.id}: {error.message}") from error
    except OSError as error:
        raise SourceUnavailableError(f"{target.id}: a file cannot be read ({error.strerror}).") from error


def _configured(target: Target) -> dict[str, str]:
    path = reach_of(target).config
    content: Mapping[str, object] = read_config(path) if path else {}
    return {name: text for name, value in content.items() if (text := _text(value)) is not None}


def _released(service: Service, target: Target) -> dict[str, str]:
    reach = reach_of(target)
    fields: dict[str, str] = {}
    if reach.releases:
        fields["releases"] = ",".join(known_releases(reach.releases))
    if reach.current:
        fields["version"] = current_version(reach.current)
        before = _previous(reach.deploy_log, service, fields["version"]) if reach.deploy_log else None
        fields |= {"previous_version": before} if before else {}
    return fields


def _previous(log: Path, service: Service, version: str) -> str | None:
    try:
        return previous_version(read_deploys(log, service.name).changes, version)
    except FileNotFoundError:
        return None


def _text(value: object) -> str | None:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | str():
            return str(value)
        case float() if math.isfinite(value):
            return format(Decimal(repr(value)), "f")
        case _:
            return None


def _printable(value: str) -> bool:
    return len(value) <= MAX_VALUE and value.isascii() and value.isprintable()
