"""The second sample incident played in a house: a memory limit that kills, and its team's scripts."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from agents.messages import Results
from agents.model import Ask
from agents.providers.scripted import answers, calls, says, told
from bot.adapters.condenser import Condensed, condense
from bot.adapters.readings import reading_text
from bot.domain.action import ParameterKind, ParameterSpec, Tier, UndoKind, UndoSpec
from bot.domain.evidence import EvidenceKind, MetricReading
from bot.domain.ids import ActionId, ServiceName, TargetId
from bot.domain.service import MetricSpec
from tests.fakes.crews import Lines, ids
from tests.fakes.house import House

PAYMENT = TargetId("payment-api/process")
KILLED = "OOM kill: container memory limit 512Mi exceeded, restarting"
EXHAUSTED = "connection pool exhausted (100 of 100 in use)"
LOG_BUDGET = 12_000
"""Characters of a digest, as the eyes have it."""

METRICS = (
    ("error_rate", "ratio", "0.23", "0.01", None, "0.01"),
    ("memory", "Mi", "498", "310", None, "450"),
    ("connections", "connections", "100", "30", None, "90"),
    ("cpu", "percent", "45", "25", "20", "30"),
)


def failing_payments(home: House) -> None:
    """B14: 503s, an exhausted pool, a kill at the memory limit, and the pool exhausted again."""
    content, now = home.content, home.clock.now()
    (service,) = content.fixed_inventory.services
    limit = ParameterSpec("memory_mi", ParameterKind.INTEGER, minimum=256, maximum=4096, observed="memory_mi")
    grown = content.fixed_catalogue.action("increase_pool_size")
    assert grown is not None
    memory = replace(
        grown,
        id=ActionId("set_memory_limit"),
        title="Set the memory limit",
        tier=Tier.MEDIUM,
        parameters=(limit,),
        observes=("memory_mi",),
        preconditions=("memory_mi",),
        undo=UndoSpec(UndoKind.ACTION, ActionId("set_memory_limit"), (("memory_mi", "memory_mi"),)),
    )
    content.fixed_catalogue = replace(
        content.fixed_catalogue, actions=(*content.fixed_catalogue.actions, memory)
    )
    specs = tuple(
        MetricSpec(name, name, unit, _number(low), _number(high)) for name, unit, _, _, low, high in METRICS
    )
    payments = replace(
        service,
        name=ServiceName("payment-api"),
        aliases=(),
        metrics=specs,
        targets=(replace(service.targets[0], id=PAYMENT),),
        actions=(ActionId("restart"), ActionId("set_memory_limit"), ActionId("increase_pool_size")),
    )
    content.fixed_inventory = replace(content.fixed_inventory, services=(payments,))
    state = {"state": "RUNNING", "pid_start": "1", "memory_mi": "512", "pool_size": "100", "version": "42"}
    home.eyes.set_state(PAYMENT, **state)
    log = half_an_hour()
    home.eyes.set_facts(EvidenceKind.LOGS, *log.patterns, text=log.text)
    readings = tuple(
        MetricReading(
            name, unit, name, _number(value), _number(before), None, _number(low), _number(high), now
        )
        for name, unit, value, before, low, high in METRICS
    )
    said = "\n".join(reading_text(reading) for reading in readings)
    home.eyes.set_facts(EvidenceKind.METRICS, *readings, text=said)
    home.eyes.set_facts(EvidenceKind.CHANGES, text="no changes")


def half_an_hour() -> Condensed:
    """Its log as the eyes condense one: some thousand lines, of which a few tell the story."""
    lines = list[str]()
    for second in range(1800):
        at = f"2026-09-21T13:{second // 60:02d}:{second % 60:02d}Z"
        path, took = ("/pay", "/refund", "/status")[second % 3], 12 + second % 40
        lines.append(f"{at} INFO payment-api handled method=POST path={path} status=200 ms={took}")
        if second > 1200 and not second % 4:
            lines.append(f"{at} ERROR payment-api {EXHAUSTED} waited={second % 9}s")
            lines.append(f"{at} ERROR payment-api handled method=POST path={path} status=503 ms=5000")
        if second in {1400, 1700}:
            lines += [f"{at} FATAL payment-api {KILLED}", f"{at} INFO payment-api starting version=42"]
        if not second % 300:
            lines.append(f"{at} WARN payment-api memory used={310 + second // 10}Mi limit=512Mi")
    return condense(lines, LOG_BUDGET)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def analyst(ask: Ask) -> Any:
    finding = {"statement": "killed at its limit", "evidence": [ids(ask)["logs"]], "quote": KILLED}
    return answers({"summary": "pool, kill, pool again", "findings": [finding]})


def doctor(ask: Ask) -> Any:
    seen = ids(ask)
    memory = {"value": "498", "query": "memory"}
    claims = [
        {"statement": "it was killed at 512Mi", "evidence": [seen["logs"]], "quote": KILLED},
        {"statement": "memory is at 498 Mi", "evidence": [seen["metrics"]], "numbers": [memory]},
        {"statement": "errors rose from 1% to 23%", "evidence": [seen["metrics"]]},
        {"statement": "cpu is at 97%", "evidence": [seen["metrics"]]},
    ]
    return answers(
        {
            "verdict": "cause",
            "cause": "payment-api runs out of memory at 512Mi, is killed, and exhausts its pool again",
            "mode": "db-pool-exhaustion",
            "confidence": "high",
            "claims": claims,
        }
    )


def remediator(_: Ask) -> Any:
    steps = [
        {"action": "set_memory_limit", "target": PAYMENT, "parameters": {"memory_mi": 1024}},
        {"action": "restart", "target": PAYMENT},
    ]
    return answers({"options": [{"title": "More memory", "why": "It runs out.", "steps": steps}]})


def manager(ask: Ask) -> Any:
    """Gives each its work, and ends with a few words."""
    if any(isinstance(message, Results) for message in ask.messages):
        return says("Done.")
    if "actions and targets" in told(ask):
        return calls(("task", {"agent": "remediator", "task": "propose steps"}))
    return calls(
        ("task", {"agent": "log_analyst", "task": "read the logs"}),
        ("task", {"agent": "diagnostician", "task": "find the cause"}),
    )


PAYMENTS: Lines = {"log_analyst": analyst, "diagnostician": doctor, "remediator": remediator}
