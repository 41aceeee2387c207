"""The live feed of everything that changes in the workspace."""

import asyncio
import contextlib
import enum
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from bot.playground.workspace.model import Json

KEPT: Final = 20_000


class ChangeKind(enum.StrEnum):
    MESSAGE_POSTED = "message_posted"
    MESSAGE_CHANGED = "message_changed"
    MESSAGE_DELETED = "message_deleted"
    EPHEMERAL_POSTED = "ephemeral_posted"
    EPHEMERAL_DELETED = "ephemeral_deleted"
    VIEW_OPENED = "view_opened"
    VIEW_UPDATED = "view_updated"
    VIEW_CLOSED = "view_closed"
    VIEW_ERRORS = "view_errors"
    HOME_PUBLISHED = "home_published"
    STATUS_SET = "status_set"
    REACTION_CHANGED = "reaction_changed"
    CHANNEL_CHANGED = "channel_changed"
    USER_CHANGED = "user_changed"
    CONNECTION_CHANGED = "connection_changed"
    NOT_ACKNOWLEDGED = "not_acknowledged"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, numbered from 1; `user` is set where only one person sees it."""

    number: int
    kind: ChangeKind
    channel: str = ""
    ts: str = ""
    user: str = ""
    data: Json | None = None


class Feed:
    """A numbered log that any number of readers follow at their own pace."""

    def __init__(self) -> None:
        self._log: deque[Change] = deque(maxlen=KEPT)
        self._last = 0
        self._waiters: set[asyncio.Future[None]] = set()
        self._is_closed = False

    @property
    def last(self) -> int:
        return self._last

    def add(
        self, kind: ChangeKind, *, channel: str = "", ts: str = "", user: str = "", data: Json | None = None
    ) -> None:
        self._last += 1
        self._log.append(Change(self._last, kind, channel, ts, user, data))
        self._wake()

    def close(self) -> None:
        self._is_closed = True
        self._wake()

    def since(self, number: int) -> tuple[Change, ...]:
        first = self._log[0].number if self._log else 1
        start = max(0, number + 1 - first)
        return tuple(self._log[index] for index in range(start, len(self._log)))

    async def follow(self, after: int | None = None) -> AsyncGenerator[Change]:
        """Changes after `after` (now, if None), for as long as the workspace runs."""
        position = self._last if after is None else after
        while True:
            for change in self.since(position):
                position = change.number
                yield change
            if self._is_closed:
                return
            if self._last == position:
                await self._wait()

    async def changed(self, within: float) -> None:
        """Return at the next change, or after so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wait(), within)

    async def _wait(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
