"""`make e2e-k8s`: everything against a real control plane; prints a report, and writes it with --write."""

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from pathlib import Path

import psutil

from tests.e2e_k8s.cases import CASES, Case
from tests.e2e_k8s.plane import ROOT, MissingError
from tests.e2e_k8s.rig import Rig, rigged

PAGE = ROOT / "docs" / "e2e-k8s.md"
MARK = "<!-- the last output follows -->\n"


async def _run(only: str) -> tuple[list[str], int]:
    lines, failed = list[str](), 0

    def say(line: str) -> None:
        print(line, flush=True)
        lines.append(line)

    with tempfile.TemporaryDirectory(prefix="gl-k8s-") as folder:
        begun = time.monotonic()
        async with rigged(Path(folder)) as rig:
            say(f"control plane, kubelet and two workloads: {time.monotonic() - begun:.1f} s, {_memory(rig)}")
            for title, case in CASES:
                if only in title:
                    line, well = await _one(rig, title, case)
                    failed += not well
                    say(line)
        say(f"{len(lines) - 1 - failed} passed, {failed} failed, in {time.monotonic() - begun:.0f} s")
    return lines, failed


def _memory(rig: Rig) -> str:
    """What the three programs of the control plane hold in memory."""
    held = {name: psutil.Process(pid).memory_info().rss // 2**20 for name, pid in rig.plane.pids.items()}
    return ", ".join(f"{name} {size} MiB" for name, size in held.items())


async def _one(rig: Rig, title: str, case: Case) -> tuple[str, bool]:
    begun = time.monotonic()
    try:
        async with asyncio.timeout(180):
            told = await case(rig)
    # The outermost loop: a case may fail in any way, and the others must still run.
    except Exception:  # noqa: BLE001
        print(traceback.format_exc(), file=sys.stderr)
        return f"FAIL {title}", False
    return f"ok   {title} ({time.monotonic() - begun:.1f} s): {told}", True


def main() -> int:
    """Run all, or those whose title holds a text; with --write, keep the output in the page."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    try:
        lines, failed = asyncio.run(_run(arguments.only))
    except MissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    if arguments.write and not failed:
        kept = PAGE.read_text().partition(MARK)[0]
        body = "\n".join(lines)
        PAGE.write_text(f"{kept}{MARK}\n```\n{body}\n```\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
