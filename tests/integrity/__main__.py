"""`python -m tests.integrity [--short]`: measure, print one table, exit 1 on any wrong number."""

import argparse
import sys
import time

from tests.integrity.report import Row, table
from tests.integrity.rows import FULL, ROWS, SHORT


def main() -> int:
    """Run every row; 1 where anything came out wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.integrity", description="The gate's promises, measured."
    )
    parser.add_argument("--short", action="store_true", help="the sizes for every commit")
    parser.add_argument("--only", default="", help="only rows whose function has this in its name")
    options = parser.parse_args()
    rows: list[Row] = []
    for measure in ROWS:
        if options.only not in measure.__name__:
            continue
        started = time.monotonic()
        rows += measure(SHORT if options.short else FULL)
        print(f"{measure.__name__}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(rows), flush=True)
    return 1 if not rows or any(row.wrong for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
