"""Redraws the App Home of people who looked at it lately, after incidents have changed."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.domain.errors import GreenlightError
from bot.domain.ids import PersonId
from bot.slack.chat import Chat
from bot.slack.failures import RateLimitedError

LATELY_SECONDS = 4 * 3600.0
MOST = 20
"""So many people at most, those who looked last; with the pause below, 80 calls a minute.

Slack's method reference puts `views.publish` into tier 4: more than 100 a minute.
"""
SETTLE_SECONDS = 2.0
APART_SECONDS = 15.0

log: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger()

Draw = Callable[[PersonId], Awaitable[Mapping[str, Any]]]


@dataclass(slots=True)
class HomeWatch:
    """Who looked at their Home when, and what it showed; `now` counts seconds and never runs backwards."""

    chat: Chat
    draw: Draw
    now: Callable[[], float]
    settle: float = SETTLE_SECONDS
    apart: float = APART_SECONDS
    _looked: dict[PersonId, float] = field(default_factory=dict[PersonId, float])
    _shown: dict[PersonId, str] = field(default_factory=dict[PersonId, str])
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def looked(self, person: PersonId) -> None:
        """A person opened their Home or used it: show what there is now."""
        self._looked.pop(person, None)
        self._looked[person] = self.now()
        self._shown.pop(person, None)
        await self._redraw(person)

    def changed(self) -> None:
        """An incident has changed; never waits and never fails."""
        if self._looked:
            self._changed.set()

    async def run(self) -> None:
        """Redraw until cancelled: some seconds after a change, and seldom enough for Slack."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(self.settle)
            self._changed.clear()
            for person in self._lately():
                wait = await self._redraw(person)
                if wait > 0:
                    self._changed.set()
                    await asyncio.sleep(wait)
                    break
            await asyncio.sleep(self.apart - self.settle)

    def _lately(self) -> tuple[PersonId, ...]:
        """Those who looked last, newest first; the others are forgotten."""
        since = self.now() - LATELY_SECONDS
        kept = [person for person, at in self._looked.items() if at >= since][-MOST:]
        self._looked = {person: self._looked[person] for person in kept}
        self._shown = {person: shown for person, shown in self._shown.items() if person in self._looked}
        return tuple(reversed(kept))

    async def _redraw(self, person: PersonId) -> float:
        """Publish where anything differs; the seconds that Slack asks to wait."""
        try:
            view = await self.draw(person)
            shown = json.dumps(list(view["blocks"])[:-1], sort_keys=True, default=str)
            # the last line says when it was read, which alone is no reason to publish
            if self._shown.get(person) == shown:
                return 0.0
            await self.chat.publish_home(person, view)
        except RateLimitedError as limited:
            return limited.seconds
        except GreenlightError as error:
            log.warning("home_not_published", person=person, error=error.message)
            return 0.0
        self._shown[person] = shown
        return 0.0
