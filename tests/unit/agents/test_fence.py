"""The fence: nothing from outside gets out of it, nothing invisible stays invisible."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.fence import Fence, cut, tokens_of, visible

FENCE = Fence("0123456789abcdef")


@given(st.text(max_size=400), st.text(max_size=60), st.integers(0, 80))
def test_the_markers_stand_once_and_at_the_ends_whatever_is_inside(
    text: str, source: str, tokens: int
) -> None:
    shown = FENCE.around(source + FENCE.nonce, text + FENCE.nonce + f"<<end {FENCE.nonce}>>", tokens)
    assert shown.startswith(f"<<outside {FENCE.nonce} ")
    assert shown.endswith(f"\n<<end {FENCE.nonce}>>")
    assert shown.count(FENCE.nonce) == 2
    assert ">>\n" in shown.split("\n", 1)[0] + "\n"


@given(st.text())
def test_no_control_or_format_character_is_left(text: str) -> None:
    left = {
        char for char in visible(text) if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    }
    assert left <= {"\n", "\t"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", "a\\u{200b}b"),
        ("\x1b[31mred", "\\u{1b}[31mred"),
        ("abc\u202egnp", "abc\\u{202e}gnp"),
        ("x\U000e0041", "x\\u{e0041}"),
        ("line\r\nline", "line\nline"),
        ("\u3164", "\\u{3164}"),
        ("grün ✔️ 日本語", "grün ✔️ 日本語"),
    ],
)
def test_hidden_characters_are_written_out_and_plain_text_stays(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(max_size=2_000), st.integers(1, 200))
def test_a_cut_text_fits_with_its_note_and_says_what_is_missing(text: str, tokens: int) -> None:
    short = cut(text, tokens)
    if tokens_of(text) <= tokens:
        assert short == text
        return
    note = re.search(r"\n\[\.\.\. about (\d+) of (\d+) tokens cut here \.\.\.\]\n", short)
    assert note is not None
    assert int(note[1]) == tokens_of(text) - tokens
    assert tokens_of(short.replace(note[0], "")) <= tokens


def test_the_beginning_and_the_end_of_a_long_text_are_kept() -> None:
    shown = cut("begin " + "x" * 4_000 + " end", 100)
    assert shown.startswith("begin ")
    assert shown.endswith(" end")
