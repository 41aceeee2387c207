"""The queue on a real server: the remedies R2 to R8, and work that is never lost for long."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from docket import Worker

from bot.adapters.embedded import EmbeddedServer
from bot.adapters.queue import (
    DocketQueue,
    Pace,
    Walk,
    docket_of,
    opened,
    reconcile,
    run_worker,
    with_connections,
)
from bot.adapters.redis_client import connected
from bot.adapters.redis_incidents import RedisIncidents
from bot.domain.errors import IllegalEventError, StoreUnavailableError
from bot.domain.ids import At, IncidentId
from bot.ports.records import WorkerRole
from tests.contract.samples import NOW, Sample
from tests.servers import fresh_prefix, running
from tests.waiting import eventually

QUICK = Pace(concurrency=4, redelivery=1.0, reconnection=0.1, check=0.02, unknown_again=0.1, reconcile=0.02)
ONE = IncidentId("inc-1")

HANGING = """
import asyncio, sys
from bot.adapters.queue import Pace, run_worker
from bot.ports.records import WorkerRole

async def walk(incident):
    print(incident, flush=True)
    await asyncio.sleep(3600)

pace = Pace(redelivery=1.0, check=0.02)
asyncio.run(run_worker(WorkerRole.THINK, walk, sys.argv[1], sys.argv[2], pace))
"""


@dataclass(slots=True)
class Walks:
    """Counts the walks; with `gate` closed they hang until it opens."""

    seen: Counter[str] = field(default_factory=Counter[str])
    done: Counter[str] = field(default_factory=Counter[str])
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, incident: IncidentId) -> None:
        self.seen[incident] += 1
        await self.gate.wait()
        self.done[incident] += 1

    def finished(self, many: int = 1, incident: str = ONE) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return self.done[incident] >= many

        return enough

    def begun(self, many: int = 1, incident: str = ONE) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return self.seen[incident] >= many

        return enough


@pytest.fixture
def walks() -> Walks:
    made = Walks()
    made.gate.set()
    return made


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with running(tmp_path_factory.mktemp("queue")) as one:
        yield one


@pytest.fixture
def prefix() -> str:
    return fresh_prefix()


@pytest.fixture
async def queue(url: str, prefix: str) -> AsyncGenerator[DocketQueue]:
    async with opened(url, prefix) as one:
        yield one


@asynccontextmanager
async def worker(
    walk: Walk, url: str, prefix: str, role: WorkerRole = WorkerRole.THINK, pace: Pace = QUICK
) -> AsyncGenerator[None]:
    task = asyncio.create_task(run_worker(role, walk, url, prefix, pace))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_added_work_is_walked_by_its_role_alone(
    queue: DocketQueue, walks: Walks, url: str, prefix: str
) -> None:
    acts = Walks()
    acts.gate.set()
    async with worker(walks, url, prefix), worker(acts, url, prefix, WorkerRole.ACT):
        await queue.add(WorkerRole.ACT, IncidentId("inc-2"), 1)
        await queue.add(WorkerRole.THINK, ONE, 1)
        await eventually(walks.finished())
        await eventually(acts.finished(incident="inc-2"))
    assert (dict(walks.seen), dict(acts.seen)) == ({"inc-1": 1}, {"inc-2": 1})


async def test_the_same_version_is_queued_once(
    queue: DocketQueue, walks: Walks, url: str, prefix: str
) -> None:
    for version in (1, 1, 1, 2):
        await queue.add(WorkerRole.THINK, ONE, version)
    await queue.add(WorkerRole.THINK, IncidentId("last"), 1)
    async with worker(walks, url, prefix, pace=Pace(concurrency=1, check=0.02)):
        await eventually(walks.finished(incident="last"))
    assert walks.seen[ONE] == 2


def hanging_worker(url: str, prefix: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HANGING, url, prefix],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


async def test_a_killed_worker_leaves_its_work_to_another(
    queue: DocketQueue, walks: Walks, url: str, prefix: str
) -> None:
    hanging = hanging_worker(url, prefix)
    await queue.add(WorkerRole.THINK, ONE, 1)
    assert hanging.stdout is not None
    assert await asyncio.to_thread(hanging.stdout.readline) == "inc-1\n"
    hanging.kill()
    await asyncio.to_thread(hanging.communicate)
    async with worker(walks, url, prefix):
        await eventually(walks.finished())


def test_lost_reads_wait_fifteen_seconds_at_most() -> None:
    assert Pace().redelivery == 15.0


async def test_work_that_ends_while_the_store_is_down_runs_again(tmp_path: Path, prefix: str) -> None:
    server, walks = EmbeddedServer(tmp_path / "store"), Walks()
    url = await server.start()
    async with opened(url, prefix) as queue, worker(walks, url, prefix):
        await queue.add(WorkerRole.THINK, ONE, 1)
        await eventually(walks.begun())
        os.kill(int((tmp_path / "store" / "valkey.pid").read_text(encoding="ascii")), signal.SIGKILL)
        walks.gate.set()
        await eventually(walks.finished())
        await server.start()
        await eventually(walks.finished(2))
    await server.stop()


async def test_work_longer_than_the_redelivery_runs_once_where_nothing_blocks(
    queue: DocketQueue, url: str, prefix: str
) -> None:
    walks, start = Walks(), time.monotonic()

    async def three_redeliveries_later() -> bool:
        return time.monotonic() - start > 3 * QUICK.redelivery

    async with worker(walks, url, prefix):
        await queue.add(WorkerRole.THINK, ONE, 1)
        await eventually(three_redeliveries_later)
        walks.gate.set()
        await eventually(walks.finished())
    assert walks.seen[ONE] == 1


async def test_a_task_that_a_worker_does_not_know_waits_for_one_that_does(
    walks: Walks, url: str, prefix: str
) -> None:
    docket = docket_of(WorkerRole.THINK, url, prefix, 20)
    newer: list[str] = []

    async def from_the_future(incident: str) -> None:
        newer.append(incident)

    docket.register(from_the_future)
    async with docket, opened(url, prefix) as queue:
        async with worker(walks, url, prefix):
            await docket.add(from_the_future, key="k")(str(ONE))
            await queue.add(WorkerRole.THINK, IncidentId("later"), 1)
            await eventually(walks.finished(incident="later"))
        assert newer == []
        async with Worker(docket, minimum_check_interval=timedelta(seconds=0.02)) as knowing:
            await knowing.run_until_finished()
        assert newer == [ONE]


async def test_three_hundred_adds_at_once_find_room(url: str, prefix: str, walks: Walks) -> None:
    async with opened(url, prefix, connections=8) as queue:
        await asyncio.gather(*(queue.add(WorkerRole.THINK, IncidentId(f"i-{n}"), 1) for n in range(300)))
    async with worker(walks, url, prefix):

        async def all_done() -> bool:
            return len(walks.done) == 300

        await eventually(all_done)


async def test_adding_to_a_store_that_is_down_fails_at_once(tmp_path: Path, prefix: str) -> None:
    server = EmbeddedServer(tmp_path / "store")
    async with opened(await server.start(), prefix) as queue:
        await queue.add(WorkerRole.THINK, ONE, 1)
        await server.stop()
        with pytest.raises(StoreUnavailableError):
            await queue.add(WorkerRole.THINK, ONE, 2)


async def test_a_stopped_worker_finishes_what_it_has_begun(queue: DocketQueue, url: str, prefix: str) -> None:
    walks = Walks()
    task = asyncio.create_task(run_worker(WorkerRole.THINK, walks, url, prefix, QUICK))
    await queue.add(WorkerRole.THINK, ONE, 1)
    await eventually(walks.begun())
    task.cancel()
    walks.gate.set()
    await asyncio.gather(task, return_exceptions=True)
    assert walks.done[ONE] == 1


async def test_a_walk_that_fails_does_not_stop_the_worker(
    queue: DocketQueue, walks: Walks, url: str, prefix: str
) -> None:
    async def fails_once(incident: IncidentId) -> None:
        if walks.seen["failed"] == 0:
            walks.seen["failed"] += 1
            raise StoreUnavailableError
        await walks(incident)

    async with worker(fails_once, url, prefix):
        await queue.add(WorkerRole.THINK, ONE, 1)

        async def again() -> bool:
            await queue.add(WorkerRole.THINK, ONE, 1)
            return walks.done[ONE] >= 1

        await eventually(again)


async def test_what_is_due_is_queued_again_until_somebody_walks_it(
    url: str, prefix: str, walks: Walks, queue: DocketQueue
) -> None:
    due, future, leased = (Sample(fingerprint=name, thread=name) for name in ("a", "b", "c"))
    async with connected(url, prefix) as link:
        incidents = RedisIncidents(link, bytes(32))
        for sample, when in ((due, NOW), (future, NOW + 1000), (leased, NOW)):
            await incidents.append(sample.id, 0, [sample.opened], [], sample.index(due=when))
        await incidents.lease(leased.id, 60)

        async def nudge(incident: IncidentId) -> None:
            await queue.add(WorkerRole.THINK, incident, 1)

        clock = [NOW]
        again = asyncio.create_task(reconcile(incidents.waiting, nudge, lambda: At(clock[0]), QUICK))
        async with worker(walks, url, prefix):
            await eventually(walks.finished(3, due.id))
            assert set(walks.seen) == {due.id}
            clock[0] = At(NOW + 1000)
            await eventually(walks.finished(1, future.id))
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
        assert leased.id not in walks.seen


async def test_neither_an_outage_nor_a_broken_incident_ends_reconciling() -> None:
    asked: list[str] = []

    async def waiting(now: At, limit: int) -> tuple[tuple[IncidentId, int], ...]:
        del now, limit
        asked.append("waiting")
        if len(asked) == 1:
            raise StoreUnavailableError
        return ((IncidentId("broken"), 1), (ONE, 1))

    nudged: list[str] = []

    async def nudge(incident: IncidentId) -> None:
        if incident == "broken":
            raise IllegalEventError
        nudged.append(incident)

    async def reached() -> bool:
        return len(nudged) > 1

    task = asyncio.create_task(reconcile(waiting, nudge, lambda: NOW, QUICK))
    await eventually(reached)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert set(nudged) == {ONE}


async def test_finished_work_leaves_no_key_behind(
    queue: DocketQueue, url: str, prefix: str, walks: Walks
) -> None:
    async with worker(walks, url, prefix):
        for number in range(20):
            await queue.add(WorkerRole.THINK, IncidentId(f"i-{number}"), 1)

        async def all_done() -> bool:
            return len(walks.done) == 20

        await eventually(all_done)
    async with connected(url, prefix) as link:
        keys: list[bytes] = await link.call("KEYS", f"{prefix}*")
        endless = [key.decode().removeprefix(prefix) for key in keys if await link.call("TTL", key) == -1]
        assert await link.call("XLEN", f"{prefix}think:stream") == 0
    assert set(endless) <= {"think:stream", "think:workers"}


def test_the_url_asks_for_enough_connections() -> None:
    assert with_connections("unix:///tmp/a.sock", 60) == "unix:///tmp/a.sock?max_connections=60"
    assert with_connections("redis://h:1/0?db=2", 60) == "redis://h:1/0?max_connections=60&db=2"
    assert with_connections("redis://h?max_connections=9", 60) == "redis://h?max_connections=9"
