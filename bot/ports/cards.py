"""What was sent to Slack, what came from it, and the bytes of evidence."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.domain.evidence import Sighting
from bot.domain.ids import At, EvidenceId, IncidentId
from bot.domain.spoken import Spoken


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message that was sent: channel and ts."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Words:
    """An answer as far as it is written and checked: the ts of its question, the text so far."""

    ts: str
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """What the team is doing now, for the card; not an event of the incident."""

    stage: str
    tasks: tuple[tuple[str, str], ...]
    """Pairs of title and status: pending, in_progress, complete, error."""
    answering: Words | None = None


@dataclass(frozen=True, slots=True)
class SentCard:
    """A card that was sent: its message and the hash of what it showed."""

    ref: MessageRef | None
    shown: str
    intent: bool = False
    """A post was begun and its answer never seen: look for the message before posting again."""


class Cards(Protocol):
    """What the incident's messages are and which of them lag behind."""

    async def dirty(self, limit: int) -> Mapping[IncidentId, int]:
        """Incidents whose cards lag behind, newest change first, each with when it was marked last (ms)."""
        ...

    async def wait(self, seconds: float) -> None:
        """Return when cards may have become dirty (or for nothing), at the latest after this time."""
        ...

    async def mark(self, incident: IncidentId) -> None:
        """Mark the cards as lagging behind; the progress number grows, so a clean from before fails."""
        ...

    async def clean(self, incident: IncidentId, version: int, progress: int) -> bool:
        """Take the mark away if nothing has changed since this version and progress number."""
        ...

    def turn(self, incident: IncidentId) -> AbstractAsyncContextManager[bool]:
        """Be the only one to send this incident's cards; false where another process does."""
        ...

    async def sent(self, incident: IncidentId) -> dict[str, SentCard]:
        """The cards that were sent (or begun), by name."""
        ...

    async def begin(self, incident: IncidentId, card: str) -> None:
        """Note that a card is about to be posted."""
        ...

    async def record(self, incident: IncidentId, card: str, sent: SentCard) -> None:
        """Note what was sent."""
        ...

    async def find(self, ref: MessageRef) -> tuple[IncidentId, str] | None:
        """Which incident's which card a message is."""
        ...

    async def report_progress(self, incident: IncidentId, progress: Progress) -> None:
        """Keep the newest progress and mark the cards dirty."""
        ...

    async def progress(self, incident: IncidentId) -> tuple[int, Progress | None]:
        """The newest progress and a number that grows with every report and mark (0 at first)."""
        ...


@dataclass(frozen=True, slots=True)
class Announcement:
    """A message of a deploy channel: when, by whom, and its text as it was written."""

    at: At
    who: str
    text: str


class Seen(Protocol):
    """What came in from Slack, stored before anything else, and what of it was handled."""

    async def store(self, key: str, body: str) -> bool:
        """Keep a raw event; false where this key was stored before. Raises StoreUnavailableError."""
        ...

    async def done(self, key: str) -> None:
        """Note that an event was handled."""
        ...

    async def unfinished(self, older_than: At, limit: int) -> tuple[tuple[str, str], ...]:
        """Events that were stored and not handled: key and body."""
        ...

    async def first(self, key: str) -> bool:
        """Whether this key is seen for the first time (kept for a day)."""
        ...

    async def last_ts(self, channel: str) -> str | None:
        """The newest message handled in a channel."""
        ...

    async def note_ts(self, channel: str, ts: str) -> None:
        """Move the newest message handled in a channel forward."""
        ...

    async def announce(self, channel: str, said: Announcement) -> None:
        """Keep what was said in a deploy channel; the newest 500 of a channel, for a week."""
        ...

    async def announced(self, channel: str, since: At) -> tuple[Announcement, ...]:
        """What was said in a deploy channel from this moment on, oldest first."""
        ...


class Blobs(Protocol):
    """The bytes of evidence, and what models said; both end by themselves."""

    async def put(self, sighting: Sighting) -> None:
        """Keep a sighting under its evidence id."""
        ...

    async def get(self, evidence: EvidenceId) -> Sighting | None:
        """The sighting of that id."""
        ...

    async def keep_spoken(self, spoken: Spoken) -> None:
        """Keep what the models were asked and answered in one run."""
        ...

    async def spoken(self, incident: IncidentId, key: str) -> Spoken | None:
        """What was said in the run of that key; nothing where it was not kept, or no longer."""
        ...
