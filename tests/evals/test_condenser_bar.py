"""Bar 2: what a digest keeps of real logs under a budget."""

import random
import re
import resource
import time
from pathlib import Path
from typing import cast

import pytest

from bot.adapters.condenser import Condenser, condense
from bot.commands import eval_material
from tests.evals import material

BARS = {2_000: 0.60, 8_000: 0.75, 32_000: 0.85}
Signal = dict[str, object]


def kept(signal: Signal, text: str) -> bool:
    if "value" in signal:
        return str(signal["value"]).lower() in text.lower()
    return (
        str(signal["file"]).lower() in text.lower() and re.search(rf"\b{signal['line']}\b", text) is not None
    )


def lines_of(case: material.Case, root: Path) -> list[str]:
    return [
        line
        for part in eval_material.parts(case, "logs")
        for line in eval_material.text(root / str(part["path"])).splitlines()
    ]


@pytest.mark.parametrize("budget", BARS)
def test_the_digest_keeps_the_critical_signals_of_ci_logs(budget: int) -> None:
    root = material.given("cases.jsonl")
    shares = list[float]()
    for case in material.cases(root):
        signals = cast("list[Signal]", case.get("required_signals") or [])
        critical = [signal for signal in signals if signal["importance"] == "critical"]
        if not critical:
            continue
        text = condense(lines_of(case, root), budget).text
        assert len(text) <= budget
        shares.append(sum(kept(signal, text) for signal in critical) / len(critical))
    share = sum(shares) / len(shares)
    print(f"kept at {budget} characters: {share:.3f} of the critical signals in {len(shares)} logs")
    assert share >= BARS[budget]


def test_every_incident_log_keeps_its_cause_at_two_thousand_characters() -> None:
    root = material.given("cases.jsonl")
    lost, seen = list[str](), 0
    for case in material.cases(root):
        wanted = cast("list[list[str]]", case["must_mention"] or [])
        hidden = not case["cause_visible_in_logs"] or case.get("required_signals")
        if hidden or case["kind"] != "incident" or not wanted:
            continue
        lines = lines_of(case, root)
        whole = "\n".join(lines)
        there = [group for group in wanted if any(re.search(one, whole, re.IGNORECASE) for one in group)]
        text = condense(lines, 2_000).text
        seen += 1
        for group in there:
            if not any(re.search(one, text, re.IGNORECASE) for one in group):
                lost.append(f"{case['id']}: {group}")
    print(f"cause kept at 2000 characters: {seen - len({each.split(':')[0] for each in lost})} of {seen}")
    assert not lost


def test_a_million_lines_take_seconds_and_little_memory() -> None:
    root = material.given("loghub")
    pool = [
        line
        for path in sorted((root / "loghub").glob("*.log.xz"))
        for line in eval_material.text(path).splitlines()
    ]
    dice = random.Random(7)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    condenser = Condenser()
    began = time.process_time()
    for _ in range(100):
        condenser.add(vary(line, dice) for line in dice.choices(pool, k=10_000))
    result = condenser.result(8_000)
    took = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{result.lines} lines, {result.shapes} shapes: {took:.2f} s with making them, {grown:.0f} MB")
    assert grown <= 100


def vary(line: str, dice: random.Random) -> str:
    return f"{line} {dice.random()}" if dice.random() < 0.5 else line
