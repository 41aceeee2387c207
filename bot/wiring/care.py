"""What people do around an incident, bound to the ports of this process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.domain.alert import Sighted
from bot.domain.decision import Refused
from bot.domain.ids import IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.teamwork import FeedbackGiven
from bot.flow.approval import standing
from bot.flow.asking import investigate
from bot.flow.conductor import load
from bot.flow.feedback import feedback
from bot.flow.muting import mute
from bot.flow.ownership import own
from bot.flow.responders import NOT_A_RESPONDER, is_responder
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.slack.verbs import Care

OVER = "This message says that something is over, and nothing of it is open. Nothing was changed."
TAKEN_UP = "I am on it: the card is in the alert's thread."

Seen = Callable[[Sighted], Awaitable[IncidentId | None]]


@dataclass(frozen=True, slots=True)
class Caring:
    """The verbs bound to the ports; `alert_seen` takes up an alert like any other."""

    ports: Ports
    alert_seen: Seen

    def care(self) -> Care:
        """All that listeners may call."""
        return Care(self._own, self._mute, self._feedback, self._investigate, self._adopt, self._standing)

    async def _own(self, incident: IncidentId, owner: PersonId | None, by: PersonId, note: str) -> str:
        return await own(self.ports, incident, owner, by, note)

    async def _mute(self, incident: IncidentId, person: PersonId, hours: int) -> str:
        return await mute(self.ports, incident, person, hours)

    async def _feedback(self, incident: IncidentId, said: FeedbackGiven) -> str:
        return await feedback(self.ports, incident, said)

    async def _investigate(self, incident: IncidentId, person: PersonId) -> str:
        return await investigate(self.ports, table, incident, person)

    async def _adopt(self, sighted: Sighted, person: PersonId) -> str:
        """Anybody's message becomes an alert, and is investigated whatever its severity."""
        if not await is_responder(self.ports, person):
            return NOT_A_RESPONDER
        name = await self.alert_seen(sighted)
        if name is None:
            return OVER
        if (await load(self.ports, name)).waits:
            await investigate(self.ports, table, name, person)
        return TAKEN_UP

    async def _standing(self, incident: Incident, person: PersonId) -> Refused | None:
        return await standing(self.ports, incident, person)
