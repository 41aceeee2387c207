"""The field's two sample incidents through both ways of working: a leaking deploy, and a memory limit."""

# ruff: noqa: E501 - transcripts are kept as they are

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from agents.messages import Reply, Results
from agents.model import Ask, Capabilities, Listener, Model
from agents.providers.scripted import ScriptedModel
from agents.roster_files import SHIPPED
from agents.transcript import render
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team import ModelTeam
from bot.adapters.team_crew import Crews, Files
from bot.adapters.team_ledger import MemoryBooks
from bot.adapters.team_tools import Reach
from bot.domain.action import Tier
from bot.domain.finding import Confidence
from bot.domain.incident import Incident, Phase
from tests.fakes.crews import ROAD, Cast, environment, modelled
from tests.fakes.house import House, alert, house
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


@dataclass(slots=True)
class Meeting:
    """A model that answers only when the other one is asked at the same time."""

    inner: ScriptedModel
    both: asyncio.Barrier

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def capabilities(self) -> Capabilities:
        return self.inner.capabilities

    async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
        async with asyncio.timeout(20):
            await self.both.wait()
        return await self.inner.reply(ask, listener)

    async def aclose(self) -> None:
        return None


async def test_the_managers_tasks_of_one_turn_are_worked_on_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text("orchestration: manager\n", encoding="utf-8")
    cast, both = Cast({**PAYMENTS, "ops_manager": manager}), asyncio.Barrier(2)

    def connect(names: Iterable[str]) -> dict[str, Model]:
        made = dict(cast.connect(names))
        for agent in ("log_analyst", "diagnostician"):
            made[f"scripted:{agent}"] = Meeting(cast.models[agent], both)
        return made

    home = house()
    failing_payments(home)
    crews = Crews(Files((SHIPPED, tmp_path), None, environment()), {}, cast.pace, connect)
    reach = Reach(home.eyes, home.content, home.clock, lambda text: text)
    home.ports = replace(home.ports, team=ModelTeam(crews, RulesTeam(home.content), reach, MemoryBooks()))
    await plan_of(home, "payment-api")
    (first,) = [one for one in cast.asked("ops_manager")[1].messages if isinstance(one, Results)]
    assert [result.refused for result in first.results] == [False, False]
    shown = "\n".join(render((entry,), 120) for entry in cast.asked("ops_manager")[1].messages[1:])
    assert re.sub(r"outside [0-9a-f]{16}", "outside n", shown) == snapshot("""\
< task({"agent": "log_analyst", "task": "read the logs"})
< task({"agent": "diagnostician", "task": "find the cause"})
= task: <<outside n task t1_0>> / {"summary":"pool, kill, pool again","findings":[{"statement":"killed at its li…
= task: <<outside n task t1_1>> / {"verdict":"cause","cause":"payment-api runs out of memory at 512Mi, is killed…\
""")
