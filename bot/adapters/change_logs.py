"""All change sources of a service together."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters.deploy_log import Deploys, inside, read_deploys
from bot.adapters.sightings import Seen
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change
from bot.domain.ids import SECOND
from bot.domain.service import Service
from bot.ports.world import Window

SECONDS = 8.0
MAX_CHANGES = 50


async def all_changes(service: Service) -> Deploys:
    """Every change of the service that its sources hold, oldest first; raises SourceUnavailableError."""
    other = next((source.kind for source in service.changes if source.kind != "deploy_log"), None)
    if not service.changes or other is not None:
        raise SourceUnavailableError(
            f"There is no reader for changes of kind {other!r}."
            if other
            else "The inventory names no changes."
        )
    try:
        async with asyncio.timeout(SECONDS):
            found = await asyncio.to_thread(_read_all, service)
    except TimeoutError as error:
        raise SourceUnavailableError(f"The changes were not read within {SECONDS:g} s.") from error
    except OSError as error:
        raise SourceUnavailableError(f"A log of changes cannot be read ({error.strerror}).") from error
    changes = sorted((change for one in found for change in one.changes), key=lambda change: change.at)
    return Deploys(tuple(changes), sum(one.unreadable for one in found))


def changes_seen(found: Deploys, window: Window) -> Seen:
    """The newest changes of a window as facts, text and one line."""
    changes = inside(found.changes, window)[-MAX_CHANGES:]
    unread = f"\n({found.unreadable} lines could not be read)" if found.unreadable else ""
    if not changes:
        return Seen(f"no changes{unread}", "no changes")
    text = "\n".join(map(change_text, changes))
    return Seen(f"{text}{unread}", f"{len(changes)} changes, the last: {change_text(changes[-1])}", changes)


def change_text(change: Change) -> str:
    """One change as a line."""
    at = datetime.fromtimestamp(change.at / SECOND, UTC).isoformat(timespec="seconds")
    note = f": {change.note}" if change.note else ""
    return f"{at} {change.what} {change.service} {change.before} -> {change.after} by {change.who}{note}"


def _read_all(service: Service) -> list[Deploys]:
    return [read_deploys(Path(source.setting("path")), service.name) for source in service.changes]
