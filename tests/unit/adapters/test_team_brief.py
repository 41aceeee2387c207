"""What a later stage reads of a log: the telling lines, in their order, within its tokens."""

from agents.fence import tokens_of
from bot.adapters.team_brief import telling

QUIET = [f"payment-api handled path=/pay status=200 ms={n}" for n in range(200)]
FATAL = "payment-api OOM kill: container memory limit exceeded"
TEXT = "\n".join(["2,000 lines, 5 shapes", *QUIET[:150], f"2x {FATAL}", *QUIET[150:], "149x pool exhausted"])


def test_a_short_text_stays_as_it_is() -> None:
    assert telling("one line", 10) == "one line"


def test_the_telling_lines_stay_in_their_order_and_what_is_missing_is_said() -> None:
    said = telling(TEXT, 100)
    lines = said.splitlines()
    assert tokens_of(said) <= 100
    assert lines[0] == "2,000 lines, 5 shapes"
    assert lines.index(f"2x {FATAL}") < lines.index("149x pool exhausted")
    assert lines[-1] == f"[{203 - len(lines) + 1} quieter lines are left out; fetch_logs shows them]"


def test_no_line_is_made_up_or_cut_so_that_quotes_still_hold() -> None:
    assert set(telling(TEXT, 200).splitlines()[:-1]) <= set(TEXT.splitlines())
