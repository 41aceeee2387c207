"""The same matrix through the flow: store, card, rosters, people and pauses read as a click reads them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from bot.domain.decision import Click, Code, Person, Refused, RosterAnswer
from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Decided
from bot.domain.ids import PersonId, RosterName
from bot.domain.policy import Role
from bot.flow.approval import judge
from bot.flow.conductor import Table
from bot.flow.table import table
from bot.ports.cards import MessageRef, SentCard
from bot.ports.ports import Ports
from bot.ports.records import Appended, Incidents
from bot.ports.records import Pause as Paused
from tests.fakes.content import PROCESS, FixedContent
from tests.fakes.house import CHANNEL
from tests.fakes.store import MemoryStore, memory_store
from tests.fakes.world import FakeClock, FakeEyes, FakeHands, ScriptedTeam
from tests.integrity.matrix import counted
from tests.integrity.oracle import Append, Channel, Expected, Kind, Pause, Roster, Situation, expected
from tests.integrity.worlds import (
    CLICKER,
    OTHERS,
    TS,
    Meeting,
    answers_of,
    content_for,
    meeting,
    person_of,
)

Judge = Callable[[Ports, Table, Click, PersonId], Awaitable[Decided | Refused]]
OF_CHECKOUT = {Role.ONCALL: "checkout-oncall", Role.LEAD: "checkout-lead", Role.SENIOR: "seniors"}


@dataclass(frozen=True, slots=True)
class TheClicker:
    """Slack as it answers about the clicker and the channel."""

    answer: Person | None
    is_shared: bool

    async def person(self, person: PersonId) -> Person | None:
        assert person == CLICKER
        return self.answer

    async def shared(self, channel: str) -> bool:
        assert channel == CHANNEL
        return self.is_shared


@dataclass(frozen=True, slots=True)
class TheRosters:
    """Rosters that answer as the situation says; one that times out never answers."""

    answers: tuple[RosterAnswer, ...]
    silent: bool

    async def read(self, name: RosterName, role: Role) -> RosterAnswer:
        assert name == OF_CHECKOUT[role]
        if self.silent:
            await asyncio.Event().wait()
        return next(answer for answer in self.answers if answer.role is role)


@dataclass(frozen=True, slots=True)
class Unwell:
    """The record of incidents where nothing can be appended, or the pauses cannot be read."""

    inner: Incidents
    appends: bool
    reads_pauses: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def append(self, *given: Any) -> Appended:
        if not self.appends:
            raise StoreUnavailableError
        return await self.inner.append(*given)

    async def pauses(self) -> tuple[Paused, ...]:
        if not self.reads_pauses:
            raise StoreUnavailableError
        return await self.inner.pauses()


async def compared(situations: Sequence[tuple[int, Situation]]) -> list[tuple[Situation, Expected, Expected]]:
    """What came out otherwise than the oracle says; those with a silent roster wait together."""
    silent = [one for one in situations if one[1].roster is Roster.TIMEOUT]
    wrong = [await _compared(number, s) for number, s in situations if s.roster is not Roster.TIMEOUT]
    wrong += await asyncio.gather(*(_compared(number, s) for number, s in silent))
    return [one for one in wrong if one is not None]


async def _compared(number: int, s: Situation) -> tuple[Situation, Expected, Expected] | None:
    wanted, got = expected(s), await clicked(s, meeting(s, number))
    return None if wanted == got else (s, wanted, got)


async def clicked(s: Situation, met: Meeting, judge: Judge = judge) -> Expected:
    """Click in the real flow over an in-memory store, then look at what the store holds."""
    if isinstance(met.click, Refused):
        return Expected(Kind.REFUSED, met.click.code)
    store, ports = await _ports(s, met)
    said = await judge(ports, table, met.click, CLICKER)
    kept = store.shelf.entries[met.incident.id][met.incident.version :]
    if isinstance(said, Decided):
        written = [entry.event for entry in kept if isinstance(entry.event, Decided)]
        assert len(kept) == 1
        assert [replace(one, click=said.click) for one in written] == [said]
        return counted(met, said)
    assert not kept
    told = [refusal.code for refusal in store.incidents.refused]
    assert told == ([] if said.code == Code.STORE_UNAVAILABLE else [said.code])
    return Expected(Kind.REFUSED, said.code)


async def _ports(s: Situation, met: Meeting) -> tuple[MemoryStore, Ports]:
    clock = FakeClock(met.world.now)
    store = memory_store(clock)
    _shelve(store, met)
    for state in met.incident.plans:
        ts = TS if state is met.state else f"{TS[:-1]}9"
        await store.cards.record(
            met.incident.id, f"plan:{state.plan.revision}", SentCard(MessageRef(CHANNEL, ts), "shown")
        )
    if s.append is Append.RATE_LIMIT:
        runs = store.incidents.windows[f"runs:{PROCESS}"]
        runs.update({f"run-{number}": clock.now() for number in range(met.world.policy.limits.per_target)})
    scope = {Pause.ALL: "all", Pause.ENVIRONMENT: "environment:shop-production"}.get(s.pause)
    if scope:
        await store.incidents.set_pause(Paused(scope, OTHERS[Role.LEAD], "", clock.now()))
    unwell = Unwell(store.incidents, s.append is not Append.UNAVAILABLE, s.pause is not Pause.UNREADABLE)
    eyes = FakeEyes(clock)
    return store, Ports(
        incidents=cast("Incidents", unwell),
        queue=store.queue,
        cards=store.cards,
        seen=store.seen,
        blobs=store.blobs,
        content=_content(s),
        people=TheClicker(person_of(s), s.channel is not Channel.NORMAL),
        roster=TheRosters(answers_of(s, clock.now()), s.roster is Roster.TIMEOUT),
        team=ScriptedTeam(),
        eyes=eyes,
        hands=FakeHands(store.incidents),
        clock=clock,
    )


def _shelve(store: MemoryStore, met: Meeting) -> None:
    """The incident's entries as an append would have left them."""
    incident = met.incident
    store.shelf.entries[incident.id] = list(incident.entries)
    store.shelf.heads[incident.id] = "0" * 64
    for state in incident.plans:
        store.incidents.plans[state.plan.id] = incident.id


def _content(s: Situation) -> FixedContent:
    """The content as it is at the click; a changed file has another hash."""
    content = content_for(s)
    policy, catalogue = content.fixed_policy, content.fixed_catalogue
    return FixedContent(
        content.fixed_inventory,
        replace(catalogue, sha256="e5" * 32) if s.catalogue_changed else catalogue,
        replace(policy, sha256="d4" * 32) if s.policy_changed else policy,
        content.modes,
    )
