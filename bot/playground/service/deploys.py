"""Deployments: the release is switched, the service restarted, the log of deployments appended."""

import json
from datetime import UTC, datetime
from pathlib import Path

from bot.playground.service.layout import Release, ServiceHome, point_current_at, release
from bot.playground.service.supervision import Supervisor


def record(log: Path, home: ServiceHome, before: str, what: Release, at: datetime | None = None) -> None:
    """Appends one line to the log of deployments."""
    line = {
        "at": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        "who": what.who,
        "service": home.name,
        "what": "deploy",
        "from": before,
        "to": what.version,
        "commit": what.commit,
        "message": what.message,
    }
    with log.open("a", encoding="utf-8") as sink:
        sink.write(json.dumps(line) + "\n")


async def deploy(home: ServiceHome, version: str, supervisor: Supervisor, log: Path) -> None:
    """Deploys a version for real; returns once the supervisor calls the new process RUNNING."""
    before = home.version()
    point_current_at(home, version)
    record(log, home, before, release(version))
    await supervisor.restart(home.name)
