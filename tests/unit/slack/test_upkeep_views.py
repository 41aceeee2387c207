"""What is drawn anew without an event: cards whose muting ended, the Homes that people look at."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from bot.domain.ids import HOUR, At, IncidentId, PersonId
from bot.flow.muting import mute
from bot.slack.chat import Chat
from bot.slack.failures import RateLimitedError
from bot.slack.home_watch import MOST, HomeWatch
from bot.slack.mute_ends import MuteEnds
from tests.fakes.content import ONCALL
from tests.fakes.house import House, house
from tests.waiting import eventually


async def muted() -> tuple[House, IncidentId, MuteEnds]:
    home = house()
    name = await home.fires()
    await mute(home.ports, name, ONCALL, 1)
    home.store.shelf.dirty.clear()
    return home, name, MuteEnds(home.ports.incidents, home.ports.cards, home.ports.clock)


async def test_a_card_is_drawn_anew_when_its_muting_ends_and_not_before() -> None:
    home, name, ends = await muted()
    ends.note(await home.incident(name))
    home.clock.at = At(home.clock.at + HOUR - 1)
    await ends.look()
    assert not home.store.shelf.dirty
    home.clock.at = At(home.clock.at + 1)
    await ends.look()
    assert set(home.store.shelf.dirty) == {name}
    home.store.shelf.dirty.clear()
    await ends.look()
    assert not home.store.shelf.dirty


async def test_what_was_unmuted_meanwhile_is_left_alone() -> None:
    home, name, ends = await muted()
    ends.note(await home.incident(name))
    await mute(home.ports, name, ONCALL, 0)
    ends.note(await home.incident(name))
    home.store.shelf.dirty.clear()
    home.clock.at = At(home.clock.at + 2 * HOUR)
    await ends.look()
    assert not home.store.shelf.dirty


async def test_a_muting_that_ended_while_no_process_ran_is_drawn_at_the_start() -> None:
    home, name, ends = await muted()
    home.clock.at = At(home.clock.at + 2 * HOUR)
    running = asyncio.create_task(ends.run())

    async def drawn() -> bool:
        return name in home.store.shelf.dirty

    try:
        await eventually(drawn)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@dataclass(slots=True)
class Screen:
    """Slack's side of the App Home, and what the Homes show."""

    text: str = "one"
    limited: int = 0
    drawn: int = 0
    published: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    async def draw(self, person: PersonId) -> Mapping[str, Any]:
        self.drawn += 1
        return {"blocks": [{"of": person, "text": self.text}, {"read at": self.drawn}]}

    async def publish_home(self, person: str, view: Mapping[str, Any]) -> None:
        if self.limited:
            self.limited -= 1
            raise RateLimitedError("views.publish", 0.001)
        self.published.append((person, view["blocks"][0]["text"]))

    def watch(self) -> HomeWatch:
        return HomeWatch(cast("Chat", self), self.draw, lambda: 0.0, settle=0.001, apart=0.001)


async def redrawn(watch: HomeWatch, screen: Screen, least: int) -> None:
    running = asyncio.create_task(watch.run())
    watch.changed()

    async def done() -> bool:
        return screen.drawn >= least and not watch._changed.is_set()

    try:
        await eventually(done)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_home_that_somebody_looked_at_follows_the_incidents() -> None:
    screen = Screen()
    watch = screen.watch()
    await watch.looked(PersonId("U1"))
    screen.text = "two"
    await redrawn(watch, screen, 2)
    assert screen.published == [("U1", "one"), ("U1", "two")]


async def test_a_home_that_shows_the_same_is_not_published_again() -> None:
    screen = Screen()
    watch = screen.watch()
    await watch.looked(PersonId("U1"))
    await redrawn(watch, screen, 2)
    assert len(screen.published) == 1
    await watch.looked(PersonId("U1"))
    assert len(screen.published) == 2, "who opens it sees when it was read"


async def test_only_those_who_looked_last_are_followed() -> None:
    screen = Screen()
    watch = screen.watch()
    for number in range(MOST + 5):
        await watch.looked(PersonId(f"U{number}"))
    screen.text, screen.published = "two", []
    await redrawn(watch, screen, 2 * MOST + 5)
    assert [person for person, _ in screen.published] == [f"U{n}" for n in reversed(range(5, MOST + 5))]


async def test_slacks_wish_to_wait_is_heard_and_the_home_follows_afterwards() -> None:
    screen = Screen()
    watch = screen.watch()
    await watch.looked(PersonId("U1"))
    screen.text, screen.limited = "two", 1
    await redrawn(watch, screen, 3)
    assert screen.published[-1] == ("U1", "two")
