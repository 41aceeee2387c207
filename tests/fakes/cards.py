"""In-memory twins of what was sent to Slack, what came from it, and the bytes of evidence."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace

from bot.domain.evidence import Sighting
from bot.domain.ids import At, EvidenceId, IncidentId
from bot.domain.spoken import Spoken
from bot.ports.cards import Announcement, MessageRef, Progress, SentCard
from tests.fakes.shelf import Shelf


@dataclass(slots=True)
class MemoryCards:
    """The incident's messages in dictionaries."""

    shelf: Shelf
    cards: dict[IncidentId, dict[str, SentCard]] = field(
        default_factory=lambda: defaultdict[IncidentId, dict[str, SentCard]](dict[str, SentCard])
    )
    turns: set[IncidentId] = field(default_factory=set[IncidentId])

    async def dirty(self, limit: int) -> Mapping[IncidentId, int]:
        """Those that lag behind, newest change first."""
        self.shelf.check()
        newest = sorted(self.shelf.dirty.items(), key=lambda item: item[1], reverse=True)
        return dict(newest[:limit])

    async def wait(self, seconds: float) -> None:
        """Return at the next mark, at the latest after this time."""
        self.shelf.check()
        try:
            await asyncio.wait_for(self.shelf.wake.wait(), seconds)
        except TimeoutError:
            return
        self.shelf.wake.clear()

    async def mark(self, incident: IncidentId) -> None:
        """Mark the cards; a clean that started before does not take this mark away."""
        self.shelf.check()
        number, progress = self.shelf.progress.get(incident, (0, None))
        self.shelf.progress[incident] = (number + 1, progress)
        self.shelf.mark(incident)

    async def clean(self, incident: IncidentId, version: int, progress: int) -> bool:
        """Take the mark away if nothing has changed."""
        self.shelf.check()
        number, _ = self.shelf.progress.get(incident, (0, None))
        if len(self.shelf.entries.get(incident, ())) != version or number != progress:
            return False
        self.shelf.dirty.pop(incident, None)
        return True

    def turn(self, incident: IncidentId) -> AbstractAsyncContextManager[bool]:
        """Be the only one to send."""
        return self._turn(incident)

    @asynccontextmanager
    async def _turn(self, incident: IncidentId) -> AsyncGenerator[bool]:
        self.shelf.check()
        if incident in self.turns:
            yield False
            return
        self.turns.add(incident)
        try:
            yield True
        finally:
            self.turns.discard(incident)

    async def sent(self, incident: IncidentId) -> dict[str, SentCard]:
        """The cards that were sent or begun."""
        self.shelf.check()
        return dict(self.cards[incident])

    async def begin(self, incident: IncidentId, card: str) -> None:
        """Note that a card is about to be posted."""
        self.shelf.check()
        earlier = self.cards[incident].get(card, SentCard(None, ""))
        self.cards[incident][card] = replace(earlier, intent=True)

    async def record(self, incident: IncidentId, card: str, sent: SentCard) -> None:
        """Note what was sent."""
        self.shelf.check()
        self.cards[incident][card] = sent

    async def find(self, ref: MessageRef) -> tuple[IncidentId, str] | None:
        """Which card a message is."""
        self.shelf.check()
        found = [(i, card) for i, sent in self.cards.items() for card, it in sent.items() if it.ref == ref]
        return found[0] if found else None

    async def report_progress(self, incident: IncidentId, progress: Progress) -> None:
        """Keep the newest progress."""
        self.shelf.check()
        number, _ = self.shelf.progress.get(incident, (0, None))
        self.shelf.progress[incident] = (number + 1, progress)
        self.shelf.mark(incident)

    async def progress(self, incident: IncidentId) -> tuple[int, Progress | None]:
        """The newest progress with its number."""
        self.shelf.check()
        return self.shelf.progress.get(incident, (0, None))


@dataclass(slots=True)
class MemorySeen:
    """What came in, in dictionaries."""

    shelf: Shelf
    stored: dict[str, tuple[At, str]] = field(default_factory=dict[str, tuple[At, str]])
    handled: set[str] = field(default_factory=set[str])
    firsts: set[str] = field(default_factory=set[str])
    newest: dict[str, str] = field(default_factory=dict[str, str])
    said: dict[str, list[Announcement]] = field(default_factory=dict[str, list[Announcement]])

    async def store(self, key: str, body: str) -> bool:
        """Keep a raw event."""
        self.shelf.check()
        if key in self.stored:
            return False
        self.stored[key] = (self.shelf.clock.now(), body)
        return True

    async def done(self, key: str) -> None:
        """Note that an event was handled."""
        self.shelf.check()
        self.handled.add(key)

    async def unfinished(self, older_than: At, limit: int) -> tuple[tuple[str, str], ...]:
        """Stored and not handled, oldest first."""
        self.shelf.check()
        waiting = sorted((at, key) for key, (at, _) in self.stored.items() if key not in self.handled)
        return tuple((key, self.stored[key][1]) for at, key in waiting if at <= older_than)[:limit]

    async def first(self, key: str) -> bool:
        """Whether this key is new."""
        self.shelf.check()
        new = key not in self.firsts
        self.firsts.add(key)
        return new

    async def last_ts(self, channel: str) -> str | None:
        """The newest message handled in a channel."""
        self.shelf.check()
        return self.newest.get(channel)

    async def note_ts(self, channel: str, ts: str) -> None:
        """Move forward, never back."""
        self.shelf.check()
        if _moment(ts) > _moment(self.newest.get(channel, "0.0")):
            self.newest[channel] = ts

    async def announce(self, channel: str, said: Announcement) -> None:
        """Keep what was said, once."""
        self.shelf.check()
        kept = dict.fromkeys((*self.said.get(channel, ()), said))
        self.said[channel] = sorted(kept, key=lambda one: one.at)[-500:]

    async def announced(self, channel: str, since: At) -> tuple[Announcement, ...]:
        """What was said from a moment on."""
        self.shelf.check()
        return tuple(one for one in self.said.get(channel, ()) if one.at >= since)


def _moment(ts: str) -> tuple[int, str]:
    seconds, _, fraction = ts.partition(".")
    return int(seconds), fraction


@dataclass(slots=True)
class MemoryBlobs:
    """Sightings by evidence id."""

    shelf: Shelf
    sightings: dict[EvidenceId, Sighting] = field(default_factory=dict[EvidenceId, Sighting])
    said: dict[tuple[IncidentId, str], Spoken] = field(default_factory=dict[tuple[IncidentId, str], Spoken])

    async def put(self, sighting: Sighting) -> None:
        """Keep a sighting."""
        self.shelf.check()
        self.sightings[sighting.evidence.id] = sighting

    async def get(self, evidence: EvidenceId) -> Sighting | None:
        """The sighting of that id."""
        self.shelf.check()
        return self.sightings.get(evidence)

    async def keep_spoken(self, spoken: Spoken) -> None:
        """Keep what was said."""
        self.shelf.check()
        self.said[spoken.incident, spoken.key] = spoken

    async def spoken(self, incident: IncidentId, key: str) -> Spoken | None:
        """What was said in that run."""
        self.shelf.check()
        return self.said.get((incident, key))
