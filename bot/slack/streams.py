"""Answers that grow in the thread while they are written: Slack's streams, where Slack allows them.

What is streamed is literal text in blocks, so no mention and no link can form in it, and it is never the last
word: the finished card takes its place by an edit.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.domain.incident import Incident
from bot.ports.cards import Cards, MessageRef, SentCard
from bot.slack.chat import Chat
from bot.slack.failures import FATAL, ChatError, FatalLinkError, NoAnswerError, RefusedBySlackError
from bot.slack.views.blocks import long_prose
from bot.slack.views.scene import Card, Growing

GAP_SECONDS = 0.7
"""Between two appends to one message."""
MOST_APPENDS = 40
"""Slack takes 50 streamed blocks in one message."""
LENGTH = 2_800
STREAMED = "streamed"
"""What a streamed message shows, instead of a hash: never equal to a card's."""
UNKNOWN_METHODS = frozenset({"unknown_method", "method_not_supported", "feature_disabled", "not_allowed"})

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(slots=True)
class _Live:
    ref: MessageRef
    said: str
    at: float
    appends: int = 1


@dataclass(slots=True)
class Streams:
    """The messages that this process streams; `team` is the workspace of their readers, `now` counts seconds.

    A process that starts anew streams none of the former ones: they are edited to their end.
    """

    chat: Chat
    cards: Cards
    team: str
    now: Callable[[], float]
    _live: dict[tuple[str, str], _Live] = field(default_factory=dict[tuple[str, str], _Live])
    _fallen: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    _off: bool = False

    async def grow(
        self, incident: Incident, card: Card, grows: Growing, before: SentCard | None
    ) -> float | None:
        """Bring a growing card further; the seconds to wait, or nothing where it must be posted and edited.

        Raises RateLimitedError and FatalLinkError.
        """
        key = (incident.id, card.name)
        live = self._live.get(key)
        if self._off or key in self._fallen or (live is None and before is not None):
            return None
        try:
            if live is None:
                await self._start(incident, card, grows)
                return 0.0
            return await self._append(live, grows.text)
        except RefusedBySlackError as refused:
            await self._fall(incident, card, refused)
        except NoAnswerError as lost:
            log.info("stream_lost", incident=incident.id, card=card.name, error=lost.message)
            await self._drop(incident, card)
        return None

    async def end(self, incident: Incident, card: Card) -> None:
        """Stop streaming this card, so that it can be edited; harmless where it is not streamed."""
        key = (incident.id, card.name)
        live = self._live.pop(key, None)
        self._fallen.discard(key)
        if live is not None:
            await self.stop(live.ref, key)

    async def stop(self, ref: MessageRef, card: tuple[str, str]) -> None:
        """Stop a stream of whichever process; a failure is no matter, since the edit will tell."""
        try:
            await self.chat.stop_stream(ref, card)
        except ChatError as error:
            log.info("stream_not_stopped", incident=card[0], card=card[1], error=error.message)

    async def _start(self, incident: Incident, card: Card, grows: Growing) -> None:
        await self.cards.begin(incident.id, card.name)
        place = incident.place
        ref = await self.chat.start_stream(
            place.channel, place.thread, (grows.person, self.team), long_prose(grows.text, LENGTH)
        )
        self._live[incident.id, card.name] = _Live(ref, grows.text, self.now())
        await self.cards.record(incident.id, card.name, SentCard(ref, STREAMED))

    async def _append(self, live: _Live, text: str) -> float | None:
        more = text.removeprefix(live.said)
        if not text.startswith(live.said):
            raise RefusedBySlackError("chat.appendStream", "the text has changed")
        if not more.strip() or live.appends >= MOST_APPENDS:
            return 0.0
        wait = live.at + GAP_SECONDS - self.now()
        if wait > 0:
            return wait
        await self.chat.append_stream(live.ref, long_prose(more, LENGTH))
        live.said, live.at, live.appends = text, self.now(), live.appends + 1
        return 0.0

    async def _fall(self, incident: Incident, card: Card, refused: RefusedBySlackError) -> None:
        log.info("stream_refused", incident=incident.id, card=card.name, code=refused.code)
        if refused.code in FATAL - {"missing_scope"}:
            raise FatalLinkError(refused.code)
        self._off = self._off or refused.code in UNKNOWN_METHODS
        await self._drop(incident, card)

    async def _drop(self, incident: Incident, card: Card) -> None:
        await self.end(incident, card)
        self._fallen.add((incident.id, card.name))
