"""Run every suite in turn and list at the end, in plain words, what a missing system package prevented."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BY_FILE = ("-n", "2", "--dist", "loadfile")
"""Two files at a time: these suites mostly wait for processes."""
SUITES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("unit and house", ("-n", "2", "tests/unit", "tests/house")),
    ("contract and integration", (*BY_FILE, "tests/contract", "tests/integration")),
    ("scenario", (*BY_FILE, "tests/scenario")),
    ("browser", ("tests/browser",)),
    ("integrity cases", ("tests/integrity",)),
)
PROGRAMS: tuple[tuple[str, str], ...] = (
    ("integrity, short", "tests.integrity"),
    ("chaos, short", "tests.chaos"),
)
SKIPPED = re.compile(r"^SKIPPED \[\d+\] \S+ (.*)$", re.MULTILINE)
COUNTS = re.compile(r"(\d+) (passed|failed|errors?|skipped)")
NO_TESTS = 5


@dataclass(slots=True)
class Tally:
    """What all suites together did."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: list[str] = field(default_factory=list[str])
    reasons: set[str] = field(default_factory=set[str])

    def suite(self, title: str, code: int, output: str) -> None:
        """Count one pytest run by its closing line."""
        self.reasons.update(SKIPPED.findall(output))
        closing = output.rstrip().rpartition("\n")[2]
        for count, word in COUNTS.findall(closing):
            name = "failed" if word.startswith("error") else word
            setattr(self, name, getattr(self, name) + int(count))
        if code not in {0, NO_TESTS}:
            self.broken.append(title)

    def program(self, title: str, code: int) -> None:
        """Count one program as one test."""
        if code:
            self.failed += 1
            self.broken.append(title)
        else:
            self.passed += 1

    def told(self) -> int:
        """Say what was missing and what failed; the exit code."""
        if self.reasons:
            print("\nNot tested on this machine:")
            print("\n".join(f"  - {reason}" for reason in sorted(self.reasons)))
        if self.broken:
            print(f"\nFailed: {', '.join(self.broken)}")
        print(f"\n{self.passed} passed, {self.failed} failed, {self.skipped} skipped", flush=True)
        return 1 if self.broken else 0


def run(title: str, command: Sequence[str]) -> tuple[int, str]:
    """Run one suite, show its output as it comes, and return its exit code and output."""
    print(f"\n== {title}", flush=True)
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    print(f"== {title}: {time.monotonic() - started:.0f} s, exit {child.returncode}", flush=True)
    return child.returncode, "".join(lines)


def main() -> int:
    """Run all; exit 1 if anything failed."""
    tally = Tally()
    for title, arguments in SUITES:
        present = [part for part in arguments if not part.startswith("tests/") or (ROOT / part).is_dir()]
        if any(part.startswith("tests/") for part in present):
            tally.suite(title, *run(title, (sys.executable, "-m", "pytest", "-q", *present, *sys.argv[1:])))
    for title, module in PROGRAMS:
        if (ROOT / module.replace(".", "/") / "__main__.py").is_file():
            tally.program(title, run(title, (sys.executable, "-m", module, "--short"))[0])
    return tally.told()


if __name__ == "__main__":
    sys.exit(main())
