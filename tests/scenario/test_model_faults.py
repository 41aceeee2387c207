"""Faults of earlier designs that no other suite names: order of steps, cost of waiting and calls, files."""

from collections import deque
from dataclasses import replace

import pytest

from agents.errors import UnknownSkillError
from agents.load import Known, load_roster
from agents.messages import ToolCall
from agents.providers import TABLE
from agents.skills import Skill, skill_tool
from agents.tools import Toolbox
from bot.adapters.team_answers import ANSWERS
from bot.adapters.team_crew import DIAGNOSIS, LOGS, REMEDIATION
from bot.adapters.team_tools import NAMES
from bot.domain.finding import Remediation
from bot.domain.ids import TargetId
from bot.domain.incident import Phase, StepStatus
from bot.ports.world import Done
from tests.fakes.content import PROCESS
from tests.fakes.crews import ROAD, Cast, modelled, proposed
from tests.fakes.house import RAISE, House, alert, house
from tests.fakes.payments import PAYMENTS, failing_payments

LOOKS = {"fetch_logs", "query_metrics", "recent_changes", "service_state", "read_runbook", "recall_incident"}
RECORDS = {"execute_remediation", "propose_memory_edit", "offer_plan"}
WORKERS = tuple(TargetId(f"checkout/worker-{n}") for n in range(3))


def with_workers() -> House:
    """A house whose plan has one step for each of three workers."""
    home = house()
    old = home.content.fixed_inventory
    (service,) = old.services[:1]
    twins = tuple(replace(service.targets[0], id=worker) for worker in WORKERS)
    more = replace(service, targets=(*service.targets, *twins))
    home.content.fixed_inventory = replace(old, services=(more, *old.services[1:]))
    for worker in WORKERS:
        home.eyes.set_state(worker, **home.eyes.state[PROCESS])
    steps = tuple(replace(RAISE.steps[0], target=target) for target in WORKERS)
    home.team.remediations[0] = Remediation((replace(RAISE, steps=steps),))
    return home


async def test_approved_steps_run_in_their_order_and_stop_at_the_first_failure() -> None:
    home = with_workers()
    home.hands.answers = deque([Done(ok=True, detail="done"), Done(ok=False, detail="no room")])
    incident = await home.fires()
    await home.work()
    await home.click(incident)
    await home.work()
    assert [one.step.target for one in home.hands.performed] == list(WORKERS[:2])
    state = await home.plan(incident)
    assert [one.status for one in state.steps] == [StepStatus.DONE, StepStatus.FAILED, StepStatus.PENDING]
    assert (await home.incident(incident)).phase is Phase.STOPPED


async def test_waiting_for_a_person_costs_no_call_no_look_no_walk_and_no_event() -> None:
    cast = Cast(ROAD)
    home = modelled(cast)
    before = await proposed(home)
    asked, looked = cast.calls, len(home.eyes.looked)
    home.walks = 0
    await home.pass_time(600, step=60)
    after = await home.incident(before.id)
    assert (cast.calls, len(home.eyes.looked), home.walks) == (asked, looked, 0)
    assert after.version == before.version


def test_no_tool_of_an_agent_reads_or_writes_files_or_runs_anything() -> None:
    assert NAMES == LOOKS | RECORDS
    known = Known(
        NAMES, frozenset(ANSWERS.shapes), frozenset({LOGS, DIAGNOSIS, REMEDIATION}), frozenset(TABLE)
    )
    given = {tool for member in load_roster(known).members.values() for tool in member.tools}
    assert given <= NAMES


@pytest.mark.parametrize("name", ["../../.env", "/etc/passwd", "log-analysis/../../AGENTS.md", "SKILL.md"])
async def test_a_skill_is_loaded_by_its_name_and_never_by_a_path(name: str) -> None:
    box = Toolbox.of((skill_tool({"log-analysis": Skill("log-analysis", "x", "the procedure")}),))
    with pytest.raises(UnknownSkillError, match="you have: log-analysis"):
        await box.call(ToolCall("1", "load_skill", {"name": name}))
    assert await box.call(ToolCall("2", "load_skill", {"name": "log-analysis"})) == "the procedure"


async def test_one_incident_takes_at_most_four_calls_and_eight_thousand_tokens_to_its_plan() -> None:
    cast = Cast(PAYMENTS)
    home = modelled(cast)
    failing_payments(home)
    incident = await home.fires(alert(service="payment-api"))
    await home.work()
    found = await home.incident(incident)
    assert found.phase is Phase.PROPOSED
    assert cast.calls <= 4
    assert sum(one.tokens_in for one in found.spent) <= 8_000
