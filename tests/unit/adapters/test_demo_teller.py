"""What the terminal story prints: lines that fit, whatever is in them."""

import pytest

from bot.demo.teller import folded


def test_a_long_line_is_folded_between_words_and_indented() -> None:
    assert folded("- one two three four", 12) == ["- one two", "    three", "    four"]


@pytest.mark.parametrize(
    "line", ["x" * 500, "a " + "x" * 500, "    " + "x" * 500, "word " * 3 + "y" * 90 + " end"]
)
def test_a_word_that_fits_on_no_line_is_broken_and_nothing_is_lost(line: str) -> None:
    parts = folded(line, 40)
    assert max(map(len, parts)) <= 40
    assert "".join(parts).replace(" ", "") == line.replace(" ", "")


def test_an_empty_line_stays_one() -> None:
    assert folded("", 40) == [""]
