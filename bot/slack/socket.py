# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The Socket Mode link: kept up, watched, and given up where only a person can mend it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.failures import FATAL, FatalLinkError

WATCH_SECONDS = 1.0
FORCE_AFTER_SECONDS = 60.0
"""Without a link for this long, a new one is forced; slack_sdk's own attempts have stopped by then."""

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(slots=True)
class Health:
    """Whether the link is up, for health checks and metrics; `since` counts seconds of `Link.now`.

    `up` is set with the first link, `ready` once everything missed was taken up as well.
    """

    connected: bool = False
    since: float = 0.0
    up: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Link:
    """One Socket Mode connection; `came_back` is called after each time that the link was down."""

    app: AsyncApp
    client: AsyncWebClient
    app_token: str
    now: Callable[[], float]
    came_back: Callable[[], Awaitable[None]]
    ping_seconds: float = 10.0
    health: Health = field(default_factory=Health)
    _end: asyncio.Future[FatalLinkError] | None = None

    async def run(self) -> None:
        """Keep the link up until cancelled; raises FatalLinkError where no retry can help."""
        end = asyncio.get_running_loop().create_future()
        self._end = end
        handler = AsyncSocketModeHandler(
            self.app, self.app_token, web_client=self.client, ping_interval=self.ping_seconds
        )
        ask = handler.client.issue_new_wss_url

        async def issue() -> str:
            # slack_sdk would ask for a new address for ever, whatever the answer is
            try:
                return await ask()
            except SlackApiError as error:
                self.fatal(FatalLinkError(str(error.response.get("error", ""))))
                raise

        handler.client.issue_new_wss_url = issue
        handler.client.on_message_listeners.append(self._heard)
        connecting = asyncio.create_task(handler.connect_async())
        watching = asyncio.create_task(self._watch(handler))
        try:
            await asyncio.wait({end, watching}, return_when=asyncio.FIRST_COMPLETED)
            if end.done():
                raise end.result()
            watching.result()
        finally:
            self.health.connected = False
            for task in (connecting, watching):
                task.cancel()
            await asyncio.gather(connecting, watching, return_exceptions=True)
            await handler.close_async()

    def fatal(self, error: FatalLinkError) -> None:
        """End the link where the code is one that only a person can mend."""
        if error.code in FATAL and self._end is not None and not self._end.done():
            self._end.set_result(error)

    async def _heard(self, message: WSMessage) -> None:
        """Slack says goodbye with a reason; a link that was disabled stays so."""
        text = str(message.data)
        if '"disconnect"' not in text:
            return
        try:
            body = json.loads(text)
        except ValueError:
            return
        if isinstance(body, dict) and body.get("type") == "disconnect":
            self.fatal(FatalLinkError(str(body.get("reason", ""))))

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        """Follow the link; a loss too short to be seen shows as a new session."""
        session = ""
        self.health.since = self.now()
        while True:
            up = bool(await handler.client.is_connected())
            if up != self.health.connected:
                self.health.connected, self.health.since = up, self.now()
                log.info("link_up" if up else "link_down")
            if up:
                self.health.up.set()
                newest = await handler.client.session_id()
                if session not in {"", newest}:
                    await self.came_back()
                session = newest
            elif self.now() - self.health.since > FORCE_AFTER_SECONDS:
                self.health.since = self.now()
                await self._force(handler)
            await asyncio.sleep(WATCH_SECONDS if session else WATCH_SECONDS / 20)

    async def _force(self, handler: AsyncSocketModeHandler) -> None:
        log.warning("link_forced")
        try:
            await handler.client.connect_to_new_endpoint(force=True)
        except (SlackApiError, OSError, TimeoutError) as error:
            log.warning("link_not_forced", error=type(error).__name__)
