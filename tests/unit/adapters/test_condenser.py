"""Log lines folded into shapes, and a digest that keeps what tells of a failure."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.condenser import Condenser, condense
from bot.adapters.log_shapes import shaped
from bot.adapters.log_words import FAILS, loudness
from bot.domain.finding import normalised
from bot.domain.ids import At

CALM = [f"2026-09-21T10:00:{n % 60:02d}Z INFO request {n} answered in {n % 90} ms" for n in range(5_000)]
NEEDLE = "2026-09-21T10:00:30Z ERROR could not acquire connection from pool after 30s"


def millis(text: str) -> At:
    return At(int(datetime.fromisoformat(text).timestamp() * 1000))


def test_lines_of_one_shape_become_one_pattern_with_its_count_and_times() -> None:
    condensed = condense(CALM, 8_000)
    (pattern,) = condensed.patterns
    assert pattern.count == 5_000
    assert pattern.level == "info"
    assert pattern.first_at == millis("2026-09-21T10:00:00+00:00")
    assert "request <n> answered" in pattern.template


@pytest.mark.parametrize("place", [0, 1, 2_500, 4_999])
@pytest.mark.parametrize("budget", [400, 2_000, 32_000])
def test_one_failure_among_thousands_of_lines_is_kept_wherever_it_stands(place: int, budget: int) -> None:
    lines = [*CALM[:place], NEEDLE, *CALM[place:]]
    condensed = condense(lines, budget)
    assert "could not acquire connection from pool" in condensed.text
    assert condensed.patterns[0].level == "error"
    assert condensed.patterns[0].count == 1


def test_every_example_of_a_loud_pattern_can_be_quoted_from_the_text() -> None:
    lines = CALM + [f"ERROR failure of kind {kind}: disk sd{kind} broke" for kind in "abcdefgh"]
    condensed = condense(lines, 4_000)
    text = normalised(condensed.text)
    loud = [pattern for pattern in condensed.patterns if pattern.level == "error"]
    assert loud
    assert all(normalised(pattern.example) in text for pattern in loud)


def test_the_digest_keeps_the_order_of_the_log() -> None:
    text = condense(["ERROR first thing failed", *CALM, "FATAL second thing failed"], 2_000).text
    assert text.index("first thing") < text.index("second thing")


def test_what_stands_beside_a_failure_is_kept() -> None:
    lines = [*CALM, "about to open the vault", "ERROR the vault is broken", "  at Vault.open(Vault.java:17)"]
    text = condense([*lines, *CALM], 2_000).text
    assert "about to open the vault" in text
    assert "Vault.java:17" in text


@given(st.lists(st.text(max_size=300), max_size=60), st.integers(min_value=60, max_value=4_000))
def test_any_text_is_condensed_within_its_budget(lines: list[str], budget: int) -> None:
    assert len(condense(lines, budget).text) <= budget


def test_no_lines_make_no_patterns() -> None:
    condensed = condense([], 2_000)
    assert condensed.patterns == ()
    assert condensed.lines == 0


def test_lines_that_are_all_different_do_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.adapters.condenser.MAX_SHAPES", 100)
    condenser = Condenser()
    words = ["".join(chr(97 + (n >> shift) % 7) for shift in range(0, 24, 3)) for n in range(3_000)]
    condenser.add(f"user {word} logged in from the east" for word in words)
    assert len(condenser.shapes) <= 101
    assert sum(pattern.count for pattern in condenser.result(2_000).patterns) == 3_000


@pytest.mark.parametrize(
    ("line", "message", "level", "timed"),
    [
        (
            '{"ts": "2026-09-21T10:00:00Z", "level": "ERROR", "msg": "pool empty"}',
            "pool empty",
            "error",
            True,
        ),
        ("2026-09-21T10:00:00.123Z [WARN] slow disk", "slow disk", "warn", True),
        ("2026/09/21 10:00:00 CRITICAL: it is over", "it is over", "fatal", True),
        ("Fri Jul 11 13:23:24 UTC 2025 ERROR: no database", "no database", "error", False),
        ("[2026-09-21 10:00:00] INFO: User 7 logged in", "User 7 logged in", "info", True),
        ("\x1b[31merror\x1b[0m: it broke", "it broke", "error", False),
        ("^[[36mE   assert 1 == 2^[[0m", "E   assert 1 == 2", "", False),
        ("Errors were made", "Errors were made", "", False),
        ('{"not": "a log line"}', '{"not": "a log line"}', "", False),
        ("{broken json}", "{broken json}", "", False),
    ],
)
def test_a_line_loses_its_envelope(line: str, message: str, level: str, timed: bool) -> None:  # noqa: FBT001
    told = shaped(line)
    assert (told.message, told.level, told.at is not None) == (message, level, timed)


@pytest.mark.parametrize(
    "message",
    [
        "0 failed; 25 passed",
        "no errors found",
        "errors: 0",
        "fail-fast: true",
        'echo "it failed"',
        "✓ throws an error",
    ],
)
def test_words_of_failure_that_tell_of_none_are_quiet(message: str) -> None:
    assert loudness(message, "") < FAILS


@pytest.mark.parametrize(
    "message",
    [
        "connection refused",
        "out of memory: limit 160Mi reached",
        "Segmentation fault",
        "certificate has expired",
    ],
)
def test_words_of_failure_are_loud_without_a_level(message: str) -> None:
    assert loudness(message, "") >= FAILS
