"""What only real servers show: races of processes, outages, full disks, tampering, keys left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.adapters import chain
from bot.adapters.embedded import EmbeddedServer
from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_client import Link, connected, require_durable
from bot.adapters.redis_incidents import RedisIncidents
from bot.adapters.store import StorePlan, opened
from bot.domain.errors import NotDurableError, StoreUnavailableError
from bot.domain.events import Decided
from bot.domain.ids import Digest, IncidentId, PersonId, PlanId
from bot.domain.incident import Phase
from tests.contract.samples import Sample, entry
from tests.needs import need
from tests.servers import fresh_prefix
from tests.waiting import eventually

KEY = bytes(range(32))
RACES = 200

RACER = """
import asyncio, json, sys
from bot.adapters.redis_client import connected
from bot.adapters.redis_incidents import RedisIncidents
from bot.domain.errors import ConflictError
from bot.domain.events import Decided
from bot.domain.ids import Digest, IncidentId, PersonId, PlanId
from tests.contract.samples import Sample, entry

async def main(url, prefix, person, races):
    async with connected(url, prefix) as link:
        incidents = RedisIncidents(link, bytes(range(32)))
        decided = Decided(PlanId("p"), 1, Digest("ab" * 32), True, PersonId(person), ("oncall",), ())
        for race in range(races):
            sample = Sample(IncidentId(f"inc-{race}"))
            await incidents.load(sample.id)
            await link.call("INCR", link.key("start", str(race)))
            while int(await link.call("GET", link.key("start", str(race)))) < 2:
                pass
            try:
                await incidents.append(sample.id, 1, [entry(2, decided)], [], sample.index())
            except ConflictError:
                winner = (await incidents.load(sample.id)).entries[-1].event.person
                print(json.dumps([race, False, winner]))
            else:
                print(json.dumps([race, True, person]))

asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[EmbeddedServer]:
    one = EmbeddedServer(tmp_path / "store")
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def link(server: EmbeddedServer) -> AsyncGenerator[Link]:
    async with connected(server.url, fresh_prefix()) as one:
        yield one


def racer(url: str, prefix: str, person: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RACER, url, prefix, person, str(RACES)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


async def test_two_processes_race_for_one_version_and_the_loser_is_told_who_won(
    server: EmbeddedServer, link: Link
) -> None:
    incidents = RedisIncidents(link, KEY)
    for race in range(RACES):
        sample = Sample(IncidentId(f"inc-{race}"))
        await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    racers = [racer(server.url, link.prefix, person) for person in ("U1", "U2")]
    told = [[json.loads(line) for line in each.communicate(timeout=100)[0].splitlines()] for each in racers]
    for (race, mine, winner), (_, theirs, also_winner) in zip(*told, strict=True):
        assert (mine ^ theirs, winner) == (True, also_winner), race
        assert len((await incidents.load(IncidentId(f"inc-{race}"))).entries) == 2
    assert len(told[0]) == RACES


async def for_ever(incidents: RedisIncidents, sample: Sample) -> None:
    """A killed server may answer for a moment longer; the very same append may be repeated."""
    while True:
        await incidents.append(sample.id, 1, [entry(2)], [], sample.index())


async def test_an_outage_is_said_and_ends_without_a_new_connection(
    server: EmbeddedServer, link: Link, tmp_path: Path
) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    os.kill(int((tmp_path / "store" / "valkey.pid").read_text(encoding="ascii")), signal.SIGKILL)
    with pytest.raises(StoreUnavailableError):
        await for_ever(incidents, sample)
    await server.start()
    await incidents.append(sample.id, 1, [entry(2)], [], sample.index())
    assert len((await incidents.load(sample.id)).entries) == 2


async def test_a_full_store_refuses_before_it_writes_anything(link: Link) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [sample.unique], sample.index(due=5))
    await link.call("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreUnavailableError):
        await incidents.append(sample.id, 1, [entry(2)], [], sample.index())
    await link.call("CONFIG", "SET", "maxmemory", "0")
    assert len((await incidents.load(sample.id)).entries) == 1
    assert await incidents.due(entry(1).at, 10) == ((sample.id, 1),)


async def test_a_read_only_store_is_an_unavailable_one(link: Link) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await link.call("REPLICAOF", "127.0.0.1", "1")
    with pytest.raises(StoreUnavailableError):
        await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    await link.call("REPLICAOF", "NO", "ONE")


def decision() -> Decided:
    return Decided(PlanId("p"), 1, Digest("ab" * 32), True, PersonId("U1"), ("oncall",), ())


async def test_a_decision_is_confirmed_by_the_disk_where_not_every_write_is(link: Link) -> None:
    await link.call("CONFIG", "SET", "appendfsync", "everysec")
    incidents, sample = RedisIncidents(link, KEY), Sample()
    plain = await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    decided = await incidents.append(sample.id, 1, [entry(2, decision())], [], sample.index())
    assert (plain.durable, decided.durable) == (False, True)


async def test_a_confirmed_repeat_writes_so_that_the_disk_is_asked_about_it(link: Link) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    for _ in range(2):
        await incidents.append(sample.id, 1, [entry(2, decision())], [], sample.index())
    assert await link.call("HGET", link.key("incident", sample.id), "confirmed") == b"2"


async def test_an_incident_is_in_one_phase_at_a_time(link: Link) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [], sample.index(Phase.DETECTED))
    await incidents.append(sample.id, 1, [entry(2)], [], sample.index(Phase.TRIAGED))
    found = [await incidents.by_phase(phase) for phase in (Phase.DETECTED, Phase.TRIAGED)]
    assert found == [set(), {sample.id}]


async def test_nothing_is_called_durable_without_an_append_only_file(link: Link) -> None:
    await link.call("CONFIG", "SET", "appendonly", "no")
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    decided = await incidents.append(sample.id, 1, [entry(2, decision())], [], sample.index())
    assert not decided.durable
    with pytest.raises(NotDurableError):
        await require_durable(link)


@pytest.mark.parametrize(("policy", "enough"), [("always", True), ("everysec", False)])
async def test_a_server_without_waitaof_must_write_always(
    tmp_path: Path, policy: str, *, enough: bool
) -> None:
    server = EmbeddedServer(tmp_path / "redis", need("redis-server"))
    await server.start()
    async with connected(server.url) as link:
        if await link.call("COMMAND", "INFO", "WAITAOF") != [None]:
            pytest.skip("this redis-server has WAITAOF")
        await link.call("CONFIG", "SET", "appendfsync", policy)
        sample = Sample()
        incidents = RedisIncidents(link, KEY)
        await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
        done = await incidents.append(sample.id, 1, [entry(2, decision())], [], sample.index())
        assert (done.durable, (await link.durability()).enough) == (enough, enough)
    await server.stop()


async def test_tampering_with_the_stored_record_shows(link: Link) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    done = await incidents.append(sample.id, 1, [entry(n) for n in range(2, 6)], [], sample.index())
    key = link.key("entries", sample.id)
    assert await incidents.verify(sample.id, done.head) == ()
    third: bytes = await link.call("LINDEX", key, 2)
    await link.call("LSET", key, 2, third.replace(b"why?", b"who?"))
    assert any("place 3" in problem for problem in await incidents.verify(sample.id))
    await link.call("LSET", key, 2, third)
    await link.call("RPOP", key)
    assert any("own note" in problem for problem in await incidents.verify(sample.id))
    assert any("cut short" in problem for problem in await incidents.verify(sample.id, done.head))
    await link.call("DEL", key)
    assert any("deleted" in problem for problem in await incidents.verify(sample.id))


async def test_no_append_goes_on_from_a_record_that_was_rewritten(link: Link) -> None:
    incidents, sample = RedisIncidents(link, KEY), Sample()
    await incidents.append(sample.id, 0, [sample.opened], [], sample.index())
    key = link.key("entries", sample.id)
    forged = chain.sealed(b"guess", "0" * 64, [b"{}"])[0]
    await link.call("LSET", key, 0, forged)
    with pytest.raises(Exception, match="moved on"):
        await incidents.append(sample.id, 1, [entry(2)], [], sample.index())


async def test_a_turn_lasts_as_long_as_its_holder_needs_it(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.redis_cards.TURN_MILLISECONDS", 300)
    cards, start = RedisCards(link), time.monotonic()

    async def later() -> bool:
        return time.monotonic() - start > 1

    async with cards.turn(IncidentId("inc-1")) as mine:
        await eventually(later)
        async with cards.turn(IncidentId("inc-1")) as theirs:
            assert (mine, theirs) == (True, False)


async def test_the_whole_store_opens_twice_over_one_directory(tmp_path: Path) -> None:
    plan = StorePlan(tmp_path)
    async with opened(plan) as one, opened(plan) as other:
        sample = Sample()
        await one.incidents.append(sample.id, 0, [sample.opened], [], sample.index())
        await other.incidents.append(sample.id, 1, [entry(2)], [], sample.index())
        assert await one.incidents.verify(sample.id) == ()
        assert one.url == other.url
    with pytest.raises(chain.ChainKeyError, match="another key"):
        async with opened(StorePlan(tmp_path, secret="x" * 32)):
            pass
