"""The queue: one docket per role, ids only; it may lose or repeat work, since the due index is the truth.

Remedies R1 to R12 are those of the measurements behind the choice of pydocket; `R` numbers stand where
each one is.
"""

import asyncio
import os
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import structlog
from docket import Docket, Retry, Worker

from bot.adapters.redis_client import PREFIX, store_errors
from bot.domain.errors import GreenlightError, StoreUnavailableError
from bot.domain.ids import At, IncidentId
from bot.ports.records import WorkerRole

TASK = "walk"

Walk = Callable[[IncidentId], Awaitable[None]]
Waiting = Callable[[At, int], Awaitable[tuple[tuple[IncidentId, int], ...]]]

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker works; seconds. The redelivery time-out bounds the silence after a lost read (R2)."""

    concurrency: int = 20
    redelivery: float = 15.0
    reconnection: float = 1.0
    check: float = 0.1
    unknown_again: float = 5.0
    reconcile: float = 1.0
    batch: int = 100


class UnknownTaskError(GreenlightError):
    """A task that this version does not know; a newer worker will."""


class DocketQueue:
    """Asks a worker of a role to walk an incident."""

    def __init__(self, dockets: Mapping[WorkerRole, Docket], at_once: int) -> None:
        self._dockets = dockets
        # docket's pool fails instead of waiting (R7): those who add wait here.
        self._room = asyncio.Semaphore(at_once)

    async def add(self, role: WorkerRole, incident: IncidentId, version: int) -> None:
        """Queue the next stage; raises StoreUnavailableError at once (R8): nothing is kept in memory."""
        docket = self._dockets[role]
        async with self._room:
            with store_errors():
                # Arguments are pickled: a name is all that may travel (R10).
                await docket.add(TASK, key=f"{incident}:{version}")(str(incident))


@asynccontextmanager
async def opened(url: str, prefix: str = PREFIX, connections: int = 64) -> AsyncGenerator[DocketQueue]:
    """The queue for those who add; raises StoreUnavailableError."""
    async with AsyncExitStack() as stack:
        dockets: dict[WorkerRole, Docket] = {}
        for role in WorkerRole:
            docket = docket_of(role, url, prefix, connections)
            docket.register(_walked_elsewhere, names=[TASK])
            with store_errors():
                dockets[role] = await stack.enter_async_context(docket)
        yield DocketQueue(dockets, at_once=max(1, connections // 4))


async def run_worker(
    role: WorkerRole, walk: Walk, url: str, prefix: str = PREFIX, pace: Pace | None = None
) -> None:
    """Walk incidents until cancelled; a cancelled worker finishes what it has begun and then returns.

    Every walk must first ask the record whether there is still something to do: work is repeated after an
    outage (R1, R3), after blocking code (R4), and when a worker was killed (R5).
    """
    pace = pace or Pace()
    docket = docket_of(role, url, prefix, connections=2 * pace.concurrency + 20)

    async def walk_one(incident: str) -> None:
        await walk(IncidentId(incident))

    docket.register(walk_one, names=[TASK])
    async with docket, _worker(docket, pace) as worker:
        await worker.run_forever()


def docket_of(role: WorkerRole, url: str, prefix: str, connections: int) -> Docket:
    """The docket of a role; its pool does not wait for free connections, so it gets enough of them (R7)."""
    return Docket(
        name=f"{prefix}{role}", url=with_connections(url, connections), execution_ttl=timedelta(minutes=5)
    )


def _worker(docket: Docket, pace: Pace) -> Worker:
    again = Retry(attempts=None, delay=timedelta(seconds=pace.unknown_again))

    async def unknown_task(*args: object, retry: Retry = again, **kwargs: object) -> None:
        """Without this a task that an old worker does not know would be marked as done (R6)."""
        del args, retry, kwargs
        raise UnknownTaskError

    return Worker(
        docket,
        # One name per worker, even where two of them share a process.
        name=f"{os.getpid()}-{uuid.uuid4().hex[:8]}",
        concurrency=pace.concurrency,
        redelivery_timeout=timedelta(seconds=pace.redelivery),
        reconnection_delay=timedelta(seconds=pace.reconnection),
        minimum_check_interval=timedelta(seconds=pace.check),
        scheduling_resolution=timedelta(seconds=pace.check),
        fallback_task=unknown_task,
    )


async def reconcile(waiting: Waiting, nudge: Walk, now: Callable[[], At], pace: Pace | None = None) -> None:
    """Queue again, for ever, whatever is due and not walked: lost work, and work whose time has come."""
    pace = pace or Pace()
    while True:
        try:
            for incident, _ in await waiting(now(), pace.batch):
                await _nudged(nudge, incident)
        except StoreUnavailableError as error:
            _log.warning("reconciling_paused", error=error.message)
        await asyncio.sleep(pace.reconcile)


async def _nudged(nudge: Walk, incident: IncidentId) -> None:
    """One broken incident does not keep the others waiting."""
    try:
        await nudge(incident)
    except StoreUnavailableError:
        raise
    except GreenlightError as error:
        _log.error("incident_not_queued", incident=incident, error=error.message)


def with_connections(url: str, connections: int) -> str:
    """The URL with room for this many connections, unless it says otherwise itself."""
    address, _, query = url.partition("?")
    words = {"max_connections": str(connections)} | dict(parse_qsl(query))
    return f"{address}?{urlencode(words)}"


async def _walked_elsewhere(incident: str) -> None:
    """Stands for the task in processes that only add it."""
    raise UnknownTaskError(f"{incident} is walked by workers alone.")
