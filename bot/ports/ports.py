"""All ports together, given to each verb."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.domain.events import Entry
from bot.domain.ids import IncidentId
from bot.ports.cards import Blobs, Cards, Seen
from bot.ports.content import Content
from bot.ports.line import Line, NoLine
from bot.ports.memory import NoShelf, Shelf
from bot.ports.paging import NoPager, Pager
from bot.ports.records import Incidents, Queue
from bot.ports.team import Silent, Speaker, Team
from bot.ports.world import Clock, Eyes, Hands, People, Roster


def untold(incident: IncidentId, entry: Entry) -> None:
    """Nobody listens."""
    del incident, entry


@dataclass(frozen=True, slots=True)
class Ports:
    """All that verbs may reach; given to each of them."""

    incidents: Incidents
    queue: Queue
    cards: Cards
    seen: Seen
    blobs: Blobs
    content: Content
    people: People
    roster: Roster
    team: Team
    eyes: Eyes
    hands: Hands
    clock: Clock
    speaker: Speaker = field(default_factory=Silent)
    line: Line = field(default_factory=NoLine)
    pager: Pager = field(default_factory=NoPager)
    memory: Shelf = field(default_factory=NoShelf)
    told: Callable[[IncidentId, Entry], None] = untold
    """Is told of every entry after it was appended, for logs and metrics."""
