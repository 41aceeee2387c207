"""How a target can be reached, read from its settings in one place."""

from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.secret_refs import is_secret
from bot.domain.service import Inventory, Target


@dataclass(frozen=True, slots=True)
class Reach:
    """The settings of a target; what is not configured is nothing."""

    rpc_url: str
    program: str
    username: str
    password: str = field(repr=False)
    config: Path | None
    current: Path | None
    releases: Path | None
    deploy_log: Path | None


def reach_of(target: Target) -> Reach:
    """What the inventory says of a target."""
    return Reach(
        rpc_url=target.setting("rpc_url"),
        program=target.setting("program"),
        username=target.setting("username"),
        password=target.setting("password"),
        config=_path(target, "config_path"),
        current=_path(target, "current_path"),
        releases=_path(target, "releases_path"),
        deploy_log=_path(target, "deploy_log"),
    )


def credentials_of(inventory: Inventory) -> tuple[str, ...]:
    """Every credential that the inventory holds, references to the environment resolved, for the redactor."""
    groups = [
        settings.settings
        for service in inventory.services
        for settings in (*service.targets, *service.logs, *service.changes, service.metrics_source)
        if settings is not None
    ]
    return tuple(
        dict.fromkeys(value for group in groups for name, value in group if is_secret(name) and value)
    )


def _path(target: Target, name: str) -> Path | None:
    given = target.setting(name)
    return Path(given) if given else None
