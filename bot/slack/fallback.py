"""Where a channel takes no messages any more, who has the incident is told directly, once per state."""

from dataclasses import dataclass, field

import structlog

from bot.domain.ids import IncidentId
from bot.domain.incident import Incident
from bot.slack.chat import Chat, Post
from bot.slack.failures import ChatError
from bot.slack.views.scene import Card
from bot.slack.views.text import fit

MAX_TEXT = 3_000
KEPT = 1_000

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Fallback:
    """Direct messages instead of a card; needs no more than chat:write."""

    chat: Chat
    _told: dict[IncidentId, str] = field(default_factory=dict[IncidentId, str])

    async def tell(self, incident: Incident, card: Card, code: str) -> None:
        """Say what the card would say and why it stands nowhere; failures are logged and swallowed."""
        if not card.tell or self._told.get(incident.id) == card.state:
            return
        if len(self._told) >= KEPT:
            self._told.pop(next(iter(self._told)))
        where = f"<#{incident.place.channel}>"
        text = fit(f"I cannot write in {where} ({code}), so I tell you here. {card.message.text}", MAX_TEXT)
        for person in card.tell:
            try:
                await self.chat.post(
                    Post(person, "", f"{text}\nIncident `{incident.id}`; my Home tab shows more.")
                )
            except ChatError as error:
                log.warning("person_not_told", person=person, error=error.message)
            else:
                self._told[incident.id] = card.state
