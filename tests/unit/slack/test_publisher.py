"""The loop over dirty cards: whatever goes wrong with one incident, the others go on and the end is shown."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.domain.alert import Place
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.ports.cards import Progress, SentCard
from bot.ports.records import Loaded
from bot.slack.failures import FatalLinkError
from bot.slack.publisher import LOOK_AGAIN_SECONDS, Publisher
from bot.slack.views.scene import Card, Message
from tests.fakes.content import WORKSPACE
from tests.fakes.house import CHANNEL, House, alert, house
from tests.waiting import eventually


@dataclass(slots=True)
class FakeSender:
    """Keeps what it is given; waits, breaks or changes the world once where a test says so."""

    sent: list[tuple[IncidentId, str]] = field(default_factory=list[tuple[IncidentId, str]])
    broken: set[IncidentId] = field(default_factory=set[IncidentId])
    fatal: bool = False
    waits: list[float] = field(default_factory=list[float])
    meanwhile: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event | None = None

    async def send(self, incident: Incident, card: Card, before: SentCard | None) -> float:
        if incident.id in self.broken:
            raise RuntimeError("a bug")
        if self.fatal:
            raise FatalLinkError("token_revoked")
        assert before is None
        self.sent.append((incident.id, card.message.text))
        self.meanwhile.set()
        if self.go_on is not None:
            await self.go_on.wait()
        return self.waits.pop(0) if self.waits else 0.0


@dataclass(slots=True)
class FakeStatus:
    followed: list[IncidentId] = field(default_factory=list[IncidentId])

    def follow(self, incident: Incident) -> None:
        self.followed.append(incident.id)


@dataclass(slots=True)
class Stage:
    home: House
    sender: FakeSender
    ends: list[FatalLinkError]

    async def fires(self, number: int) -> IncidentId:
        # related alerts would join one incident, so the others are of services that nobody lists
        service = "checkout" if number == 1 else f"service-{number}"
        place = Place(WORKSPACE, CHANNEL, f"179000000{number}.000100")
        return await self.home.fires(alert(f"fp-{number}", service=service), place)

    async def all_shown(self) -> None:
        await self.only_lagging()

    async def only_lagging(self, *incidents: IncidentId) -> None:
        async def nothing_else_lags() -> bool:
            return self.home.store.shelf.dirty.keys() == set(incidents)

        await eventually(nothing_else_lags)


async def render(incident: Incident, _: Loaded, progress: Progress | None) -> tuple[Card, ...]:
    stage = progress.stage if progress else ""
    return (Card("incident", Message(f"{incident.phase} {stage}".strip(), ())),)


@asynccontextmanager
async def stage() -> AsyncGenerator[Stage]:
    home, sender, ends = house(), FakeSender(), list[FatalLinkError]()
    publisher = Publisher(
        incidents=home.store.incidents,
        cards=home.store.cards,
        sender=sender,
        render=render,
        status=FakeStatus(),
        now=time.monotonic,
        fatal=ends.append,
    )
    task = asyncio.create_task(publisher.run())
    try:
        yield Stage(home, sender, ends)
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_card_that_lags_behind_is_sent_and_its_mark_taken_away() -> None:
    async with stage() as on:
        incident = await on.fires(1)
        await on.all_shown()
        assert on.sender.sent == [(incident, "detected")]


async def test_what_changes_while_a_card_is_sent_is_sent_after_it() -> None:
    async with stage() as on:
        on.sender.go_on = asyncio.Event()
        incident = await on.fires(1)
        await on.sender.meanwhile.wait()
        await on.home.store.cards.report_progress(incident, Progress("logs", ()))
        await on.home.work()
        on.sender.go_on.set()
        await on.all_shown()
        assert on.sender.sent[-1][1].startswith("proposed")


async def test_a_bug_in_one_incident_does_not_silence_the_others() -> None:
    async with stage() as on:
        on.sender.broken.add(IncidentId("inc-000001"))
        first = await on.fires(1)
        second = await on.fires(2)
        await eventually(lambda: _sent(on, second))
        assert set(on.home.store.shelf.dirty) == {first}


async def test_an_outage_of_the_store_delays_and_loses_nothing() -> None:
    async with stage() as on:
        incident = await on.fires(1)
        on.home.store.shelf.down = True
        await asyncio.sleep(0)
        on.home.store.shelf.down = False
        await on.all_shown()
        assert on.sender.sent == [(incident, "detected")]


async def test_another_process_that_sends_is_left_alone_until_it_is_done() -> None:
    async with stage() as on:
        async with on.home.store.cards.turn(IncidentId("inc-000001")):
            await on.fires(1)
            second = await on.fires(2)
            await eventually(lambda: _sent(on, second))
            assert len(on.sender.sent) == 1
        await on.all_shown()
        assert len(on.sender.sent) == 2


async def test_a_card_that_must_wait_is_tried_again_in_its_time() -> None:
    async with stage() as on:
        on.sender.waits = [0.05, 0.05]
        await on.fires(1)
        await on.all_shown()
        assert len(on.sender.sent) == 3


async def test_what_only_a_person_can_mend_is_reported() -> None:
    async with stage() as on:
        on.sender.fatal = True
        await on.fires(1)

        async def told() -> bool:
            return [end.code for end in on.ends] == ["token_revoked"]

        await eventually(told)


async def _sent(on: Stage, incident: IncidentId) -> bool:
    return any(name == incident for name, _ in on.sender.sent)


async def test_what_waits_is_looked_at_again_when_it_changes_and_not_when_another_does() -> None:
    async with stage() as on:
        on.sender.waits.append(60.0)
        waits = await on.fires(1)
        await on.sender.meanwhile.wait()
        for number in range(2, 6):
            await on.fires(number)
            await on.only_lagging(waits)
            await asyncio.sleep(LOOK_AGAIN_SECONDS / 2)
        assert [name for name, _ in on.sender.sent].count(waits) == 1
        await on.home.store.cards.mark(waits)
        await on.all_shown()
        assert [name for name, _ in on.sender.sent].count(waits) == 2
