"""The line below a thread that says what is going on; nice to have, so its failures are swallowed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase
from bot.slack.background import Background
from bot.slack.chat import Chat
from bot.slack.failures import ChatError, RefusedBySlackError

REFRESH_SECONDS = 90.0
"""Slack clears a status after two minutes."""
DOING = {
    Phase.DETECTED: "is looking into this alert…",
    Phase.TRIAGED: "is working out a plan…",
    Phase.REJECTED: "is working out another plan…",
    Phase.EXECUTING: "is carrying out the approved plan…",
    Phase.EXECUTED: "is measuring whether it helped…",
}

ANSWERING = "is looking for an answer…"

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(slots=True)
class Status:
    """What was last said below each thread, and when."""

    chat: Chat
    background: Background
    now: Callable[[], float]
    _said: dict[IncidentId, tuple[str, float]] = field(default_factory=dict[IncidentId, tuple[str, float]])
    _off: bool = False

    def follow(self, incident: Incident) -> None:
        """Say what is going on now, or clear it where nothing is."""
        idle = incident.waits or incident.paused_by is not None
        doing = "" if idle else DOING.get(incident.phase, "")
        if incident.unanswered:
            doing = ANSWERING
        text, at = self._said.get(incident.id, ("", 0.0))
        if self._off or (doing == text and (not doing or self.now() - at < REFRESH_SECONDS)):
            return
        if doing:
            self._said[incident.id] = (doing, self.now())
        else:
            self._said.pop(incident.id, None)
        self.background.start(self._say(incident, doing))

    async def _say(self, incident: Incident, doing: str) -> None:
        try:
            await self.chat.set_status(incident.place.channel, incident.place.thread, doing)
        except RefusedBySlackError as refused:
            self._off = True
            log.info("status_switched_off", code=refused.code)
        except ChatError as error:
            log.info("status_not_set", incident=incident.id, error=error.message)
