"""`python -m tests.chaos [--short]`: kills, races and hammers, a table, and exit 1 on a broken promise."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos.boundaries import ACTIONS, WRITERS, BrokenPromiseError, Told, of_all, survive
from tests.chaos.hammer import Count, Load, hammer
from tests.chaos.mortal import Boundary
from tests.chaos.races import gate_races, wire_races
from tests.chaos.stage import staged

SHORT = Load(plans=60, clickers=12, seconds=50, blow_seconds=1.0)
FULL = Load(plans=1000, clickers=200, seconds=1000, blow_seconds=4.0)
MUTANT = Load(plans=24, clickers=12, seconds=25, blow_seconds=0.4, mutant=True)
MUTANT_GOES = 3
SHORT_KILLS = ("IncidentOpened", "PlanProposed", "Decided", "StepStarted", "StepFinished", "Verified")


@dataclass(frozen=True, slots=True)
class Row:
    """One promise: what was done, what came of it, whether it was kept."""

    what: str
    found: str
    kept: bool
    more: str = ""


def main() -> int:
    """Run all and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a few minutes instead of all of it")
    parser.add_argument("--only", choices=("kills", "races", "hammer", "mutant"), help="one part alone")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="a part of the full races and hammer, 0 to 1"
    )
    given = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="chaos-") as place:
        rows = asyncio.run(_all(Path(place), short=given.short, only=given.only, scale=given.scale))
    for row in rows:
        print(row.more, end="", file=sys.stderr)
        print(f"{'kept  ' if row.kept else 'BROKEN'}  {row.what}: {row.found}")
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if all(row.kept for row in rows) else 1


async def _all(place: Path, *, short: bool, only: str | None, scale: float) -> list[Row]:
    rows: list[Row] = []
    if only in {None, "kills"}:
        rows.append(await _kills(place / "k", _chosen(short=short)))
    if only in {None, "races"}:
        rows += await _races(place, wire=3 if short else 20, gate=100 if short else round(10_000 * scale))
    if only in {None, "hammer"}:
        rows.append(_hammered("hammer", await hammer(place / "h", SHORT if short else _part(scale))))
    if only in {None, "mutant"}:
        rows.append(_caught(await _mutant(place)))
    return rows


async def _mutant(place: Path) -> Count:
    """The hammer on the mutant: whether a blow falls into a step is chance, so it gets three goes."""
    count = await hammer(place / "m1", MUTANT)
    for number in range(2, MUTANT_GOES + 1):
        if count.doubles:
            break
        count = await hammer(place / f"m{number}", MUTANT)
    return count


def _part(scale: float) -> Load:
    """That much of the full hammer."""
    plans, clickers = round(FULL.plans * scale), max(round(FULL.clickers * scale), 4)
    return replace(FULL, plans=plans, clickers=clickers, seconds=max(FULL.seconds * scale, 60.0))


def _chosen(*, short: bool) -> Iterable[Boundary]:
    if not short:
        return of_all()
    return (Boundary(what, when, WRITERS[what]) for what in SHORT_KILLS for when in ("before", "after"))


async def _kills(home: Path, chosen: Iterable[Boundary]) -> Row:
    told: list[Told] = []
    broken: list[str] = []
    async with staged(home, actions=ACTIONS) as stage:
        for boundary in chosen:
            try:
                told.append(await survive(stage, boundary))
            except (BrokenPromiseError, TimeoutError, AssertionError) as error:
                broken.append(f"{boundary}: {str(error) or type(error).__name__}"[:500])
    unknown = sum(one.unknown for one in told)
    slowest = max((one.seconds for one in told), default=0.0)
    found = f"{len(told)} deaths survived, {unknown} of them asked what happened, slowest {slowest:.0f} s"
    return Row("kill -9 at a boundary", "; ".join([found, *broken]), not broken)


async def _races(place: Path, *, wire: int, gate: int) -> list[Row]:
    (place / "r").mkdir()
    results = [("two processes on the gate", await gate_races(place / "r", gate))]
    results.append(("two bots on the wire", await wire_races(place / "w", wire)))
    return [
        Row(
            f"two clicks at once, {what}",
            f"{one.number} races, {one.wrong} without exactly one winner, {one.untold} losers not told who",
            one.kept,
        )
        for what, one in results
    ]


def _hammered(what: str, count: Count) -> Row:
    blows = ", ".join(f"{many} {name}" for name, many in sorted(count.blows.items()))
    ends = ", ".join(f"{many} {name}" for name, many in sorted(count.ends.items()))
    found = (
        f"{count.plans} plans x 3 steps, {count.clicks} clicks of {count.clickers}, "
        f"{count.counted} decisions, blows: {blows}\n"
        f"        {count.starts} steps begun, {count.effects} effects, {count.doubles} double, "
        f"{count.ghosts} without a start, {count.lost} lost, {count.twice_decided} decided twice, "
        f"{count.unknown} unknown ({count.unshown} not shown), {count.broken_chains} chains broken\n"
        f"        ends: {ends}; {count.seconds:.0f} s"
    )
    return Row(what, found, count.kept and count.counted > 0, count.standing)


def _caught(count: Count) -> Row:
    row = _hammered("mutant that runs steps in doubt again", count)
    verdict = "caught" if count.doubles else "NOT CAUGHT"
    return Row(
        row.what, f"{verdict}: {count.doubles} double\n        {row.found}", count.doubles > 0, row.more
    )


if __name__ == "__main__":
    sys.exit(main())
