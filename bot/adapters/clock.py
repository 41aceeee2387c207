"""The system's clock and ids that sort by time."""

import secrets
import time

from bot.domain.ids import At

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: in ASCII order, without letters that look alike."""

TIME_LENGTH = 9
RANDOM_LENGTH = 8


class SystemClock:
    """Time from the system; ids of one process never sort backwards, even where its clock is set back."""

    def __init__(self) -> None:
        self._last = 0
        self._tail = 0

    def now(self) -> At:
        """Unix time in milliseconds."""
        return At(time.time_ns() // 1_000_000)

    def new_id(self, prefix: str) -> str:
        """`prefix-` with 9 digits of time and 8 of randomness, of letters and digits only."""
        at = max(self.now(), self._last)
        # Within one millisecond the random part counts up, so that order is kept (the ULID rule).
        bits = 5 * RANDOM_LENGTH
        self._tail = self._tail + 1 if at == self._last else secrets.randbits(bits - 1)
        self._last = at
        return f"{prefix}-{_digits(at, TIME_LENGTH)}{_digits(self._tail, RANDOM_LENGTH)}"


def _digits(number: int, length: int) -> str:
    return "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(length)))
