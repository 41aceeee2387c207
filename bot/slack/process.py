"""The bot process: the link, the listeners and the publisher, started together and ended together."""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.domain.apply import replay
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import At
from bot.domain.incident import Incident
from bot.ports.cards import Cards, Progress, Seen
from bot.ports.content import Content
from bot.ports.records import Incidents, Loaded
from bot.ports.world import Clock
from bot.slack.app import build_app
from bot.slack.background import Background
from bot.slack.chat import SLACK_URL, Chat, open_chat
from bot.slack.failures import FATAL, ChatError, FatalLinkError, NoAnswerError, RefusedBySlackError
from bot.slack.fallback import Fallback
from bot.slack.gate_watch import Gate, GateWatch
from bot.slack.home_watch import HomeWatch
from bot.slack.inbox import LATE, Forced, Inbox, Parse, backfill
from bot.slack.listeners.room import Room, Screens
from bot.slack.mute_ends import MuteEnds
from bot.slack.pacing import Pacer
from bot.slack.payloads import Identity
from bot.slack.people import SlackPeople
from bot.slack.pictures import Pictures
from bot.slack.publisher import Publisher, Render
from bot.slack.sender import Sender
from bot.slack.socket import Health, Link
from bot.slack.status import Status
from bot.slack.streams import Streams
from bot.slack.verbs import Verbs
from bot.slack.views.scene import Card
from bot.slack.webhooks import Door, WebhookOptions, open_door

SWEEP_SECONDS = 5.0
AGAIN_SECONDS = 2.0
LAST_WORDS_SECONDS = 3.0

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class SlackOptions:
    """What the environment says about Slack; no channels means all that the bot was invited to."""

    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    base_url: str = SLACK_URL
    channels: tuple[str, ...] = ()
    ping_seconds: float = 10.0
    webhooks: WebhookOptions | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """Slack within reach: its Web API, who we are there, and the People port."""

    chat: Chat
    me: Identity
    people: SlackPeople


@dataclass(frozen=True, slots=True)
class Faces:
    """How incidents look and alerts read: the pure part of this room."""

    parse: Parse
    forced: Forced
    screens: Screens
    render: Render
    gate: Gate


@dataclass(frozen=True, slots=True)
class Shelves:
    """The ports that the bot process itself uses."""

    incidents: Incidents
    cards: Cards
    seen: Seen
    content: Content
    clock: Clock


@asynccontextmanager
async def open_desk(options: SlackOptions) -> AsyncGenerator[Desk]:
    """Reach Slack and learn who we are. Raises FatalLinkError; waits while Slack does not answer."""
    chat = open_chat(options.bot_token, options.base_url)
    try:
        me = await _who_we_are(chat)
        yield Desk(chat, me, SlackPeople(chat, me.team_id, time.monotonic))
    finally:
        await chat.session.close()


async def run_bot(
    options: SlackOptions,
    desk: Desk,
    shelves: Shelves,
    verbs: Verbs,
    faces: Faces,
    health: Health,
) -> None:
    """Run until cancelled; raises FatalLinkError where only a person can mend the link."""
    background = Background()
    inbox = Inbox(
        me=desk.me,
        verbs=verbs,
        parse=faces.parse,
        forced=faces.forced,
        seen=shelves.seen,
        content=shelves.content,
        chat=desk.chat,
        people=desk.people,
        clock=shelves.clock,
        background=background,
        channels=frozenset(options.channels),
    )
    homes = HomeWatch(
        desk.chat,
        lambda person: faces.screens.home(person, verbs.care.standing, desk.me.url),
        time.monotonic,
    )
    room = Room(verbs, faces.screens, inbox, shelves.incidents, desk.people, desk.chat, time.monotonic, homes)
    upkeep = Upkeep(options, desk, shelves, inbox)
    link = Link(
        app=build_app(room, desk.chat.once, desk.me),
        client=desk.chat.calm,
        app_token=options.app_token,
        now=time.monotonic,
        came_back=upkeep.catch_up,
        ping_seconds=options.ping_seconds,
        health=health,
    )
    mutes = MuteEnds(shelves.incidents, shelves.cards, shelves.clock)
    gates = GateWatch(shelves.incidents, shelves.cards, faces.gate)

    async def render(incident: Incident, loaded: Loaded, progress: Progress | None) -> tuple[Card, ...]:
        mutes.note(incident)
        gates.note(incident)
        homes.changed()
        return await faces.render(incident, loaded, progress)

    publisher = _publisher(desk, shelves, render, link)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(background.finish, LAST_WORDS_SECONDS)
        if options.webhooks is not None:
            await stack.enter_async_context(open_door(Door(options.webhooks, inbox, shelves.clock)))
        await _together(
            link.run(), publisher.run(), upkeep.run(health), mutes.run(), gates.run(), homes.run()
        )


def _publisher(desk: Desk, shelves: Shelves, render: Render, link: Link) -> Publisher:
    background = Background()
    streams = Streams(desk.chat, shelves.cards, desk.me.team_id, time.monotonic)
    sender = Sender(
        desk.chat,
        shelves.cards,
        desk.people,
        Pacer(time.monotonic),
        shelves.content,
        streams,
        Fallback(desk.chat),
        Pictures(desk.chat),
    )
    return Publisher(
        incidents=shelves.incidents,
        cards=shelves.cards,
        sender=sender,
        render=render,
        status=Status(desk.chat, background, time.monotonic),
        now=time.monotonic,
        fatal=link.fatal,
        background=background,
    )


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Takes up what was missed: at the start, after each loss of the link, and every few seconds."""

    options: SlackOptions
    desk: Desk
    shelves: Shelves
    inbox: Inbox

    async def run(self, health: Health) -> None:
        """Catch up once the link is up, then sweep for ever."""
        await health.up.wait()
        caught_up = await self._caught_up(0)
        while not caught_up:
            await asyncio.sleep(AGAIN_SECONDS)
            caught_up = await self._caught_up(0)
        health.ready.set()
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.inbox.sweep(At(self.shelves.clock.now() - LATE))
            except StoreUnavailableError as error:
                log.warning("sweep_put_off", error=error.message)

    async def catch_up(self) -> None:
        """After a loss of the link: take up the alerts that no event told us of, beside everything else."""
        self.inbox.background.start(self._again(), "catching up")

    async def _again(self) -> None:
        await self._caught_up(LATE)

    async def _caught_up(self, younger: int) -> bool:
        """Handle what was stored and left unfinished, unless it is younger than this, then read channels."""
        try:
            await self.inbox.sweep(At(self.shelves.clock.now() - younger))
            for channel in await self._watched():
                await self._backfill(channel)
        except StoreUnavailableError as error:
            log.warning("catching_up_put_off", error=error.message)
            return False
        return True

    async def _backfill(self, channel: str) -> None:
        try:
            await backfill(self.inbox, channel)
        except ChatError as error:
            log.warning("channel_not_caught_up", channel=channel, error=error.message)

    async def _watched(self) -> tuple[str, ...]:
        """The configured channels, else those of the bot, else those of open incidents."""
        if self.options.channels:
            return self.options.channels
        try:
            return await self.desk.chat.my_channels()
        except ChatError as error:
            log.warning("own_channels_not_read", error=error.message)
        channels: list[str] = []
        for name in await self.shelves.incidents.opened():
            incident = replay((await self.shelves.incidents.load(name)).entries)
            channels.extend([incident.place.channel] if incident else [])
        return tuple(dict.fromkeys(channels))


async def _who_we_are(chat: Chat) -> Identity:
    while True:
        try:
            return await chat.who_am_i()
        except RefusedBySlackError as refused:
            if refused.code in FATAL:
                raise FatalLinkError(refused.code) from refused
            log.warning("slack_refuses", code=refused.code)
        except (ChatError, NoAnswerError) as error:
            log.warning("slack_not_reached", error=error.message)
        await asyncio.sleep(AGAIN_SECONDS)


async def _together(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all; when the first ends, end the others and raise what it raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
