"""`python -m tests.bench [--incidents N]`: medians and 99th percentiles beside the aims."""

import argparse
import asyncio
import platform
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from bot.domain.events import StepStarted
from bot.domain.incident import Incident, Phase
from tests.bench import models
from tests.bench.measures import append_seconds, cpu_seconds, memory_of, pids_of, stored_bytes
from tests.chaos.home import ONCALL
from tests.chaos.stage import NAMES, Stage, staged

REST_SECONDS = 3.0
APPENDS = 500


@dataclass(slots=True)
class Timings:
    """Milliseconds, one each per incident."""

    first_card: list[float] = field(default_factory=list[float])
    plan_card: list[float] = field(default_factory=list[float])
    acknowledged: list[float] = field(default_factory=list[float])
    started: list[float] = field(default_factory=list[float])
    shown: list[float] = field(default_factory=list[float])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--incidents", type=int, default=100)
    parser.add_argument("--models", action="store_true", help="only the team of scripted models")
    args = parser.parse_args()
    number: int = args.incidents
    print(f"{platform.machine()}, {psutil.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(f"load {psutil.getloadavg()[0]:.1f} at the start, {number} incidents one after the other")
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        if not args.models:
            asyncio.run(_measured(Path(place) / "home", number))
        print("A team of scripted models, on the sample incident of a memory limit:")
        asyncio.run(models.measured(Path(place)))
    return 0


async def _measured(home: Path, number: int) -> None:
    async with staged(home) as stage:
        await _one(stage, Timings())
        await asyncio.sleep(REST_SECONDS)
        pids = await asyncio.to_thread(pids_of, home, NAMES)
        _print_memory(pids)
        idle = await _idle(pids)
        timings, incident = Timings(), None
        bytes_before, cpu_before, began = await stored_bytes(stage.store), cpu_seconds(pids), time.monotonic()
        for _ in range(number):
            incident = await _one(stage, timings)
        passed, cpu = time.monotonic() - began, cpu_seconds(pids)
        _print_timings(timings)
        _print_cpu(cpu_before, cpu, number, idle, passed)
        stored = (await stored_bytes(stage.store) - bytes_before) / number
        print(f"stored bytes per incident (dataset of the server, evidence included): {stored:,.0f}")
        assert incident is not None
        appends = [1000 * one for one in await append_seconds(stage.store, incident, APPENDS)]
        _row("store: one append, on disk", appends, "")


async def _one(stage: Stage, timings: Timings) -> Incident:
    stage.breaks()
    began = time.perf_counter()
    alert = await stage.fires()
    await stage.card(alert, "incident")
    timings.first_card.append(1000 * (time.perf_counter() - began))
    card = await stage.button(alert, "decide_approve")
    timings.plan_card.append(1000 * (time.perf_counter() - began))
    clicked, clicked_at = time.perf_counter(), time.time()
    ack = await stage.workspace.as_user(ONCALL).click(card, "decide_approve")
    assert ack.acked
    timings.acknowledged.append(1000 * (time.perf_counter() - clicked))
    await stage.card(alert, "plan:1", "Plan (approved|running|done)")
    timings.shown.append(1000 * (time.perf_counter() - clicked))
    found = await stage.reaches(alert, Phase.CLOSED)
    started = next(entry.at for entry in found.entries if isinstance(entry.event, StepStarted))
    timings.started.append(started - 1000 * clicked_at)
    return await stage.settled(alert)


async def _idle(pids: dict[str, int]) -> dict[str, float]:
    """CPU seconds a second of each process while nothing happens."""
    before, began = cpu_seconds(pids), time.monotonic()
    await asyncio.sleep(REST_SECONDS)
    passed = time.monotonic() - began
    return {name: (now - before[name]) / passed for name, now in cpu_seconds(pids).items()}


def _print_memory(pids: dict[str, int]) -> None:
    each = [memory_of(name, pid) for name, pid in pids.items()]
    parts = ", ".join(f"{one.name} {one.pss:.0f}/{one.rss:.0f}" for one in each)
    pss, rss = sum(one.pss for one in each), sum(one.rss for one in each)
    print(f"memory at rest, MB (PSS/RSS): {parts}; together {pss:.0f}/{rss:.0f}   aim: under 350")


def _print_timings(timings: Timings) -> None:
    print(f"{'milliseconds':44} {'p50':>8} {'p99':>8}   aim p50 / p99")
    _row("alert posted -> first card", timings.first_card, "300 / 1000")
    _row("alert posted -> approval card", timings.plan_card, "")
    _row("click -> acknowledged", timings.acknowledged, "100 / 500")
    _row("click -> decision visible on the card", timings.shown, "- / 2000 (p95)")
    _row("click -> step started (by the record)", timings.started, "250 / 1000")


def _row(what: str, values: list[float], aim: str) -> None:
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(f"{what:44} {median(ordered):8.1f} {high:8.1f}   {aim}")


def _print_cpu(
    before: dict[str, float], after: dict[str, float], number: int, idle: dict[str, float], passed: float
) -> None:
    """What an incident takes beyond what the processes take at rest in the same time."""
    used = {name: 1000 * (after[name] - before[name] - idle[name] * passed) / number for name in before}
    parts = ", ".join(f"{name} {one:.0f}" for name, one in used.items())
    print(f"CPU per incident, ms, beyond rest: {parts}; together {sum(used.values()):.0f}   aim: under 300")
    rest = ", ".join(f"{name} {100 * one:.1f}%" for name, one in idle.items())
    print(f"CPU at rest, of one core: {rest}")


if __name__ == "__main__":
    sys.exit(main())
