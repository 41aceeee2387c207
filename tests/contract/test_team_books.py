"""What a team used and finished: the same promises in memory and in a server."""

from collections.abc import AsyncGenerator
from decimal import Decimal

import pytest

from agents.journal import Charge, Kept, MemoryJournal
from agents.limits import Spent
from bot.adapters.redis_client import connected
from bot.adapters.team_ledger import Books, MemoryBooks, RedisBooks
from bot.domain.ids import IncidentId
from tests.servers import fresh_prefix, leaks

ONE = IncidentId("inc-1")


@pytest.fixture
async def books(url: str) -> AsyncGenerator[Books]:
    if not url:
        yield MemoryBooks()
        return
    async with connected(url, fresh_prefix()) as link:
        yield RedisBooks(link)
        assert await leaks(link) == []


async def test_the_first_value_kept_under_a_key_stays(books: Books) -> None:
    journal = books.journal(ONE)
    assert await journal.find("k") is None
    assert await journal.keep("k", b"first") == b"first"
    assert await journal.keep("k", b"second") == b"first"
    assert await books.journal(ONE).find("k") == b"first"
    assert await books.journal(IncidentId("inc-2")).find("k") is None


async def test_charges_add_up_by_account_to_the_last_fraction(books: Books) -> None:
    spent = Spent(1, 8_012, Decimal("1.25"), Decimal("0.000000123"), 1)
    await books.ledger.charge(("incident:inc-1", "day:2026-11-02"), spent)
    await books.ledger.charge(("day:2026-11-02",), spent)
    incident, day, other = await books.ledger.totals(("incident:inc-1", "day:2026-11-02", "day:2026-11-03"))
    assert incident == spent
    assert day == spent + spent
    assert other == Spent()


async def test_a_reply_is_kept_and_charged_for_in_one_step_and_the_first_one_stays(books: Books) -> None:
    journal, spent = books.journal(ONE), Spent(1, 900, Decimal("0.25"), Decimal("0.000000007"), 1)
    charge = Charge(("incident:inc-1", "day:2026-11-02"), spent)
    await books.ledger.charge(("day:2026-11-02",), spent)
    assert await books.ledger.settle(charge, journal, Kept("k", b"first")) == (
        b"first",
        (spent, spent + spent),
    )
    value, totals = await books.ledger.settle(charge, journal, Kept("k", b"second"))
    assert (value, totals[0]) == (b"first", spent + spent)
    assert await journal.find("k") == b"first"


async def test_keeping_without_a_cost_reads_the_accounts_and_charges_nothing(books: Books) -> None:
    journal = books.journal(ONE)
    opened = await books.ledger.settle(Charge(("incident:inc-1",)), journal, Kept("fence", b"mine"))
    assert opened == (b"mine", (Spent(),))
    assert await books.ledger.totals(("incident:inc-1",)) == (Spent(),)


async def test_a_journal_elsewhere_is_kept_as_well(books: Books) -> None:
    journal, spent = MemoryJournal(), Spent(turns=1)
    assert await books.ledger.settle(Charge(("a",), spent), journal, Kept("k", b"v")) == (b"v", (spent,))
    assert await journal.find("k") == b"v"
