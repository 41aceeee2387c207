"""Gives an alert that came over HTTP its message in the channel, once, and hands it to the flow."""

from dataclasses import dataclass

import structlog

from bot.domain.alert import Alert, AlertStatus, Place, Sighted
from bot.domain.ids import MINUTE
from bot.ports.world import Clock
from bot.slack.alerts.webhook import alert_in
from bot.slack.chat import Chat, Post
from bot.slack.router import Heard
from bot.slack.verbs import Verbs
from bot.slack.views.anchor import anchor_text

CARD = "anchor"
LOOKED_BACK = 60 * MINUTE

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Anchors:
    """Raises ChatError where Slack does not take the message: the event is taken up again later."""

    chat: Chat
    verbs: Verbs
    clock: Clock

    async def heard(self, workspace: str, alert: Heard, *, again: bool) -> None:
        """Show the alert where nothing shows it yet; then it is an alert like any other."""
        read = alert_in(alert.alert, self.clock.now())
        place = await self.verbs.home_of(read)
        if place is None and read.status is not AlertStatus.FIRING:
            return
        if place is None:
            place = await self._anchored(workspace, alert, read, again=again)
        await self.verbs.alert_seen(Sighted(read, place, None))

    async def _anchored(self, workspace: str, alert: Heard, read: Alert, *, again: bool) -> Place:
        card = (alert.key, CARD)
        since = self.clock.now() - LOOKED_BACK
        posted = await self.chat.find_root(alert.channel, since, card) if again else None
        if posted is None:
            posted = await self.chat.post(Post(alert.channel, "", anchor_text(read), card=card))
        return Place(workspace, posted.channel, posted.ts)
