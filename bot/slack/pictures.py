"""Charts on their way to Slack: drawn in a thread, uploaded, and left out where either fails."""

import asyncio
from dataclasses import dataclass

import structlog

from bot.slack.chart_image import drawn
from bot.slack.chat import Chat
from bot.slack.failures import ChatError
from bot.slack.views.blocks import Block
from bot.slack.views.chart_card import with_picture
from bot.slack.views.scene import Card

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Pictures:
    """Makes the blocks of cards that have a picture."""

    chat: Chat

    async def blocks_of(self, card: Card) -> tuple[Block, ...]:
        """The card's blocks, with its picture where it can be drawn and uploaded."""
        if card.picture is None:
            return card.message.blocks
        body = await asyncio.to_thread(drawn, card.picture)
        title = f"Chart of {card.picture.metric}"
        try:
            file = await self.chat.picture("chart.png", body, title)
        except ChatError as error:
            log.warning("picture_not_uploaded", card=card.name, error=error.message)
            return card.message.blocks
        return with_picture(card.picture, file)
