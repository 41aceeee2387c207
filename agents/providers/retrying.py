"""Retries of our own: capped waits, within the time that the call has."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agents.errors import ModelFailedError, OverloadedError, TimedOutError
from agents.messages import Reply
from agents.model import Ask, Listener, StartedAgain
from agents.pace import Pace
from agents.providers.arguments import own_names


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits double from `first` to `longest` seconds; a server that wants a longer one is not waited for.

    `attempt` is how many seconds a single try may take, `tries` how many there may be.
    """

    first: float = 0.5
    longest: float = 16.0
    attempt: float = 75.0
    tries: int = 30

    def wait(self, done: int, error: ModelFailedError, chance: float) -> float | None:
        """Seconds until the next try after so many, None where there is to be none."""
        if not error.transient or done >= self.tries:
            return None
        asked = error.retry_after if isinstance(error, OverloadedError) else None
        if asked is not None and asked > self.longest:
            return None
        spread = min(self.first * 2 ** (done - 1), self.longest) * (0.5 + chance / 2)
        return max(asked or 0.0, spread)


async def answered(
    attempt: Callable[[], Awaitable[Reply]],
    ask: Ask,
    listener: Listener | None,
    pace: Pace,
    patience: Patience,
) -> Reply:
    """Ask with retries within `ask.seconds`; a listener is told when what it heard is void."""

    async def again() -> None:
        if listener is not None:
            await listener(StartedAgain())

    return own_names(await patiently(attempt, ask.seconds, pace, patience, again), ask)


async def patiently(
    attempt: Callable[[], Awaitable[Reply]],
    seconds: float,
    pace: Pace,
    patience: Patience,
    again: Callable[[], Awaitable[None]],
) -> Reply:
    """Try until it works, the fault is none that passes, or the time is over; raises the last fault."""
    until = pace.now() + seconds
    tries = 0
    while True:
        left = min(until - pace.now(), patience.attempt)
        try:
            async with asyncio.timeout(left):
                return await attempt()
        except TimeoutError:
            error: ModelFailedError = TimedOutError(f"no complete reply within {left:.0f} s")
        except ModelFailedError as failed:
            error = failed
        tries += 1
        wait = patience.wait(tries, error, pace.chance())
        if wait is None or pace.now() + wait >= until:
            raise error
        await pace.sleep(wait)
        await again()
