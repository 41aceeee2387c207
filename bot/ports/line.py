"""The line of incidents that wait to be investigated, for the whole installation."""

from typing import Protocol

from bot.domain.ids import IncidentId


class Line(Protocol):
    """How many are investigated at once; a member that is not heard of for a while loses its place."""

    async def enter(self, incident: IncidentId, order: int, limit: int) -> int:
        """Be investigated now (0), or the place in line (1 is next); lower `order` goes first.

        Entering again keeps the place or the slot. Raises StoreUnavailableError.
        """
        ...

    async def leave(self, incident: IncidentId) -> IncidentId | None:
        """Give the slot or the place back; who is next in line, if anybody is."""
        ...


class NoLine:
    """Everybody is investigated at once."""

    async def enter(self, incident: IncidentId, order: int, limit: int) -> int:
        """Now."""
        del incident, order, limit
        return 0

    async def leave(self, incident: IncidentId) -> IncidentId | None:
        """Nobody waits."""
        del incident
        return None
