"""Whoever can write in the store, but has not the key, cannot have anything executed by what they write."""

import hashlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest_asyncio

from bot.adapters import chain, codec
from bot.adapters.hands import ApprovedHands
from bot.adapters.proven import ProvenRecords
from bot.adapters.store import Store, StorePlan, opened
from bot.adapters.tasks import Task
from bot.domain.events import Decided, Entry, Event
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase, StepStatus
from bot.flow.conductor import load, walk
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole
from tests.fakes.content import ONCALL
from tests.fakes.world import FakeClock
from tests.integrity import shown
from tests.integrity.generated import proposal

FORGER = hashlib.sha256(b"not the key").digest()


@dataclass(frozen=True, slots=True)
class Scene:
    """A plan that waits for one approval, in a store that somebody else can write in."""

    store: Store
    ports: Ports
    calls: list[Task]
    incident: IncidentId

    async def found(self) -> Incident:
        """The incident as the store has it."""
        return await load(self.ports, self.incident)

    async def forge(self, event: Event, key: bytes) -> None:
        """Put an entry at the end of the record as somebody with this key would."""
        call, name = self.store.link.call, self.store.link.key("entries", self.incident)
        found = await self.found()
        entry = codec.entry_bytes(Entry(found.version + 1, self.ports.clock.now(), None, event))
        last = chain.opened((await call("LRANGE", name, -1, -1))[0])
        assert last is not None
        (element,) = chain.sealed(key, last.mac, [entry])
        await call("RPUSH", name, element)

    async def works(self) -> Incident:
        """The process that acts comes by."""
        await walk(self.ports, self.incident, WorkerRole.ACT, table)
        return await self.found()


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncGenerator[Scene]:
    clock = FakeClock()
    with shown.recording() as calls:
        async with opened(StorePlan(tmp_path)) as store:
            shelves = shown.Shelves(store.incidents, store.queue, store.cards, store.seen, store.blobs)
            for seed in range(50):
                made = proposal(seed)
                hands = ApprovedHands(ProvenRecords(store.incidents), made.content, clock, str)
                ports = replace(shown.ports_of(made, shelves, clock), hands=hands)
                incident = await shown._proposed(ports)
                state = incident.current
                if state is not None and state.plan.approvals == 1 and state.plan.hold_seconds == 0:
                    break
            else:
                raise AssertionError("no seed makes a plan that one person may approve")
            calls.clear()
            yield Scene(store, ports, calls, incident.id)


async def approval(scene: Scene) -> Decided:
    """The words of an approval by a person who may."""
    state = (await scene.found()).current
    assert state is not None
    return Decided(state.plan.id, state.plan.revision, state.digest, True, ONCALL, ("oncall",), (), "", False)


async def test_an_approval_that_was_written_into_the_store_without_the_key_runs_nothing(scene: Scene) -> None:
    await scene.forge(await approval(scene), FORGER)
    assert (await scene.found()).phase is Phase.APPROVED
    after = await scene.works()
    assert scene.calls == []
    assert after.phase is Phase.STOPPED
    assert after.current is not None
    step = after.current.steps[0]
    assert (step.status, step.code) == (StepStatus.NOT_RUN, "RECORD_BROKEN")
    assert "audit verify" in step.detail


async def test_the_same_words_by_whoever_has_the_key_are_an_approval(scene: Scene) -> None:
    await scene.forge(await approval(scene), scene.store.incidents._key)
    assert (await scene.works()).phase is Phase.EXECUTED
    assert scene.calls


async def test_another_plan_slipped_under_an_approval_runs_nothing(scene: Scene) -> None:
    await scene.forge(await approval(scene), scene.store.incidents._key)
    call, name = scene.store.link.call, scene.store.link.key("entries", scene.incident)
    elements = await call("LRANGE", name, 0, -1)
    place = next(number for number, one in enumerate(elements) if b"Diagnosed" in one)
    edited = elements[place].replace(b"pool", b"poll")
    assert edited != elements[place]
    await call("LSET", name, place, edited)
    await scene.works()
    assert scene.calls == []
