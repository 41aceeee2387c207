"""What the contract suite sees of a store, whichever it is."""

import time
from dataclasses import dataclass

from bot.domain.ids import At
from bot.ports.cards import Blobs, Cards, Seen
from bot.ports.records import Incidents
from bot.ports.world import Clock


@dataclass(frozen=True, slots=True)
class RealClock:
    """The wall clock, since a real server has no other."""

    def now(self) -> At:
        return At(time.time_ns() // 1_000_000)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}-{time.time_ns()}"


@dataclass(frozen=True, slots=True)
class Store:
    """What the suite sees: the ports alone, and two views of the same store as two processes have them."""

    incidents: Incidents
    other: Incidents
    cards: Cards
    seen: Seen
    blobs: Blobs
    clock: Clock
