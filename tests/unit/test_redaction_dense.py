"""Texts with very many secrets cost bounded work, and show none of them."""

import pytest

from bot.redaction.dense import MOST, PIECE, TooManyError, Work, pieces
from bot.redaction.redactor import Redactor, tag_of

KEY = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n" * 400


def secrets(number: int) -> str:
    return "".join(f'password="hunter{n}x" ' for n in range(number))


def test_few_secrets_are_tagged_one_by_one() -> None:
    shown = Redactor(most=1_000)(secrets(20))
    assert shown.count("[secret:") == 20
    assert "left out" not in shown


def test_a_line_with_too_many_secrets_is_left_out_and_its_neighbours_stay() -> None:
    dense, calm = secrets(2_000), "INFO all is well\n" * 2_000
    shown = Redactor(most=400)(f"{calm}{dense}\n{calm}")
    assert shown == f"{calm}[{len(dense) + 1} characters left out: the text holds too many secrets]\n{calm}"


def test_after_the_work_is_spent_nothing_with_a_secret_is_shown() -> None:
    text = "".join(f"token=s3cr3tvalue{n:06d}\nplain words\n" * 300 for n in range(100))
    shown = Redactor(["my-own-credential"], most=500)(f"{text}\nmy-own-credential\n")
    assert "s3cr3tvalue" not in shown
    assert "my-own-credential" not in shown
    assert "characters left out" in shown


def test_the_longest_window_of_nothing_but_secrets_is_told_in_one_line() -> None:
    line = 'token="' * 500_000
    assert Redactor()(line) == f"[{len(line)} characters left out: the text holds too many secrets]"


def test_work_is_counted_and_ends() -> None:
    work = Work(3)
    assert [work.did(word) for word in "abc"] == ["a", "b", "c"]
    with pytest.raises(TooManyError):
        work.did("d")
    assert work.left == 0


def test_a_piece_takes_a_share_of_the_work_and_all_shares_together_no_more_than_there_is() -> None:
    work, taken = Work(MOST), 0
    for _ in range(10_000):
        mine = work.share()
        for _ in range(mine.left):
            mine.did("")
        work.spend(mine)
        taken += mine.given
    assert taken == MOST
    assert work.share().left == 0


def test_pieces_are_the_text_end_with_a_line_and_never_within_a_key() -> None:
    text = "INFO a line\n" * 5_000 + KEY + "INFO another\n" * 5_000
    cut = list(pieces(text))
    assert "".join(cut) == text
    assert max(len(piece) for piece in cut) <= len(KEY) + 2 * PIECE
    assert [KEY in piece for piece in cut].count(True) == 1
    assert all(piece.endswith("\n") for piece in cut)


@pytest.mark.parametrize("text", ["", "\ue0001234]", "[\ue000abcd]", "x \ue000 [secret:12ab] y"])
def test_the_sign_that_stands_for_a_mark_while_rules_run_cannot_be_smuggled_in(text: str) -> None:
    shown = Redactor()(text)
    assert "[secret:" not in shown.replace("[secret:12ab]", "")
    assert "\ue000" not in shown


def test_a_tag_beside_a_name_is_no_secret_again() -> None:
    said = f"password={tag_of('x')} token: {tag_of('y')}"
    assert Redactor()(said) == said
