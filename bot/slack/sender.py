"""One card to Slack: posted once, found again where an answer was lost, edited in place."""

import hashlib
import json
from dataclasses import dataclass, replace

import structlog

from bot.domain.incident import Incident
from bot.ports.cards import Cards, MessageRef, SentCard
from bot.ports.content import Content
from bot.ports.world import People
from bot.slack.chat import Chat, Post
from bot.slack.failures import (
    BAD_SHAPE,
    FATAL,
    MESSAGE_GONE,
    OUT_OF_REACH,
    ChatError,
    FatalLinkError,
    RateLimitedError,
    RefusedBySlackError,
)
from bot.slack.fallback import Fallback
from bot.slack.pacing import Pacer
from bot.slack.pictures import Pictures
from bot.slack.streams import Streams
from bot.slack.troubles import SHARED, note_trouble
from bot.slack.views.blocks import Block
from bot.slack.views.scene import Card, Upload
from bot.slack.views.text import fit

FIRST_CARD = "incident"
"""Posted without asking whether the channel is shared: its alert has just said so itself."""
UNHURRIED = ("chart", "report")
"""Cards that let others go first where many incidents share a channel."""
MAX_TEXT = 3900
"""Slack takes 4,000 characters in an edit."""
SOON = 0.01
STILL_STREAMED = "streaming_state_conflict"
"""A former process began to stream this message."""

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends cards; what it answers is the seconds to wait before trying again, 0 where nothing is left."""

    chat: Chat
    cards: Cards
    people: People
    pacer: Pacer
    content: Content
    streams: Streams
    fallback: Fallback
    pictures: Pictures

    async def send(self, incident: Incident, card: Card, before: SentCard | None) -> float:
        """Bring one card up to date. Raises FatalLinkError, StoreUnavailableError."""
        if before is not None and before.shown == shown_of(card) and not before.intent:
            return 0.0
        held = self.pacer.held(_key(incident, card))
        if held:
            return held
        try:
            streamed = await self._streamed(incident, card, before)
            if streamed is not None:
                return streamed
            before = (await self.cards.sent(incident.id)).get(card.name) if card.grows else before
            if before is None or before.ref is None:
                return await self._post(incident, card, looked_for=before is not None and before.intent)
            return await self._edit(incident, card, before.ref)
        except RateLimitedError as slow:
            key = _hold_key(incident, posting=slow.method == "chat.postMessage")
            self.pacer.hold(key, slow.seconds)
            log.warning("card_rate_limited", incident=incident.id, card=card.name, seconds=slow.seconds)
            return slow.seconds
        except RefusedBySlackError as refused:
            return await self._refused(incident, card, before, refused)
        except ChatError as error:
            log.warning("card_not_sent", incident=incident.id, card=card.name, error=error.message)
            return self.pacer.failed(_key(incident, card))

    async def _streamed(self, incident: Incident, card: Card, before: SentCard | None) -> float | None:
        """Let a growing card grow where Slack streams it; a whole one ends its stream and is edited."""
        if card.grows is None:
            await self.streams.end(incident, card)
            return None
        if before is None and await self._reaches_out(incident, card):
            return None
        return await self.streams.grow(incident, card, card.grows, before)

    async def _post(self, incident: Incident, card: Card, *, looked_for: bool) -> float:
        held = self.pacer.held(_hold_key(incident, posting=True))
        if held:
            return held
        if looked_for:
            found = await self._found(incident, card)
            if found is not None and card.upload is not None:
                await self.cards.record(incident.id, card.name, SentCard(None, shown_of(card)))
                return 0.0
            if found is not None:
                await self.cards.record(incident.id, card.name, SentCard(found, ""))
                return await self._edit(incident, card, found)
        if await self._reaches_out(incident, card):
            log.warning("card_not_for_shared_channel", incident=incident.id, card=card.name)
            await note_trouble(self.cards, incident.id, card.name, SHARED)
            return self.pacer.failed(_key(incident, card))
        channel = incident.place.channel
        wait = self.pacer.before_post(channel, urgent=not card.name.startswith(UNHURRIED))
        if wait > 0:
            return wait
        try:
            await self._posted_now(incident, card)
        finally:
            self.pacer.post_ended(channel)
        return 0.0

    async def _posted_now(self, incident: Incident, card: Card) -> None:
        await self.cards.begin(incident.id, card.name)
        if card.upload is not None and await self._uploaded(incident, card, card.upload):
            return
        ref = await self.chat.post(_posted(incident, card, await self.pictures.blocks_of(card)))
        await self._sent(incident, card, ref)

    async def _uploaded(self, incident: Incident, card: Card, upload: Upload) -> bool:
        """Post the card as a file in the thread; false where Slack takes none, so that it is a message.

        Slack names no message of ours for it: it is never edited.
        """
        place = incident.place
        try:
            await self.chat.upload(place.channel, place.thread, upload)
        except RefusedBySlackError as refused:
            log.warning("file_refused", incident=incident.id, card=card.name, code=refused.code)
            return False
        await self.cards.record(incident.id, card.name, SentCard(None, shown_of(card)))
        return True

    async def _reaches_out(self, incident: Incident, card: Card) -> bool:
        if card.name == FIRST_CARD or self.content.policy().shared_channels_allowed:
            return False
        return await self.people.shared(card.channel or incident.place.channel)

    async def _found(self, incident: Incident, card: Card) -> MessageRef | None:
        """The message of a post whose answer was lost; where Slack lets us not look, none."""
        place = incident.place
        try:
            if card.upload is not None:
                return await self.chat.find_file(place.channel, place.thread, card.upload.name)
            if card.channel:
                return await self.chat.find_root(card.channel, incident.opened_at, (incident.id, card.name))
            return await self.chat.find_card(place.channel, place.thread, (incident.id, card.name))
        except RefusedBySlackError as refused:
            log.warning("card_not_looked_for", incident=incident.id, card=card.name, code=refused.code)
            return None

    async def _edit(self, incident: Incident, card: Card, ref: MessageRef) -> float:
        held = self.pacer.held(_hold_key(incident, posting=False))
        wait = held or self.pacer.before_edit(_key(incident, card), card.state)
        if wait > 0:
            return wait
        try:
            await self._updated(incident, card, ref)
        finally:
            self.pacer.edit_ended()
        await self._sent(incident, card, ref)
        return 0.0

    async def _updated(self, incident: Incident, card: Card, ref: MessageRef) -> None:
        blocks = await self.pictures.blocks_of(card)
        try:
            await self.chat.update(ref, fit(card.message.text, MAX_TEXT), blocks)
        except RefusedBySlackError as refused:
            if refused.code != STILL_STREAMED:
                raise
            await self.streams.stop(ref, (incident.id, card.name))
            await self.chat.update(ref, fit(card.message.text, MAX_TEXT), blocks)

    async def _refused(
        self, incident: Incident, card: Card, before: SentCard | None, refused: RefusedBySlackError
    ) -> float:
        log.warning("card_refused", incident=incident.id, card=card.name, code=refused.code)
        ref = before.ref if before else None
        if refused.code in FATAL:
            raise FatalLinkError(refused.code)
        await note_trouble(self.cards, incident.id, card.name, refused.code)
        if refused.code in BAD_SHAPE and card.message.blocks:
            plain = replace(card, message=replace(card.message, blocks=()), picture=None)
            return await self._plain(incident, card, plain, ref)
        if refused.code in MESSAGE_GONE and ref is not None:
            await self.cards.record(incident.id, card.name, SentCard(None, ""))
            return SOON
        if refused.code in OUT_OF_REACH | BAD_SHAPE:
            await self.fallback.tell(incident, card, refused.code)
            await self.cards.record(incident.id, card.name, SentCard(ref, shown_of(card)))
            return 0.0
        return self.pacer.failed(_key(incident, card))

    async def _plain(self, incident: Incident, card: Card, plain: Card, ref: MessageRef | None) -> float:
        """The text alone, where Slack does not take the blocks; kept as if the whole card were shown."""
        try:
            if ref is None:
                ref = await self.chat.post(_posted(incident, plain, ()))
            else:
                await self.chat.update(ref, fit(plain.message.text, MAX_TEXT))
        except ChatError as error:
            log.warning("plain_card_not_sent", incident=incident.id, card=card.name, error=error.message)
            return self.pacer.failed(_key(incident, card))
        await self._sent(incident, card, ref)
        return 0.0

    async def _sent(self, incident: Incident, card: Card, ref: MessageRef) -> None:
        self.pacer.sent(_key(incident, card), card.state)
        await self.cards.record(incident.id, card.name, SentCard(ref, shown_of(card)))


def _posted(incident: Incident, card: Card, blocks: tuple[Block, ...]) -> Post:
    return Post(
        channel=card.channel or incident.place.channel,
        thread="" if card.channel else incident.place.thread,
        text=fit(card.message.text, MAX_TEXT),
        blocks=blocks,
        broadcast=card.broadcast,
        card=(incident.id, card.name),
    )


def _key(incident: Incident, card: Card) -> str:
    return f"{incident.id}:{card.name}"


def _hold_key(incident: Incident, *, posting: bool) -> str:
    """Slack limits posts by channel; edits are held for this incident alone, so that others go on."""
    return f"post:{incident.place.channel}" if posting else f"edit:{incident.id}"


def shown_of(card: Card) -> str:
    """The hash of what a card shows."""
    said = json.dumps([card.message.text, card.message.blocks], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()
