"""The first thing that happens to an event: it is stored, or Slack keeps it and sends it again."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt.response import BoltResponse

from bot.slack.inbox import Inbox

STORED = "greenlight_stored"
"""Where a listener finds key and raw body of the event that was stored."""

Next = Callable[[], Awaitable[BoltResponse]]


@dataclass(frozen=True, slots=True)
class Storing:
    """Keeps event id and raw event before anything else; raises where the store is down.

    A listener that raises is acknowledged all the same; a middleware that raises is not.
    Clicks and commands are never sent again, so they pass even without a store.
    """

    inbox: Inbox

    async def keep(
        self,
        body: dict[str, Any],
        context: dict[str, Any],
        next: Next,  # noqa: A002 - the name that Bolt looks for
    ) -> BoltResponse | None:
        """Store an event and go on; answer at once where it is known."""
        key = body.get("event_id")
        if body.get("type") != "event_callback" or not isinstance(key, str):
            await next()
            return None
        raw = json.dumps(body)
        if not await self.inbox.store(key, raw):
            return BoltResponse(status=200, body="")
        context[STORED] = (key, raw)
        await next()
        return None
