"""`make e2e-k8s`: everything against a real control plane; prints a report, and writes it with --write."""

import argparse
import asyncio
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.e2e_k8s.cases import CASES, Case
from tests.e2e_k8s.plane import ROOT, MissingError
from tests.e2e_k8s.rig import Rig, rigged

PAGE = ROOT / "docs" / "e2e-k8s.md"


async def _run(only: str) -> tuple[list[str], int]:
    lines, failed = list[str](), 0
    with tempfile.TemporaryDirectory(prefix="gl-k8s-") as folder:
        begun = time.monotonic()
        async with rigged(Path(folder)) as rig:
            print(f"control plane, kubelet and two workloads: {time.monotonic() - begun:.1f} s", flush=True)
            for title, case in CASES:
                if only in title:
                    line, well = await _one(rig, title, case)
                    failed += not well
                    print(line, flush=True)
                    lines.append(line)
    return lines, failed


async def _one(rig: Rig, title: str, case: Case) -> tuple[str, bool]:
    begun = time.monotonic()
    try:
        async with asyncio.timeout(120):
            told = await case(rig)
    # The outermost loop: a case may fail in any way, and the others must still run.
    except Exception:  # noqa: BLE001
        print(traceback.format_exc(), file=sys.stderr)
        return f"FAIL {title}", False
    return f"ok   {title} ({time.monotonic() - begun:.1f} s): {told}", True


def main() -> int:
    """Run all, or those whose title holds a text."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    try:
        _, failed = asyncio.run(_run(arguments.only))
    except MissingError as missing:
        print(missing, file=sys.stderr)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
