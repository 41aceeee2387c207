"""What a team used and which calls it finished, in Redis or Valkey: a restart neither forgets nor repeats."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, cast, final

from agents.journal import Charge, Journal, Kept, Ledger, MemoryJournal, MemoryLedger, settled
from agents.limits import Spent
from bot.adapters.redis_client import Link
from bot.domain.ids import IncidentId

JOURNAL_SECONDS = 3 * 24 * 3600
LEDGER_SECONDS = 8 * 24 * 3600
NANO = Decimal(10) ** 9
MILLI = Decimal(1000)
FIELDS = ("turns", "tokens", "ms", "nanousd", "unpriced")


class Books(Protocol):
    """Where a team keeps its accounts."""

    @property
    def ledger(self) -> Ledger:
        """What was spent, over all incidents."""
        ...

    def journal(self, incident: IncidentId) -> Journal:
        """The finished calls of one incident."""
        ...


@final
class RedisJournal:
    """Finished calls of one incident; the first value kept under a key stays."""

    def __init__(self, link: Link, incident: IncidentId) -> None:
        self.link = link
        self.key = link.key("team-journal", incident)

    async def find(self, key: str) -> bytes | None:
        """The value kept under this key."""
        return cast("bytes | None", await self.link.call("HGET", self.key, key))

    async def keep(self, key: str, value: bytes) -> bytes:
        """Keep a value unless there is one."""
        kept = await self.link.run("keep_first", [self.key], (JOURNAL_SECONDS, key, value))
        return cast("bytes | None", kept) or value


@final
class RedisLedger:
    """What was spent, by account, in whole thousandths of seconds and thousand-millionths of dollars."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def charge(self, accounts: tuple[str, ...], spent: Spent) -> None:
        """Add to each of these accounts, all at once."""
        keys = [self._account(one) for one in accounts]
        words = [word for pair in zip(FIELDS, _amounts(spent), strict=True) for word in pair]
        await self._link.run("charge", keys, (LEDGER_SECONDS, *words))

    async def settle(self, charge: Charge, journal: Journal, kept: Kept) -> tuple[bytes, tuple[Spent, ...]]:
        """Keep and charge by one script where the journal is in this store."""
        if not isinstance(journal, RedisJournal) or journal.link is not self._link:
            return await settled(self, charge, journal, kept)
        keys = [journal.key, *(self._account(one) for one in charge.accounts)]
        # One word for all amounts: each word of an answer costs more than to take it apart here.
        amounts = " ".join(map(str, _amounts(charge.spent)))
        words = (JOURNAL_SECONDS, LEDGER_SECONDS, kept.key, kept.value, " ".join(FIELDS), amounts)
        answer = await self._link.run("settle", keys, words)
        value, rows = cast("tuple[bytes | None, list[bytes]]", answer)
        return value or kept.value, tuple(_total(row.split()) for row in rows)

    async def totals(self, accounts: tuple[str, ...]) -> tuple[Spent, ...]:
        """All that was charged to these accounts, in their order."""
        found = await self._link.run("totals", [self._account(one) for one in accounts], FIELDS)
        return tuple(_total(row) for row in cast("list[list[bytes | None]]", found))

    def _account(self, account: str) -> str:
        return self._link.key("team-ledger", account)


def _amounts(spent: Spent) -> tuple[int, ...]:
    """What is written into each of the fields."""
    return (
        spent.turns,
        spent.tokens,
        int(spent.seconds * MILLI),
        int(spent.usd * NANO),
        spent.unpriced,
    )


def _total(row: Sequence[bytes | None]) -> Spent:
    turns, tokens, ms, nano, unpriced = (int(one or 0) for one in row)
    return Spent(turns, tokens, Decimal(ms) / MILLI, Decimal(nano) / NANO, unpriced)


@final
@dataclass(frozen=True, slots=True)
class RedisBooks:
    """The accounts of all incidents in one store."""

    link: Link

    @property
    def ledger(self) -> Ledger:
        """What was spent, over all incidents."""
        return RedisLedger(self.link)

    def journal(self, incident: IncidentId) -> Journal:
        """The finished calls of one incident."""
        return RedisJournal(self.link, incident)


@final
class MemoryBooks:
    """Accounts that live as long as the process, for evals and rehearsals without a store."""

    def __init__(self) -> None:
        self.ledger: Ledger = MemoryLedger()
        self.journals: dict[IncidentId, MemoryJournal] = {}

    def journal(self, incident: IncidentId) -> Journal:
        """The finished calls of one incident."""
        return self.journals.setdefault(incident, MemoryJournal())
