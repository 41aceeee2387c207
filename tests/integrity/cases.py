"""The sixteen cases by which the gate is judged, run as the tests that they are, and counted."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = "tests/integrity/test_cases.py"
ATTACKS = "tests/integrity/test_attacks.py"
CASES = 16
SECONDS = 300
LINE = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS) (\S+::\S+)", re.MULTILINE)
NUMBER = re.compile(r"::test_(\d\d)_")


@dataclass(frozen=True, slots=True)
class Told:
    """How many tests of a file passed, which did not, and which of the cases they speak of."""

    passed: int
    failed: tuple[str, ...]
    numbers: frozenset[int]


def told(file: str) -> Told:
    """Run the tests of a file in a process of their own; one that does not run at all has failed."""
    words = (sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--color=no", file)
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    return read(done.stdout, done.returncode)


def read(output: str, code: int) -> Told:
    """What pytest's own summary says."""
    lines = LINE.findall(output)
    passed = [name for verdict, name in lines if verdict == "PASSED"]
    failed = [f"{verdict} {name}" for verdict, name in lines if verdict != "PASSED"]
    if code and not failed:
        failed.append(f"pytest ended with {code}")
    numbers = frozenset(int(found[1]) for name in passed if (found := NUMBER.search(name)))
    return Told(len(passed), tuple(failed), numbers)
