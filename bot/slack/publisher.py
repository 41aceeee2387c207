"""Renders the cards that lag behind and sends them; the newest state wins, and no failure ends the loop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from bot.domain.apply import replay
from bot.domain.errors import GreenlightError, StoreUnavailableError
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.ports.cards import Cards, Progress, SentCard
from bot.ports.records import Incidents, Loaded
from bot.slack.background import Background
from bot.slack.failures import FatalLinkError
from bot.slack.views.scene import Card

AT_ONCE = 8
BATCH = 100
IDLE_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 0.2
"""A deferred card whose incident changed meanwhile is looked at again, but no sooner than this."""
OTHERS_TURN_SECONDS = 0.5
STORE_DOWN_SECONDS = 1.0
BROKEN_SECONDS = 30.0

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()

Render = Callable[[Incident, Loaded, Progress | None], Awaitable[tuple[Card, ...]]]


class Sends(Protocol):
    """Brings one card up to date."""

    async def send(self, incident: Incident, card: Card, before: SentCard | None) -> float:
        """The seconds to wait before trying again, 0 where nothing is left."""
        ...


class Follows(Protocol):
    """Says in the thread what is going on."""

    def follow(self, incident: Incident) -> None:
        """Never waits and never fails."""
        ...


@dataclass(frozen=True, slots=True)
class Later:
    """When to look at a deferred incident again, the soonest where it changes before, its mark by then."""

    at: float
    soonest: float
    marked: int


@dataclass(slots=True)
class Publisher:
    """The loop over dirty cards; `now` counts seconds and never runs backwards."""

    incidents: Incidents
    cards: Cards
    sender: Sends
    render: Render
    status: Follows
    now: Callable[[], float]
    fatal: Callable[[FatalLinkError], None]
    background: Background = field(default_factory=Background)
    _running: set[IncidentId] = field(default_factory=set[IncidentId])
    _later: dict[IncidentId, Later] = field(default_factory=dict[IncidentId, Later])
    _poke: asyncio.Event = field(default_factory=asyncio.Event)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def run(self) -> None:
        """Publish until cancelled."""
        waiting: asyncio.Task[None] | None = None
        try:
            while True:
                # the task lives on over rounds, so that a wait in the store is never cut off halfway
                if waiting is None or waiting.done():
                    waiting = asyncio.create_task(self._wait())
                await self._round()
                await self._until_needed(waiting)
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            await self.background.finish(0)

    async def _wait(self) -> None:
        try:
            await self.cards.wait(IDLE_SECONDS)
        except StoreUnavailableError:
            await asyncio.sleep(STORE_DOWN_SECONDS)

    async def _until_needed(self, waiting: asyncio.Task[None]) -> None:
        poke = asyncio.create_task(self._poke.wait())
        due = min((later.at for later in self._later.values()), default=None)
        seconds = IDLE_SECONDS if due is None else min(max(due - self.now(), 0.0), IDLE_SECONDS)
        await asyncio.wait({waiting, poke}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        poke.cancel()
        await asyncio.gather(poke, return_exceptions=True)
        self._poke.clear()

    async def _round(self) -> None:
        """Start on every incident that lags behind and need not wait, newest change first."""
        try:
            dirty = await self.cards.dirty(BATCH)
        except StoreUnavailableError as error:
            log.warning("dirty_cards_not_read", error=error.message)
            return
        self._later = {i: _sooner(later, dirty[i]) for i, later in self._later.items() if i in dirty}
        for incident, marked in dirty.items():
            later = self._later.get(incident)
            if incident not in self._running and (later is None or later.at <= self.now()):
                self._running.add(incident)
                self.background.start(self._publish(incident, marked), f"cards of {incident}")

    async def _publish(self, incident: IncidentId, marked: int) -> None:
        self._later.pop(incident, None)
        try:
            async with self._slots:
                wait = await self._once(incident)
        except FatalLinkError as error:
            self.fatal(error)
            wait = BROKEN_SECONDS
        except StoreUnavailableError as error:
            log.warning("cards_left_for_later", incident=incident, error=error.message)
            wait = STORE_DOWN_SECONDS
        except Exception:
            # the outermost loop of one incident's cards: a bug in one must not silence all others
            log.exception("cards_failed", incident=incident)
            wait = BROKEN_SECONDS
        finally:
            self._running.discard(incident)
        if wait > 0:
            now = self.now()
            self._later[incident] = Later(now + wait, now + min(wait, LOOK_AGAIN_SECONDS), marked)
        self._poke.set()

    async def _once(self, incident: IncidentId) -> float:
        async with self.cards.turn(incident) as mine:
            return await self._send(incident) if mine else OTHERS_TURN_SECONDS

    async def _send(self, name: IncidentId) -> float:
        """Send what changed; the seconds until somebody must look again, 0 where all is shown."""
        loaded, (number, progress), before = await asyncio.gather(
            self.incidents.load(name), self.cards.progress(name), self.cards.sent(name)
        )
        incident = replay(loaded.entries)
        if incident is None:
            raise GreenlightError(f"There are no events of {name}.")
        waits: list[float] = []
        for card in await self.render(incident, loaded, progress):
            wait = await self.sender.send(incident, card, before.get(card.name))
            waits.extend([wait] if wait > 0 else [])
        self.status.follow(incident)
        if waits:
            return min(waits)
        await self.cards.clean(name, incident.version, number)
        return 0.0


def _sooner(later: Later, marked: int) -> Later:
    """Where the incident changed: what it waited for may be over, and a new card may wait for nothing."""
    return later if marked == later.marked else Later(min(later.at, later.soonest), later.soonest, marked)
