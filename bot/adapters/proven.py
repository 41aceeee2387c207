"""What hands act upon: a record whose chain holds, so that nobody approves by writing in the store."""

from dataclasses import dataclass

from bot.adapters.redis_incidents import RedisIncidents
from bot.domain.errors import ExecutorRefusedError
from bot.domain.ids import IncidentId
from bot.ports.records import Loaded


@dataclass(frozen=True, slots=True)
class ProvenRecords:
    """Reads an incident and proves what was read, byte for byte, before anything is done by it."""

    incidents: RedisIncidents

    async def load(self, incident: IncidentId) -> Loaded:
        """All entries; raises ExecutorRefusedError where one was not written by whoever holds the key."""
        loaded, problems = await self.incidents.examined(incident)
        if problems:
            raise ExecutorRefusedError(
                "RECORD_BROKEN",
                f"The record of this incident was tampered with ({problems[0]}), so nothing is done by it. "
                f"greenlight audit verify {incident} says more.",
            )
        return loaded
