"""The field's two sample incidents through both ways of working: a leaking deploy, and a memory limit."""

from pathlib import Path

import pytest

from bot.domain.action import Tier
from bot.domain.finding import Confidence
from bot.domain.incident import Incident, Phase
from tests.fakes.crews import ROAD, Cast, modelled
from tests.fakes.house import House, alert
from tests.fakes.payments import PAYMENT, PAYMENTS, failing_payments, manager


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
