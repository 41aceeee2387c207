"""The door for YAML lets plain data in and names every mistake."""

from decimal import Decimal

import pytest

from bot.adapters.yaml_door import MAX_BYTES, load
from bot.domain.errors import ContentError


def problems(text: str) -> str:
    with pytest.raises(ContentError) as caught:
        load(text.encode(), "file.yaml")
    return caught.value.message


def test_plain_data_comes_in_as_it_stands() -> None:
    document = load(b"a: {b: [1, 0.05, true, null, word, '7']}\n", "file.yaml")
    assert document.value == {"a": {"b": [1, Decimal("0.05"), True, None, "word", "7"]}}
    assert document.where(("a", "b")) == "file.yaml:1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &x 1\nb: 2\n", "file.yaml:1: not readable as YAML: anchors (&name) are not allowed"),
        ("a: 1\nb: *x\n", "file.yaml:2: not readable as YAML: aliases (*name) are not allowed"),
        ("a:\n  <<: {b: 1}\n", "file.yaml:2: not readable as YAML: merge keys (<<) are not allowed"),
        ("a: !!python/object:os.system 1\n", "tags (!name) are not allowed"),
        ("a: 1\nb: 2\na: 3\n", "file.yaml:3: a: stands here twice; expected each key once"),
        ("a: [1\n", "file.yaml:2: not readable as YAML"),
        ("a: 1\n---\nb: 2\n", "expected one document"),
        ("[a, b]: 1\n", "expected a word as key"),
        ("production: yes\n", "file.yaml:1: production: expected true, false or a word in quotes, not yes"),
        ("a: " + "[" * 30 + "]" * 30, "more than 12 levels"),
        ("[" + "1," * 200_001 + "]", "or 200000 values"),
    ],
)
def test_what_is_not_plain_data_is_named_with_its_line(text: str, said: str) -> None:
    assert said in problems(text)


def test_all_duplicate_keys_are_named_at_once() -> None:
    said = problems("a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert "a: stands here twice" in said
    assert "b.c: stands here twice" in said


def test_a_file_that_is_too_long_is_refused_before_it_is_read() -> None:
    assert f"expected at most {MAX_BYTES} bytes" in problems("a" * (MAX_BYTES + 1))


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(ContentError, match="expected UTF-8 text"):
        load(b"a: \xff\n", "file.yaml")


@pytest.mark.parametrize("word", ["010", "1e5", "0x10", "1_000", "2024-01-01", "1:30", ".5", "+.inf", "NaN"])
def test_words_that_only_look_like_numbers_stay_words(word: str) -> None:
    assert load(f"a: {word}\n".encode(), "file.yaml").value == {"a": word}
