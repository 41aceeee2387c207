"""What comes in: kept before anything else, handled once, taken up again after a crash or an outage."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from pydantic import ValidationError

from bot.domain.alert import Alert, Place, Sighted
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import SECOND, At, PersonId
from bot.ports.cards import Seen
from bot.ports.content import Content
from bot.ports.world import Clock, People
from bot.slack.anchors import Anchors
from bot.slack.announcements import Announcements
from bot.slack.background import Background
from bot.slack.chat import Chat, Post
from bot.slack.failures import ChatError
from bot.slack.payloads import Envelope, Identity
from bot.slack.router import Heard, Sight, Spoken, route
from bot.slack.verbs import Verbs

LATE = 30 * SECOND
"""An event that is not handled by then is taken up again."""
SOON_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""When to try again what a store that was away left unhandled: nobody waits half a minute for a blink."""
UNSURE_KEPT = 1000
BATCH = 100
ATTEMPTS = 3
MAX_BODY = 512 * 1024

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()

Parse = Callable[[Mapping[str, Any], At], Alert | None]
"""One message of another app, and when it was received; nothing where it is no alert."""


Forced = Callable[[Mapping[str, Any], At], Alert]
"""The alert that a person says a message is."""


@dataclass(slots=True)
class Inbox:
    """Stores, deduplicates and handles events; `channels` empty means all that the bot is in."""

    me: Identity
    verbs: Verbs
    parse: Parse
    forced: Forced
    seen: Seen
    content: Content
    chat: Chat
    people: People
    clock: Clock
    background: Background
    channels: frozenset[str] = frozenset()
    soon: tuple[float, ...] = SOON_SECONDS
    _unsure: dict[str, bool] = field(default_factory=dict[str, bool])
    """Events whose storing had no answer."""
    _busy: set[str] = field(default_factory=set[str])
    _tries: Counter[str] = field(default_factory=Counter[str])

    @property
    def anchors(self) -> Anchors:
        """Shows what came over HTTP."""
        return Anchors(self.chat, self.verbs, self.clock)

    async def store(self, key: str, body: str) -> bool:
        """Keep a raw event; false for one that is known. Raises StoreUnavailableError."""
        if len(body) > MAX_BODY:
            log.warning("event_too_large", key=key, size=len(body))
            return False
        try:
            fresh = await self.seen.store(key, body)
        except StoreUnavailableError:
            # It may be stored all the same: known then when Slack sends it again, and begun by nobody.
            self._unsure[key] = True
            while len(self._unsure) > UNSURE_KEPT:
                self._unsure.pop(next(iter(self._unsure)))
            raise
        return self._unsure.pop(key, fresh)

    def start(self, key: str, body: str) -> None:
        """Handle a stored event beside everything else."""
        if key not in self._busy:
            self._busy.add(key)
            self.background.start(self._until_handled(key, body), f"event {key}")

    async def sweep(self, older_than: At) -> int:
        """Handle what was stored before this moment and never finished; how many there were."""
        rows = await self.seen.unfinished(older_than, BATCH)
        waiting = [(key, body) for key, body in rows if key not in self._busy]
        for key, body in waiting:
            self._busy.add(key)
            try:
                await self._run(key, body, again=True)
            finally:
                self._busy.discard(key)
        return len(waiting)

    async def _until_handled(self, key: str, body: str) -> None:
        """Handle an event, again soon where the store was lost meanwhile; what is left is the sweep's."""
        try:
            again = False
            for seconds in (*self.soon, 0.0):
                if await self._run(key, body, again=again):
                    return
                again = True
                await asyncio.sleep(seconds)
        finally:
            self._busy.discard(key)

    async def _run(self, key: str, body: str, *, again: bool) -> bool:
        """False where the store was lost."""
        try:
            if await self._tried(key, body, again=again):
                await self.seen.done(key)
        except StoreUnavailableError as error:
            log.warning("event_left_for_later", key=key, error=error.message)
            return False
        return True

    async def _tried(self, key: str, body: str, *, again: bool) -> bool:
        """Whether the event is over: handled, of no use, or failed too often."""
        try:
            await self._handle(Envelope.model_validate_json(body), again=again)
        except StoreUnavailableError:
            raise
        except ChatError as error:
            # nothing is lost while Slack refuses or is away: the sweep takes it up again
            log.warning("event_left_for_later", key=key, error=error.message)
            return False
        except ValidationError as error:
            log.warning("event_not_understood", key=key, problems=error.error_count())
        except Exception:
            # the outermost loop of one event: whatever goes wrong with it must not end the process
            self._tries[key] += 1
            log.exception("event_failed", key=key, tries=self._tries[key])
            return self._tries[key] >= ATTEMPTS
        self._tries.pop(key, None)
        return True

    async def _handle(self, envelope: Envelope, *, again: bool) -> None:
        await Announcements(self.me, self.seen, self.content).keep(envelope, again=again)
        about = route(envelope, self.me)
        if about is None or not (isinstance(about, Heard) or self._welcome(envelope, about.channel)):
            return
        # taken up again: this very event set the mark before it failed
        if not await self.seen.first(about.key) and not again:
            return
        match about:
            case Sight():
                await self._sighted(envelope, about)
                await self.seen.note_ts(about.channel, about.ts)
            case Heard() if not await self.reaches_out(about.channel):
                await self.anchors.heard(envelope.team_id, about, again=again)
            case Spoken() if not await self.reaches_out(about.channel):
                await self._spoken(envelope, about)
            case Spoken() | Heard():
                log.warning("shared_channel_refused", channel=about.channel)

    def _welcome(self, envelope: Envelope, channel: str) -> bool:
        if self.channels and channel not in self.channels:
            return False
        if envelope.is_ext_shared_channel and not self.content.policy().shared_channels_allowed:
            log.warning("shared_channel_refused", channel=channel)
            return False
        return True

    async def reaches_out(self, channel: str) -> bool:
        """Whether a channel is shared with another organisation and the policy wants none such."""
        return not self.content.policy().shared_channels_allowed and await self.people.shared(channel)

    async def _sighted(self, envelope: Envelope, sight: Sight) -> None:
        alert = self.parse(sight.message, self.clock.now())
        if alert is None:
            return
        place = Place(envelope.team_id, sight.channel, sight.ts)
        await self.verbs.alert_seen(Sighted(alert, place, None))

    async def _spoken(self, envelope: Envelope, spoken: Spoken) -> None:
        place = Place(envelope.team_id, spoken.channel, spoken.thread)
        reply = await self.verbs.asked(place, PersonId(spoken.person), spoken.ts, spoken.text)
        if reply is None:
            return
        try:
            await self.chat.post(Post(spoken.channel, spoken.thread, reply))
        except ChatError as error:
            log.warning("reply_not_posted", channel=spoken.channel, error=error.message)


async def backfill(inbox: Inbox, channel: str) -> int:
    """Take up the alerts of a channel that came while nobody listened; how many messages were looked at."""
    last = await inbox.seen.last_ts(channel)
    if last is None:
        # nothing is known of this channel yet: begin now instead of reading its past
        now = inbox.clock.now()
        await inbox.seen.note_ts(channel, f"{now // SECOND}.{now % SECOND:03d}000")
        return 0
    rows = await inbox.chat.history(channel, _with_overlap(last))
    reaches_out = bool(rows) and await inbox.people.shared(channel)
    for row in rows:
        key = f"backfill:{channel}:{row.get('ts', '')}"
        body = _enveloped(inbox.me.team_id, key, {**row, "type": "message", "channel": channel}, reaches_out)
        if body is not None and await inbox.store(key, body.model_dump_json()):
            inbox.start(key, body.model_dump_json())
    return len(rows)


def _with_overlap(last: str) -> str:
    """Five minutes earlier, since messages may be handled out of order; known ones are skipped."""
    seconds, _, fraction = last.partition(".")
    return f"{max(int(seconds) - 300, 0)}.{fraction or '000000'}"


def _enveloped(team: str, key: str, event: dict[str, Any], shared: bool) -> Envelope | None:  # noqa: FBT001 - a fact
    try:
        return Envelope(event_id=key, team_id=team, is_ext_shared_channel=shared, event=event)
    except ValidationError:
        return None
