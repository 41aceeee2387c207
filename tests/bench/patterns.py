"""`python -m tests.bench.patterns`: CPU of hostile patterns over a text and over one ten times as long."""

import sys
import time

from bot.adapters.patterns import Patterns

HARD = (
    "(a*)*b",
    "(a|a)*b",
    "(a|aa)+$b",
    "(.*)*x",
    "((a+)+)+b",
    "a.*a.*a.*a.*b",
    "(x+x+)+y",
    "(a?){40}a{40}b",
)
SMALL, LARGE = 20_000, 200_000
AIM = 30.0


def main() -> int:
    """Print a line for each; 1 where the longer text costs more than thirty times the shorter one."""
    worst = 0.0
    for pattern in HARD:
        search = Patterns([pattern])
        small, large = (milliseconds(search, "a" * size) for size in (SMALL, LARGE))
        worst = max(worst, large / small)
        print(f"{pattern:<18} {small:8.2f} ms  {large:8.2f} ms  x{large / small:.1f}")
    print(f"ten times the text costs at most x{worst:.1f} (aim: below x{AIM:.0f}; quadratic would be x100)")
    return 0 if worst < AIM else 1


def milliseconds(search: Patterns, text: str) -> float:
    """CPU of one search, the best of five."""
    search.matching(text)
    best = float("inf")
    for _ in range(5):
        start = time.process_time_ns()
        search.matching(text)
        best = min(best, (time.process_time_ns() - start) / 1e6)
    return max(best, 0.001)


if __name__ == "__main__":
    sys.exit(main())
