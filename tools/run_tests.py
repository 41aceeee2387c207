"""Run every suite in turn and list at the end, in plain words, what a missing system package prevented."""

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUITES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("unit and house", ("-n", "2", "tests/unit", "tests/house")),
    ("contract and integration", ("tests/contract", "tests/integration")),
    ("scenario", ("tests/scenario",)),
    ("browser", ("tests/browser",)),
)
PROGRAMS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("integrity, short", ("-m", "tests.integrity", "--short")),
    ("chaos, short", ("-m", "tests.chaos", "--short")),
)
SKIPPED = re.compile(r"^SKIPPED \[\d+\] \S+ (.*)$", re.MULTILINE)
COUNTS = re.compile(r"(\d+) (passed|failed|error|errors|skipped)")


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
    failed: list[str] = []
    skipped: set[str] = set()
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for title, arguments in SUITES:
        present = [part for part in arguments if not part.startswith("tests/") or (ROOT / part).is_dir()]
        if not any(part.startswith("tests/") for part in present):
            continue
        code, output = run(title, (sys.executable, "-m", "pytest", "-q", *present, *sys.argv[1:]))
        skipped.update(SKIPPED.findall(output))
        for count, word in COUNTS.findall(output.rsplit("\n", 3)[-2] if output else ""):
            key = "failed" if word.startswith("error") else word
            totals[key] += int(count)
        if code not in {0, 5}:
            failed.append(title)
    for title, arguments in PROGRAMS:
        if (ROOT / arguments[1].replace(".", "/") / "__main__.py").is_file():
            code, _ = run(title, (sys.executable, *arguments))
            totals["failed" if code else "passed"] += 1
            if code:
                failed.append(title)
    if skipped:
        print("\nNot tested on this machine:")
        for reason in sorted(skipped):
            print(f"  - {reason}")
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    print(f"\n{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
