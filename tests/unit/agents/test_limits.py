"""Limits compose, and are written as they read."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import ConfigurationError
from agents.limits import LimitKind, Limits, Spent, Standing, parse_limits, seconds, tokens, turns, usd

ALL = turns(8) | tokens(60_000) | seconds(90) | usd("0.25")


def test_limits_read_as_they_are_written() -> None:
    assert str(ALL) == "turns(8) | tokens(60_000) | seconds(90) | usd(0.25)"
    assert parse_limits(str(ALL)) == ALL
    assert str(Limits()) == "unlimited"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "turns",
        "turns()",
        "turns(-1)",
        "turns(0)",
        "hours(1)",
        "turns(1) and usd(1)",
        "usd(1e9)",
        "usd(٣)",
    ],
)
def test_what_is_no_limit_is_a_configuration_error(text: str) -> None:
    with pytest.raises(ConfigurationError, match="expected limits such as"):
        parse_limits(text)


@pytest.mark.parametrize(
    ("spent", "standing", "limit"),
    [
        (Spent(turns=6), Standing.LAST, None),
        (Spent(turns=7), Standing.LAST, "turns(8)"),
        (Spent(turns=8), Standing.OVER, "turns(8)"),
        (Spent(tokens=48_000), Standing.LAST, "tokens(60_000)"),
        (Spent(tokens=60_000), Standing.OVER, "tokens(60_000)"),
        (Spent(seconds=Decimal(71)), Standing.LAST, None),
        (Spent(seconds=Decimal(95)), Standing.OVER, "seconds(90)"),
        (Spent(usd=Decimal("0.2")), Standing.LAST, "usd(0.25)"),
    ],
)
def test_the_first_limit_that_stands_so_is_named(spent: Spent, standing: Standing, limit: str | None) -> None:
    found = ALL.reached(spent, standing)
    assert (None if found is None else str(found)) == limit


def test_the_tightest_of_several_limits_of_one_kind_rules() -> None:
    assert (seconds(90) | seconds(30)).left(Spent(seconds=Decimal(10)), LimitKind.SECONDS) == 20
    assert turns(3).left(Spent(), LimitKind.SECONDS) is None
    assert seconds(5).left(Spent(seconds=Decimal(9)), LimitKind.SECONDS) == 0


@given(st.lists(st.integers(0, 90), max_size=6))
def test_more_spending_never_opens_a_limit_again(steps: list[int]) -> None:
    order = (Standing.GO, Standing.LAST, Standing.OVER)
    spent, before = Spent(), 0
    for step in steps:
        spent += Spent(tokens=step)
        now = order.index(tokens(100).each[0].standing(spent))
        assert now >= before
        before = now
