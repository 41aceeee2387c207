"""Proposed edits of the memory, and what calls cost."""

from datetime import date
from decimal import Decimal

import pytest

from agents.cost import Bill, Price, Prices
from agents.errors import ToolFailedError
from agents.journal import digest
from agents.memory import propose
from agents.messages import Usage

MEMORY = "# Environment\n- pool of 100\n- three pods\n"
PRICE = Price(Decimal(3), Decimal(15), Decimal("0.30"), Decimal("3.75"))


def test_an_edit_names_the_text_that_it_was_made_for_and_shows_the_difference() -> None:
    edit = propose(MEMORY, "pool of 100", "pool of 150", "raised\u200b")
    assert edit.before == digest(MEMORY.encode())
    assert edit.after == MEMORY.replace("100", "150")
    assert "-- pool of 100\n+- pool of 150" in edit.diff
    assert edit.reason == "raised\\u{200b}"


def test_a_line_may_be_added_at_the_end() -> None:
    assert propose(MEMORY, "", "- new", "").after == f"{MEMORY}- new\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("four pods", "x", "it occurs 0 times"),
        ("o", "x", "it occurs"),
        ("", "  ", "expected some text"),
        ("pool of 100", "x" * 2_001, "at most 2000 characters"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(ToolFailedError, match=said):
        propose(MEMORY, old, new, "")


def test_a_memory_does_not_grow_without_end() -> None:
    with pytest.raises(ToolFailedError, match="at most 16000 characters"):
        propose("x" * 15_500, "", "y" * 1_000, "")


def test_cached_tokens_have_prices_of_their_own() -> None:
    usage = Usage(input=1_000_000, output=100_000, cache_read=1_000_000, cache_write=100_000)
    assert PRICE.of(usage) == Decimal(3) + Decimal("1.5") + Decimal("0.30") + Decimal("0.375")
    assert Price(Decimal(3), Decimal(15)).of(Usage(cache_read=1_000_000)) == Decimal(3)


def test_an_unknown_price_is_none_and_a_script_is_free() -> None:
    prices = Prices({"a:b": PRICE, "a:unknown": None})
    usage = Usage(input=1_000)
    assert [prices.cost(name, usage) for name in ("a:b", "a:unknown", "x:y", "scripted:z")] == [
        Decimal("0.003"),
        None,
        None,
        Decimal(0),
    ]


def test_a_bill_adds_up_and_says_what_it_does_not_know() -> None:
    bill = Bill(1, Usage(10, 5), Decimal("0.01"), 1.0) + Bill(2, Usage(1, estimated=True), unpriced=("x:y",))
    assert str(bill) == "$0.0100, about 16 tokens, 3 calls, 1.0 s, price unknown for x:y"


def test_prices_say_when_somebody_compared_them() -> None:
    assert Prices({}).age(date(2026, 11, 22)) == "prices from memory, never compared with the makers' lists"
    said = Prices({}, date(2026, 11, 2)).age(date(2026, 11, 22))
    assert said == "prices compared with the makers' lists 20 days ago (2026-11-02)"
