"""Time and chance, which tests replace."""

import asyncio
import random
import secrets
import time
from datetime import UTC, date, datetime
from typing import Protocol, final


class Pace(Protocol):
    """A clock that can wait, and dice."""

    def now(self) -> float:
        """Seconds that only ever grow."""
        ...

    def today(self) -> date:
        """The day in UTC, for budgets of a day."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def chance(self) -> float:
        """A number from 0 up to 1."""
        ...

    def nonce(self) -> str:
        """Sixteen unguessable characters."""
        ...


@final
class RealPace:
    """The machine's clock and dice."""

    def now(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def today(self) -> date:
        """The day in UTC."""
        return datetime.now(UTC).date()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def chance(self) -> float:
        """A number from 0 up to 1; it spreads retries and guards nothing."""
        return random.random()  # noqa: S311 - back-off, not cryptography

    def nonce(self) -> str:
        """Sixteen unguessable characters."""
        return secrets.token_hex(8)
