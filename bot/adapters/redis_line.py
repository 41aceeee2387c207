"""The line of incidents that wait to be investigated, in Redis or Valkey; the server's clock counts."""

from bot.adapters.redis_client import Link
from bot.domain.ids import SECOND, IncidentId

SLOT_SECONDS = 10
"""A slot whose holder died is free after this; holders enter again at a third of it."""
SILENT_SECONDS = 15
"""Who waits asks again about every second; who is silent for this long has lost its place."""


class RedisLine:
    """One line for all think processes."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._keys = tuple(link.key("line", name) for name in ("slots", "waiting", "heard"))

    async def enter(self, incident: IncidentId, order: int, limit: int) -> int:
        """Be investigated now (0), or the place in line."""
        args = (incident, order, limit, SLOT_SECONDS * SECOND, SILENT_SECONDS * SECOND)
        return int(await self._link.run("enter", self._keys, args))

    async def leave(self, incident: IncidentId) -> IncidentId | None:
        """Give the slot or the place back; who is next."""
        following = await self._link.run("leave", self._keys, (incident,))
        return None if following is None else IncidentId(following.decode())
