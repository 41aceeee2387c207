"""A store whose worker dies at a chosen append, before or after it is written."""

from collections.abc import Sequence

from bot.domain.claims import Claim, Index
from bot.domain.events import Entry
from bot.domain.ids import Fence, IncidentId
from bot.ports.records import Appended
from tests.fakes.incidents import MemoryIncidents
from tests.fakes.shelf import Shelf


class Killed(BaseException):
    """The process was killed here."""


class CrashingIncidents(MemoryIncidents):
    """Dies once, at the given append counted from zero."""

    def __init__(self, shelf: Shelf, at: int, *, after: bool) -> None:
        super().__init__(shelf)
        self.left = at
        self.after = after
        self.killed_at: str | None = None

    async def append(
        self,
        incident: IncidentId,
        version: int,
        entries: Sequence[Entry],
        claims: Sequence[Claim],
        index: Index,
        fence: Fence | None = None,
    ) -> Appended:
        """Append, unless this is where the process dies."""
        self.left -= 1
        dies = self.left == -1
        if dies:
            self.killed_at = type(entries[0].event).__name__
        if dies and not self.after:
            raise Killed
        done = await super().append(incident, version, entries, claims, index, fence)
        if dies:
            raise Killed
        return done
