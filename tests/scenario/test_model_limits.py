"""What models asked for in vain, proposed in vain, or claimed beyond the evidence; and who saw what."""

from typing import Any

import pytest

from agents.messages import Results
from agents.model import Ask
from agents.providers.scripted import answers, calls, told
from bot.domain.finding import NUMBERS_OUT, Confidence
from bot.domain.incident import Phase
from bot.slack.views.incident_card import incident_card
from bot.slack.views.scene import Scene
from tests.fakes.content import PROCESS
from tests.fakes.crews import ROAD, Cast, analyst, doctor, ids, modelled, proposed
from tests.fakes.house import QUOTE
from tests.fakes.world import START


def proposing(*steps: dict[str, Any]) -> Any:
    return answers({"options": [{"title": "this", "steps": list(steps)}]})


NEVER_LEGAL = [proposing({"action": f"drop_{n}", "target": PROCESS}) for n in range(9)]
STUBBORN = [proposing({"action": "drop_table", "target": PROCESS})] * 9


@pytest.mark.parametrize(("lines", "asked"), [(NEVER_LEGAL, 3), (STUBBORN, 2)], ids=["others", "the same"])
async def test_the_runbooks_remedies_are_proposed_when_the_models_were_refused_three_times(
    lines: Any, asked: int
) -> None:
    cast = Cast({**ROAD, "remediator": lines})
    found = await proposed(modelled(cast))
    # The same question is not asked again: its answer is known.
    assert len(cast.asked("remediator")) == asked
    assert found.phase is Phase.PROPOSED
    assert {step.action for step in found.current.plan.steps} <= {"increase_pool_size", "rollback_deployment"}
    assert "From the runbooks, because what the models proposed was refused" in found.current.explanation


async def test_a_person_is_asked_where_neither_models_nor_runbooks_propose_anything_legal() -> None:
    cast = Cast({**ROAD, "remediator": NEVER_LEGAL})
    home = modelled(cast)
    home.content.modes = ()
    found = await proposed(home)
    assert len(cast.asked("remediator")) == 3
    assert found.phase is Phase.ESCALATED
    assert "UNKNOWN_ACTION" in found.escalation


async def test_an_agent_is_told_what_it_has_where_it_asks_for_more_and_the_incident_shows_it() -> None:
    def nosy(ask: Ask) -> Any:
        if not any(isinstance(message, Results) for message in ask.messages):
            return calls(
                ("run_shell", {"command": "ls"}),
                ("fetch_logs", {"service": "payroll"}),
                ("execute_remediation", {"action": "restart", "target": PROCESS}),
            )
        return analyst(ask)

    cast = Cast({**ROAD, "log_analyst": nosy})
    found = await proposed(modelled(cast))
    (results,) = [one for one in cast.asked("log_analyst")[1].messages if isinstance(one, Results)]
    assert all(one.refused for one in results.results)
    shell, logs, act = (one.text for one in results.results)
    assert "no tool of this name: 'run_shell'; you have: fetch_logs, recent_changes" in shell
    assert "service: unknown 'payroll'; there are: checkout" in logs
    assert "no tool of this name: 'execute_remediation'" in act
    refused = found.worked[0].stages[0].refused
    assert [word for word in ("run_shell", "payroll", "execute_remediation") if word in str(refused)] == [
        "run_shell",
        "payroll",
        "execute_remediation",
    ]
    shown = str(incident_card(found, Scene(START)).message.blocks)
    assert "log_analyst asked in vain" in shown
    assert "run_shell" in shown


async def test_a_number_of_the_cause_that_no_evidence_shows_is_taken_out_and_counted() -> None:
    def boasting(ask: Ask) -> Any:
        (call,) = doctor(ask).calls
        cause = "20 connections are in use since 42, and 97% of 8,123 requests fail"
        return answers({**call.arguments, "cause": cause})

    found = await proposed(modelled(Cast({**ROAD, "diagnostician": boasting})))
    assert found.diagnosis.cause == "20 connections are in use since 42, and (?)% of (?) requests fail"
    assert found.diagnosis.dropped == 2
    assert found.diagnosis.confidence is Confidence.MEDIUM
    assert NUMBERS_OUT in found.diagnosis.notes


async def test_the_remediator_reads_the_findings_with_their_evidence_not_a_summary_of_them() -> None:
    def two(ask: Ask) -> Any:
        logs = ids(ask)["logs"]
        kept = {"statement": "20 of 20 are in use", "evidence": [logs], "quote": "in_use=20 max=20"}
        invented = {"statement": "it rains", "evidence": [logs], "quote": "rain in the data centre"}
        return answers({"summary": "SUMMARY", "findings": [kept, invented]})

    cast = Cast({**ROAD, "log_analyst": two})
    await proposed(modelled(cast))
    read = told(cast.asked("remediator")[0])
    assert '- 20 of 20 are in use "in_use=20 max=20" [ev-' in read
    assert QUOTE in read
    assert "it rains" not in read
    assert "SUMMARY" not in read
