"""What survives a restart: finished calls, so that none is repeated, and what was spent."""

import hashlib
from dataclasses import dataclass, field
from typing import Protocol, final

from pydantic import TypeAdapter

from agents.limits import Spent
from agents.messages import Reply, ToolResult
from agents.model import Ask

REPLIES: TypeAdapter[Reply] = TypeAdapter(Reply)
RESULTS: TypeAdapter[ToolResult] = TypeAdapter(ToolResult)
ASKS: TypeAdapter[Ask] = TypeAdapter(Ask)


@dataclass(frozen=True, slots=True)
class Charge:
    """What is charged to which accounts."""

    accounts: tuple[str, ...]
    spent: Spent = field(default_factory=Spent)


@dataclass(frozen=True, slots=True)
class Kept:
    """A value with the key that it is kept under."""

    key: str
    value: bytes


class Journal(Protocol):
    """Finished calls of one incident by key; the first value kept under a key stays."""

    async def find(self, key: str) -> bytes | None:
        """The value kept under this key."""
        ...

    async def keep(self, key: str, value: bytes) -> bytes:
        """Keep a value; answers the value that stands there now, which may be an earlier one."""
        ...


class Ledger(Protocol):
    """What was spent, by account, as in `incident:INC-7` or `day:2026-11-02`."""

    async def charge(self, accounts: tuple[str, ...], spent: Spent) -> None:
        """Add to each of these accounts."""
        ...

    async def totals(self, accounts: tuple[str, ...]) -> tuple[Spent, ...]:
        """All that was charged to these accounts, in their order."""
        ...

    async def settle(self, charge: Charge, journal: Journal, kept: Kept) -> tuple[bytes, tuple[Spent, ...]]:
        """Keep what was paid for and charge for it, in one step where both are in one store.

        Answers the value that stands under the key now, and the accounts' totals afterwards. What was spent
        is charged also where an earlier value stands: it was paid for as well.
        """
        ...


@final
@dataclass(slots=True)
class MemoryJournal:
    """A journal that lives as long as the process."""

    values: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def find(self, key: str) -> bytes | None:
        """The value kept under this key."""
        return self.values.get(key)

    async def keep(self, key: str, value: bytes) -> bytes:
        """Keep a value unless there is one."""
        return self.values.setdefault(key, value)


@final
@dataclass(slots=True)
class MemoryLedger:
    """A ledger that lives as long as the process."""

    accounts: dict[str, Spent] = field(default_factory=dict[str, Spent])

    async def charge(self, accounts: tuple[str, ...], spent: Spent) -> None:
        """Add to each of these accounts."""
        for account in accounts:
            self.accounts[account] = self.accounts.get(account, Spent()) + spent

    async def totals(self, accounts: tuple[str, ...]) -> tuple[Spent, ...]:
        """All that was charged to these accounts, in their order."""
        return tuple(self.accounts.get(account, Spent()) for account in accounts)

    async def settle(self, charge: Charge, journal: Journal, kept: Kept) -> tuple[bytes, tuple[Spent, ...]]:
        """Keep and charge."""
        return await settled(self, charge, journal, kept)


async def settled(
    ledger: Ledger, charge: Charge, journal: Journal, kept: Kept
) -> tuple[bytes, tuple[Spent, ...]]:
    """Keep and charge one after the other, where a ledger cannot do both at once."""
    value = await journal.keep(kept.key, kept.value)
    if charge.spent != Spent():
        await ledger.charge(charge.accounts, charge.spent)
    return value, await ledger.totals(charge.accounts)


def ask_key(stage: str, models: tuple[str, ...], ask: Ask) -> str:
    """The key of a call: its stage and a hash of all that was asked, but not of how long it may take."""
    body = ASKS.dump_json(ask, exclude={"seconds", "cache_key"})
    return f"{stage}:{digest(' '.join(models).encode() + body)[:32]}"


def tool_key(ask: str, position: int) -> str:
    """The key of one tool call: the call of the model that wants it, and its place there."""
    return f"{ask}:{position}"


def digest(body: bytes) -> str:
    """The SHA-256 of some bytes in hexadecimal digits."""
    return hashlib.sha256(body).hexdigest()
