"""Events: acknowledged by Bolt, already stored, handled beside everything else."""

from dataclasses import dataclass
from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.listeners.room import Room
from bot.slack.middleware import STORED


@dataclass(frozen=True, slots=True)
class Events:
    """Every event goes one way, since the router knows better than Bolt what it is about."""

    room: Room

    async def arrived(self, context: dict[str, Any]) -> None:
        """Handle the event that the middleware has stored."""
        stored = context.get(STORED)
        if stored is not None:
            key, raw = stored
            self.room.inbox.start(key, raw)

    async def ignored(self, ack: AsyncAck) -> None:
        """Acknowledge what nobody wants."""
        await ack()
