"""All ports together, given to each verb."""

from dataclasses import dataclass

from bot.ports.cards import Blobs, Cards, Seen
from bot.ports.content import Content
from bot.ports.records import Incidents, Queue
from bot.ports.team import Team
from bot.ports.world import Clock, Eyes, Hands, People, Roster


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
