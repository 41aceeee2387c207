"""How an investigation waits for its turn: at most so many at once, the most severe first."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from bot.domain.errors import StoreUnavailableError, UnknownIncidentError
from bot.domain.incident import Incident
from bot.flow.conductor import load
from bot.flow.ending_tasks import beside
from bot.ports.cards import Progress
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole

SEVEREST_FIRST = ("critical", "error", "warning", "info")
RENEW_SECONDS = 3.0
A_RANK = 10**13
"""More than any moment in milliseconds: severity counts first, then who came first."""


@asynccontextmanager
async def investigating(ports: Ports, incident: Incident) -> AsyncGenerator[bool]:
    """Whether it is this incident's turn, for as long as the block lasts; else its place is shown."""
    place = await ports.line.enter(incident.id, _order(incident), _limit(ports))
    if place > 0:
        await _show_place(ports, incident, place)
        yield False
        return
    try:
        async with beside(_renew(ports, incident)):
            yield True
    finally:
        await _next_please(ports, incident)


async def _next_please(ports: Ports, incident: Incident) -> None:
    following = await ports.line.leave(incident.id)
    if following is not None:
        with suppress(UnknownIncidentError):
            version = (await load(ports, following)).version
            await ports.queue.add(WorkerRole.THINK, following, version)


async def _renew(ports: Ports, incident: Incident) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with suppress(StoreUnavailableError):
            await ports.line.enter(incident.id, _order(incident), _limit(ports))


async def _show_place(ports: Ports, incident: Incident, place: int) -> None:
    """Only a changed place is worth an edit of the card."""
    before = "it is the next one" if place == 1 else f"{place - 1} before it"
    progress = Progress("line", ((f"Wait for an investigation to end ({before})", "in_progress"),))
    _, shown = await ports.cards.progress(incident.id)
    if shown != progress:
        await ports.cards.report_progress(incident.id, progress)


def _limit(ports: Ports) -> int:
    return ports.content.alert_rules().parallel_investigations


def _order(incident: Incident) -> int:
    severity = incident.alert.severity or "error"
    rank = SEVEREST_FIRST.index(severity) if severity in SEVEREST_FIRST else 1
    return rank * A_RANK + incident.opened_at
