"""All change sources of a service together."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx2

from bot.adapters.change_readers import CHANGE_READERS
from bot.adapters.change_reading import ChangeAsk, ChangeReader, Deploys, inside
from bot.adapters.sightings import Seen
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change
from bot.domain.ids import SECOND
from bot.domain.service import Service
from bot.ports.world import Window

SECONDS = 10.0
MAX_CHANGES = 50


async def all_changes(
    service: Service,
    window: Window,
    client: httpx2.AsyncClient,
    readers: Mapping[str, ChangeReader] = CHANGE_READERS,
) -> Deploys:
    """The changes that the service's sources tell of, oldest first; raises SourceUnavailableError.

    A source that fails is noted, unless all do.
    """
    if not service.changes:
        raise SourceUnavailableError("The inventory names no changes.")
    asks = [ChangeAsk(source, service, window) for source in service.changes]
    answers = await asyncio.gather(*(_read(ask, client, readers) for ask in asks))
    found = [answer for answer in answers if isinstance(answer, Deploys)]
    failed = [answer for answer in answers if isinstance(answer, SourceUnavailableError)]
    if not found:
        raise failed[0]
    notes = [f"not seen: {error.message}" for error in failed] + [note for one in found for note in one.notes]
    changes = {change: None for one in found for change in one.changes}
    ordered = tuple(sorted(changes, key=lambda change: change.at))
    return Deploys(ordered, sum(one.unreadable for one in found), tuple(notes))


def changes_seen(found: Deploys, window: Window) -> Seen:
    """The newest changes of a window as facts, text and one line."""
    changes = inside(found.changes, window)[-MAX_CHANGES:]
    unread = f"\n({found.unreadable} lines could not be read)" if found.unreadable else ""
    unread += "".join(f"\n({note})" for note in found.notes)
    if not changes:
        return Seen(f"no changes{unread}", "no changes")
    text = "\n".join(map(change_text, changes))
    return Seen(f"{text}{unread}", f"{len(changes)} changes, the last: {change_text(changes[-1])}", changes)


def change_text(change: Change) -> str:
    """One change as a line."""
    at = datetime.fromtimestamp(change.at / SECOND, UTC).isoformat(timespec="seconds")
    note = f": {change.note}" if change.note else ""
    return f"{at} {change.what} {change.service} {change.before} -> {change.after} by {change.who}{note}"


async def _read(
    ask: ChangeAsk, client: httpx2.AsyncClient, readers: Mapping[str, ChangeReader]
) -> Deploys | SourceUnavailableError:
    kind = ask.source.kind
    if kind not in readers:
        return SourceUnavailableError(f"There is no reader for changes of kind {kind!r}.")
    try:
        async with asyncio.timeout(SECONDS):
            return await readers[kind](ask, client)
    except TimeoutError:
        return SourceUnavailableError(f"The changes were not read within {SECONDS:g} s.")
    except SourceUnavailableError as error:
        return error
