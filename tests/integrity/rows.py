"""The rows that can be shown today; each is one function over a size, run in processes where it is long."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from tests.chaos.races import gate_races
from tests.integrity import (
    answering,
    attacker,
    cases,
    execution_mutants,
    in_doubt,
    matrix,
    mutants,
    shown,
    staleness,
    tampering,
    through_flow,
)
from tests.integrity import limits_hold as holding
from tests.integrity.report import Row
from tests.integrity.situations import matrix as situations

T = TypeVar("T")
CHUNKS = 64


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of each is done."""

    flow_every: int
    plans: int
    plans_on_valkey: int
    transcripts: int
    log: int
    races: int
    incidents: int
    clicks_while_hung: int


SHORT = Sizes(
    flow_every=6,
    plans=3000,
    plans_on_valkey=50,
    transcripts=500,
    log=300,
    races=50,
    incidents=10,
    clicks_while_hung=8,
)
FULL = Sizes(
    flow_every=1,
    plans=100_000,
    plans_on_valkey=1000,
    transcripts=10_000,
    log=10_000,
    races=1000,
    incidents=100,
    clicks_while_hung=100,
)


def nobody_unauthorised(sizes: Sizes) -> tuple[Row, ...]:
    """The matrix through the pure gate and through the flow, and the mutants."""
    pure = matrix.compared()
    wrong = tuple(f"{wanted} but {got} in {s}" for s, wanted, got in pure.wrong)
    missing = tuple(f"{count} situations not driven: {why}" for why, count in sorted(pure.undriven.items()))
    drivable = [(number, s) for number, s in enumerate(situations()) if not matrix.missing(s)]
    some = drivable[:: sizes.flow_every]
    through = asyncio.run(through_flow.compared(some))
    alive = _alive(mutants.survivors)
    total = len(mutants.MUTANTS)
    flow_alive = _alive(lambda: asyncio.run(mutants.flow_survivors()))
    of_flow = len(mutants.FLOW_MUTANTS)
    return (
        Row(
            "nobody unauthorised",
            f"{pure.driven:,} of {len(situations()):,} situations",
            f"{len(wrong)} wrong",
            wrong,
            missing,
        ),
        Row(
            "  through store, rosters and card",
            f"{len(some):,} situations",
            f"{len(through)} wrong",
            tuple(f"{wanted} but {got} in {s}" for s, wanted, got in through),
        ),
        Row("  mutants of the gate", f"{total} mutants", f"{total - len(alive)} killed", alive),
        Row("  mutants of the flow", f"{of_flow} mutants", f"{of_flow - len(flow_alive)} killed", flow_alive),
    )


def _alive(survivors: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
    """The survivors; a mutant that can no longer be made, since the source changed, is one of them."""
    try:
        return survivors()
    except LookupError as gone:
        return (str(gone),)


def shown_is_run(sizes: Sizes) -> tuple[Row, ...]:
    """Generated plans in memory and on an embedded server."""
    parts = _spread(_memory, sizes.plans)
    with tempfile.TemporaryDirectory(prefix="gl-") as directory:
        valkey = asyncio.run(shown.valkey(range(sizes.plans_on_valkey), Path(directory)))
    return (
        _shown_row("what was shown is what ran", sizes.plans, parts),
        _shown_row("  on an embedded Valkey", sizes.plans_on_valkey, [valkey]),
    )


def _shown_row(promise: str, plans: int, parts: Iterable[shown.Tally]) -> Row:
    tallies = tuple(parts)
    ran, calls = sum(t.ran for t in tallies), sum(t.calls for t in tallies)
    large = sum(t.too_large for t in tallies)
    different = tuple(one for t in tallies for one in t.different)
    if ran + large != plans:
        different = (*different, f"{plans - ran - large} plans never came to a card")
    return Row(
        promise,
        f"{plans:,} plans: {ran:,} ran, {large:,} too large for a button",
        f"{calls:,} calls, {len(different)} differences",
        different,
    )


def model_cannot_act(sizes: Sizes) -> tuple[Row, ...]:
    """Hostile transcripts."""
    parts = _spread(_attacked, sizes.transcripts)
    bad = tuple(one for part in parts for one in (*part.without, *part.lowered))
    cards, approved = sum(p.cards for p in parts), sum(p.approved for p in parts)
    calls, direct = sum(p.calls for p in parts), sum(p.direct for p in parts)
    refused = f"{direct:,} calls from nowhere refused"
    without, lowered = sum(len(p.without) for p in parts), sum(len(p.lowered) for p in parts)
    return (
        Row(
            "the model cannot act",
            f"{sum(p.transcripts for p in parts):,} hostile transcripts, {cards:,} cards",
            f"{without} calls without approval, {lowered} tiers lowered",
            bad,
            (f"{approved:,} decisions by people who may, {calls:,} calls after them, {refused}",),
        ),
    )


def stale_is_refused(sizes: Sizes) -> tuple[Row, ...]:
    """One field drifted at a time."""
    del sizes
    result = asyncio.run(staleness.played(staleness.CASES))
    wrong = (*(f"executed: {one}" for one in result.executed), *result.unsaid)
    alive = _alive(lambda: asyncio.run(execution_mutants.survivors()))
    total = len(execution_mutants.FAULTS)
    return (
        Row(
            "stale is refused",
            f"{result.played} drifts before, after and between",
            f"{len(result.executed)} executions, {len(result.unsaid)} wrong codes",
            wrong,
        ),
        Row("  mutants of the execution", f"{total} mutants", f"{total - len(alive)} killed", alive),
    )


def at_most_once(sizes: Sizes) -> tuple[Row, ...]:
    """A worker killed at every write of an execution (real processes and real kills: `make chaos`)."""
    del sizes
    result = asyncio.run(in_doubt.played())
    wrong = (*(f"ran twice: {one}" for one in result.twice), *(f"left: {one}" for one in result.silent))
    alive = _alive(lambda: asyncio.run(in_doubt.survivors()))
    total = len(in_doubt.MUTANTS)
    return (
        Row(
            "at most once",
            f"{result.deaths} deaths of a worker, {result.unknown} in doubt",
            f"{len(result.twice)} steps ran twice, {len(result.silent)} left without a word",
            wrong,
        ),
        Row("  mutants of the resumption", f"{total} mutants", f"{total - len(alive)} killed", alive),
    )


def limits_hold(sizes: Sizes) -> tuple[Row, ...]:
    """Every limit filled up once, and what is one less."""
    del sizes
    result = asyncio.run(holding.played(holding.CASES))
    alive = _alive(lambda: asyncio.run(holding.survivors()))
    total = len(holding.MUTANTS)
    wrong = tuple(result.wrong)
    return (
        Row("limits hold", f"{result.played} limits, full and not", f"{len(wrong)} wrong", wrong),
        Row("  mutants of the limits", f"{total} mutants", f"{total - len(alive)} killed", alive),
    )


def tampering_shows(sizes: Sizes) -> tuple[Row, ...]:
    """Five kinds of edit at every position."""
    with _pool() as pool:
        jobs = [pool.submit(tampering.run, sizes.log, places) for places in _ranges(sizes.log)]
        parts = [job.result() for job in jobs]
    tried = sum(part.tried for part in parts)
    missed = tuple(one for part in parts for one in part.missed)
    share = 100 * (tried - len(missed)) / tried
    return (
        Row(
            "tampering shows",
            f"{tried:,} edits of a log of {sizes.log:,} entries",
            f"{tried - len(missed):,} found ({share:.4g} %)",
            missed,
        ),
    )


def sixteen_cases(sizes: Sizes) -> tuple[Row, ...]:
    """The cases by number, and the attacks that were found since; each is a test."""
    del sizes
    by_number, attacks = cases.told(cases.FILE), cases.told(cases.ATTACKS)
    missing = set(range(1, cases.CASES + 1)) - by_number.numbers
    gone = tuple(f"case {number} has no test that passes" for number in sorted(missing))
    return (
        Row(
            f"the {cases.CASES} cases",
            f"{by_number.passed + len(by_number.failed)} tests",
            f"{len(by_number.numbers)} cases hold, {len(by_number.failed)} failed",
            (*by_number.failed, *gone),
        ),
        Row(
            "  attacks found since",
            f"{attacks.passed + len(attacks.failed)} tests",
            f"{attacks.passed} fended off",
            attacks.failed if attacks.passed else (*attacks.failed, "none was run"),
        ),
    )


def once(sizes: Sizes) -> tuple[Row, ...]:
    """Two processes judge a click each at the same moment (kills and many clickers: `make chaos`)."""
    with tempfile.TemporaryDirectory(prefix="gl-") as directory:
        races = asyncio.run(gate_races(Path(directory), sizes.races))
    wrong = (f"{races.wrong} races without exactly one winner",) if races.wrong else ()
    untold = (f"{races.untold} losers were not told who won",) if races.untold else ()
    return (
        Row(
            "once: two processes at a time",
            f"{races.number:,} races",
            f"{races.number - races.wrong:,} single winners, {races.untold} losers not told",
            (*wrong, *untold),
        ),
    )


def it_answers(sizes: Sizes) -> tuple[Row, ...]:
    """Clicks over the wire; times are printed and never judged, an answer that does not come is wrong."""
    with tempfile.TemporaryDirectory(prefix="gl-") as directory:
        home = Path(directory) / "home"
        result = asyncio.run(answering.answered(home, sizes.incidents, sizes.clicks_while_hung))
    high = answering.high
    return (
        Row(
            "it answers",
            f"{len(result.up)} clicks, and {len(result.hung)} while the store hangs",
            f"acknowledged p99 {high(result.up, 99):.0f} ms, {high(result.hung, 99):.0f} ms while it hangs; "
            f"decision visible p95 {high(result.visible, 95):.0f} ms",
            tuple(result.wrong),
        ),
    )


def _memory(seeds: range) -> shown.Tally:
    return asyncio.run(shown.memory(seeds))


def _attacked(seeds: range) -> attacker.Attacked:
    return asyncio.run(attacker.attacked(seeds))


def _spread(work: Callable[[range], T], many: int) -> list[T]:
    with _pool() as pool:
        return list(pool.map(work, _ranges(many)))


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(os.cpu_count() or 1, mp_context=get_context("spawn"))


def _ranges(many: int) -> list[range]:
    step = max(many // CHUNKS, 1)
    return [range(start, min(start + step, many)) for start in range(0, many, step)]


ROWS = (
    sixteen_cases,
    nobody_unauthorised,
    shown_is_run,
    model_cannot_act,
    stale_is_refused,
    at_most_once,
    limits_hold,
    tampering_shows,
    once,
    it_answers,
)
