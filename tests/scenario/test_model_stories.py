"""The field's two sample incidents through both ways of working: a leaking deploy, and a memory limit."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents.messages import Results
from agents.model import Ask
from agents.providers.scripted import answers, calls, says, told
from bot.domain.action import ParameterKind, ParameterSpec, Tier, UndoKind, UndoSpec
from bot.domain.evidence import EvidenceKind, LogPattern, MetricReading
from bot.domain.finding import Confidence
from bot.domain.ids import MINUTE, ActionId, At, ServiceName, TargetId
from bot.domain.incident import Incident, Phase
from bot.domain.service import MetricSpec
from tests.fakes.crews import ROAD, Cast, Lines, ids, modelled
from tests.fakes.house import House, alert

PAYMENT = TargetId("payment-api/process")
KILLED = "OOM kill: container memory limit 512Mi exceeded, restarting"
EXHAUSTED = "connection pool exhausted (100 of 100 in use)"
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
    patterns = tuple(
        LogPattern(line, count, At(now - 10 * MINUTE), now, "error", line)
        for line, count in ((EXHAUSTED, 61), (KILLED, 1))
    )
    home.eyes.set_facts(EvidenceKind.LOGS, *patterns, text=f"61x {EXHAUSTED}\n1x {KILLED}")
    readings = tuple(
        MetricReading(
            name, unit, name, _number(value), _number(before), None, _number(low), _number(high), now
        )
        for name, unit, value, before, low, high in METRICS
    )
    home.eyes.set_facts(EvidenceKind.METRICS, *readings)
    home.eyes.set_facts(EvidenceKind.CHANGES, text="no changes")


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


@pytest.fixture(params=["pipeline", "manager"])
def folders(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, ...]:
    (tmp_path / "team.yaml").write_text(f"orchestration: {request.param}\n", encoding="utf-8")
    return (tmp_path,)


async def plan_of(home: House, service: str) -> Incident:
    incident = await home.fires(alert(service=service))
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.PROPOSED
    assert home.hands.performed == []
    return found


async def test_a_leaking_deploy_gives_the_pool_first_and_the_rollback_as_the_other_way(
    folders: tuple[Path, ...],
) -> None:
    home = modelled(Cast({**ROAD, "ops_manager": manager}), folders=folders)
    found = await plan_of(home, "checkout")
    assert found.current is not None
    assert [step.action for step in found.current.plan.steps] == ["increase_pool_size"]
    assert [option.title for option in found.current.options] == ["Roll back"]


async def test_memory_pressure_gives_more_memory_and_a_restart_behind_an_approval(
    folders: tuple[Path, ...],
) -> None:
    cast = Cast({**PAYMENTS, "ops_manager": manager})
    home = modelled(cast, folders=folders)
    failing_payments(home)
    found = await plan_of(home, "payment-api")
    assert found.diagnosis is not None
    assert found.current is not None
    assert found.diagnosis.confidence is Confidence.HIGH
    assert found.diagnosis.dropped == 1
    assert "cpu is at 97%" not in [claim.statement for claim in found.diagnosis.claims]
    plan = found.current.plan
    assert [(step.action, step.target) for step in plan.steps] == [
        ("set_memory_limit", PAYMENT),
        ("restart", PAYMENT),
    ]
    assert plan.steps[0].changes == (("memory_mi", "512", "1024"),)
    assert (plan.tier, plan.production) == (Tier.MEDIUM, True)
    assert dict(plan.steps[0].undo.parameters) == {"memory_mi": 512}
