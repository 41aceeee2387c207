# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The button of `greenlight doctor --test-button`: posted, pressed, and its message edited to say so."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.ports.cards import MessageRef
from bot.slack.chat import Chat, Post
from bot.slack.payloads import Press
from bot.slack.views.blocks import actions, button, section
from bot.slack.views.text import mention

ACTION = "doctor_test"
ASK = "This is a test of Greenlight's doctor. Please press the button."
SEEN = re.compile(r"<@([UW][A-Z0-9]+)> pressed the test button", re.ASCII)
LOOK_SECONDS = 1.0


async def pressed(chat: Chat, channel: str, app_token: str | None) -> str:
    """Post the button and wait for its message to be edited; the person who pressed it.

    With an app-level token the click is taken here; without, by the bot that runs. Raises ChatError.
    """
    if app_token is None:
        return await _posted(chat, channel)
    async with _listening(chat, app_token):
        return await _posted(chat, channel)


async def _posted(chat: Chat, channel: str) -> str:
    row = actions(button("Press me", ACTION, "test", "Press to test that clicks arrive", style="primary"))
    ref = await chat.post(Post(channel, "", ASK, (section(ASK), row)))
    while True:
        found = SEEN.search(await chat.text_of(ref))
        if found is not None:
            return found[1]
        await asyncio.sleep(LOOK_SECONDS)


async def answered(chat: Chat, ack: AsyncAck, body: dict[str, Any]) -> None:
    """`doctor_test` was pressed: its message says by whom from now on."""
    await ack()
    press = Press.model_validate(body)
    channel, ts = press.where
    text = f"{mention(press.user.id)} pressed the test button: clicks arrive."
    await chat.update(MessageRef(channel, ts), text, (section(text),))


@asynccontextmanager
async def _listening(chat: Chat, app_token: str) -> AsyncGenerator[None]:
    """A link of our own that takes this one button; what it does not know, Slack sends to another link."""
    me = await chat.who_am_i()

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=me.team_id,
            bot_token=chat.once.token,
            bot_id=me.bot_id,
            bot_user_id=me.user_id,
        )

    log = logging.getLogger("greenlight.doctor")
    log.setLevel(logging.ERROR)
    app = AsyncApp(
        name="greenlight",
        logger=log,
        client=chat.once,
        authorize=authorize,
        request_verification_enabled=False,
    )

    async def took(ack: AsyncAck, body: dict[str, Any]) -> None:
        await answered(chat, ack, body)

    app.action(ACTION)(took)
    handler = AsyncSocketModeHandler(app, app_token, web_client=chat.calm)
    await handler.connect_async()
    try:
        yield
    finally:
        await handler.close_async()
