"""One card to Slack: posted once, found again where an answer was lost, edited in place."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

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
from bot.slack.pacing import Pacer

FIRST_CARD = "incident"
"""Posted without asking whether the channel is shared: its alert has just said so itself."""
MAX_TEXT = 3900
SOON = 0.01

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Face:
    """What a card looks like now; `state` changes where people must see it at once."""

    name: str
    text: str
    blocks: tuple[dict[str, Any], ...]
    broadcast: bool
    state: str
    shown: str = field(init=False)
    """The hash of what it shows."""

    def __post_init__(self) -> None:
        said = json.dumps([self.text, self.blocks], sort_keys=True)
        object.__setattr__(self, "shown", hashlib.sha256(said.encode()).hexdigest())


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends cards; what it answers is the seconds to wait before trying again, 0 where nothing is left."""

    chat: Chat
    cards: Cards
    people: People
    pacer: Pacer
    content: Content

    async def send(self, incident: Incident, face: Face, before: SentCard | None) -> float:
        """Bring one card up to date. Raises FatalLinkError, StoreUnavailableError."""
        if before is not None and before.shown == face.shown and not before.intent:
            return 0.0
        held = self.pacer.held(_key(incident, face))
        if held:
            return held
        try:
            if before is None or before.ref is None:
                return await self._post(incident, face, looked_for=before is not None and before.intent)
            return await self._edit(incident, face, before.ref)
        except RateLimitedError as slow:
            key = _hold_key(incident, posting=slow.method == "chat.postMessage")
            self.pacer.hold(key, slow.seconds)
            log.warning("card_rate_limited", incident=incident.id, card=face.name, seconds=slow.seconds)
            return slow.seconds
        except RefusedBySlackError as refused:
            return await self._refused(incident, face, before, refused)
        except ChatError as error:
            log.warning("card_not_sent", incident=incident.id, card=face.name, error=error.message)
            return self.pacer.failed(_key(incident, face))

    async def _post(self, incident: Incident, face: Face, *, looked_for: bool) -> float:
        held = self.pacer.held(_hold_key(incident, posting=True))
        if held:
            return held
        if looked_for:
            found = await self._found(incident, face)
            if found is not None:
                await self.cards.record(incident.id, face.name, SentCard(found, ""))
                return await self._edit(incident, face, found)
        if await self._reaches_out(incident, face):
            log.warning("card_not_for_shared_channel", incident=incident.id, card=face.name)
            return self.pacer.failed(_key(incident, face))
        await self.cards.begin(incident.id, face.name)
        ref = await self.chat.post(_posted(incident, face, face.blocks))
        await self._sent(incident, face, ref, edit=False)
        return 0.0

    async def _reaches_out(self, incident: Incident, face: Face) -> bool:
        if face.name == FIRST_CARD or self.content.policy().shared_channels_allowed:
            return False
        return await self.people.shared(incident.place.channel)

    async def _found(self, incident: Incident, face: Face) -> MessageRef | None:
        """The message of a post whose answer was lost; where Slack lets us not look, none."""
        place = incident.place
        try:
            return await self.chat.find_card(place.channel, place.thread, (incident.id, face.name))
        except RefusedBySlackError as refused:
            log.warning("card_not_looked_for", incident=incident.id, card=face.name, code=refused.code)
            return None

    async def _edit(self, incident: Incident, face: Face, ref: MessageRef) -> float:
        held = self.pacer.held(_hold_key(incident, posting=False))
        wait = max(held, self.pacer.before_edit(_key(incident, face), face.state))
        if wait > 0:
            return wait
        await self.chat.update(ref, _cut(face.text), face.blocks)
        await self._sent(incident, face, ref, edit=True)
        return 0.0

    async def _refused(
        self, incident: Incident, face: Face, before: SentCard | None, refused: RefusedBySlackError
    ) -> float:
        log.warning("card_refused", incident=incident.id, card=face.name, code=refused.code)
        ref = before.ref if before else None
        if refused.code in FATAL:
            raise FatalLinkError(refused.code)
        if refused.code in BAD_SHAPE and face.blocks:
            plain = replace(face, blocks=())
            return await self._plain(incident, face, plain, ref)
        if refused.code in MESSAGE_GONE and ref is not None:
            await self.cards.record(incident.id, face.name, SentCard(None, ""))
            return SOON
        if refused.code in OUT_OF_REACH | BAD_SHAPE:
            await self.cards.record(incident.id, face.name, SentCard(ref, face.shown))
            return 0.0
        return self.pacer.failed(_key(incident, face))

    async def _plain(self, incident: Incident, face: Face, plain: Face, ref: MessageRef | None) -> float:
        """The text alone, where Slack does not take the blocks; kept as if the whole card were shown."""
        try:
            if ref is None:
                ref = await self.chat.post(_posted(incident, plain, ()))
            else:
                await self.chat.update(ref, _cut(plain.text))
        except ChatError as error:
            log.warning("plain_card_not_sent", incident=incident.id, card=face.name, error=error.message)
            return self.pacer.failed(_key(incident, face))
        await self._sent(incident, face, ref, edit=True)
        return 0.0

    async def _sent(self, incident: Incident, face: Face, ref: MessageRef, *, edit: bool) -> None:
        self.pacer.sent(_key(incident, face), face.state, edit=edit)
        await self.cards.record(incident.id, face.name, SentCard(ref, face.shown))


def _posted(incident: Incident, face: Face, blocks: tuple[dict[str, Any], ...]) -> Post:
    return Post(
        channel=incident.place.channel,
        thread=incident.place.thread,
        text=_cut(face.text),
        blocks=blocks,
        broadcast=face.broadcast,
        card=(incident.id, face.name),
    )


def _key(incident: Incident, face: Face) -> str:
    return f"{incident.id}:{face.name}"


def _hold_key(incident: Incident, *, posting: bool) -> str:
    """Slack limits posts by channel; edits are held for this incident alone, so that others go on."""
    return f"post:{incident.place.channel}" if posting else f"edit:{incident.id}"


def _cut(text: str) -> str:
    """Slack takes 4,000 characters in an edit."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
