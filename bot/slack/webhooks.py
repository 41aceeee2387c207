"""The door for alerts over HTTP: Alertmanager's webhook, authenticated, answered once it is kept."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import MINUTE
from bot.ports.world import Clock
from bot.slack.alerts.webhook import NotAWebhookError, WebhookAlert, webhook
from bot.slack.inbox import Inbox
from bot.slack.payloads import Envelope
from bot.slack.router import HEARD

PATH = "/alertmanager"
MAX_BODY = 2 * 1024 * 1024
BODY_SECONDS = 10.0

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class WebhookOptions:
    """Where the door is, the token that opens it, and the channel in which its alerts are shown."""

    port: int
    token: str = field(repr=False)
    channel: str
    host: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Door:
    """Takes what Alertmanager sends; it sends again whatever is not answered with 200."""

    options: WebhookOptions
    inbox: Inbox
    clock: Clock

    async def take(self, request: web.Request) -> web.Response:
        """200 once every alert is stored, 401, 400, 413, or 503 while the store is away."""
        if not self._opens(request.headers.get("Authorization", "")):
            return _said(401, "expected the header Authorization: Bearer <GREENLIGHT_INTAKE_TOKEN>")
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
            sent = webhook(body)
            for alert in sent.alerts:
                await self._kept(alert)
        except TimeoutError:
            return _said(408, f"the body did not come within {BODY_SECONDS:.0f} seconds")
        except web.HTTPRequestEntityTooLarge:
            return _said(413, f"the body is larger than {MAX_BODY} bytes")
        except NotAWebhookError as error:
            return _said(400, f"expected a webhook of Alertmanager, version 4: {error}")
        except StoreUnavailableError:
            return _said(503, "the store cannot be reached; send it again")
        if sent.truncated:
            log.warning("webhook_truncated", left_out=sent.truncated)
        return web.json_response({"taken": len(sent.alerts)})

    def _opens(self, given: str) -> bool:
        # Bytes that are no UTF-8 reach us as surrogates.
        sent = given.encode(errors="surrogateescape")
        return hmac.compare_digest(sent, f"Bearer {self.options.token}".encode())

    async def _kept(self, alert: WebhookAlert) -> None:
        """Kept under a key that a second sending of the same minute shares."""
        raw = alert.model_dump(mode="json", by_alias=True)
        said = json.dumps([raw, self.clock.now() // MINUTE], sort_keys=True)
        key = f"webhook:{hashlib.sha256(said.encode()).hexdigest()[:32]}"
        event = {"type": HEARD, "channel": self.options.channel, "alert": raw}
        stored = Envelope(event_id=key, team_id=self.inbox.me.team_id, event=event).model_dump_json()
        if await self.inbox.store(key, stored):
            self.inbox.start(key, stored)


@asynccontextmanager
async def open_door(door: Door) -> AsyncGenerator[int]:
    """Listen for as long as the block lasts; yields the port. Raises OSError where it is taken."""
    app = web.Application(client_max_size=MAX_BODY)
    app.router.add_post(PATH, door.take)
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, door.options.host, door.options.port)
        await site.start()
        port = int(runner.addresses[0][1])
        log.info("webhook_door_open", host=door.options.host, port=port, path=PATH)
        yield port
    finally:
        await runner.cleanup()


def _said(status: int, text: str) -> web.Response:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004 - Unauthorized
    return web.json_response({"error": text}, status=status, headers=headers)
