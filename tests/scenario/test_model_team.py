"""The whole road with a team of scripted models: alert in, plan, click, verification, report, questions."""

import re
from typing import Any

from agents.model import Ask
from agents.providers.scripted import answers, told
from bot.domain.events import Closing, Decided, TeamWorked
from bot.domain.finding import Confidence, Verdict
from bot.domain.incident import Phase
from tests.fakes.content import PROCESS
from tests.fakes.crews import Cast, Lines, modelled
from tests.fakes.house import QUOTE, House

ID = re.compile(r"evidence (ev-\d+): (\w+)")


def ids(ask: Ask) -> dict[str, str]:
    """The evidence that a model was shown, by its kind."""
    return {kind: known for known, kind in ID.findall(told(ask))}


def analyst(ask: Ask) -> Any:
    logs = ids(ask)["logs"]
    return answers(
        {"summary": "pool", "findings": [{"statement": "it times out", "evidence": [logs], "quote": QUOTE}]}
    )


def doctor(ask: Ask) -> Any:
    seen = ids(ask)
    pool = {"value": "20", "query": "pool_in_use"}
    return answers(
        {
            "verdict": "cause",
            "cause": "the deploy of 42 leaks connections until checkout's pool is exhausted",
            "mode": "db-pool-exhaustion",
            "confidence": "high",
            "claims": [
                {"statement": "the pool times out", "evidence": [seen["logs"]], "quote": QUOTE},
                {
                    "statement": "20 connections are in use",
                    "evidence": [seen["metrics"]],
                    "numbers": [pool],
                },
            ],
        }
    )


def remediator(_: Ask) -> Any:
    raise_it = {"action": "increase_pool_size", "target": PROCESS, "parameters": {"pool_size": 50}}
    back = {"action": "rollback_deployment", "target": PROCESS, "parameters": {"version": "41"}}
    return answers(
        {
            "options": [
                {"title": "Raise the pool", "why": "It is too small for the load.", "steps": [raise_it]},
                {"title": "Roll back", "why": "42 leaks.", "steps": [back]},
            ]
        }
    )


ROAD: Lines = {"log_analyst": analyst, "diagnostician": doctor, "remediator": remediator}


async def proposed(home: House) -> Any:
    incident = await home.fires()
    await home.work()
    return await home.incident(incident)


async def test_the_pool_story_runs_on_models_with_three_calls_to_the_card() -> None:
    cast = Cast(ROAD)
    home = modelled(cast)
    found = await proposed(home)
    assert found.phase is Phase.PROPOSED
    assert cast.calls == 3
    assert found.diagnosis.verdict is Verdict.CAUSE
    assert found.diagnosis.confidence is Confidence.HIGH
    assert found.diagnosis.dropped == 0
    assert found.diagnosis.team == "models scripted:log_analyst, scripted:diagnostician"
    assert [one.stage for one in found.spent] == ["log_analysis", "diagnosis", "remediation"]
    assert all(one.calls == 1 and one.tokens_in for one in found.spent)
    worked = [entry.event for entry in found.entries if isinstance(entry.event, TeamWorked)]
    assert "team.yaml" in dict(worked[0].roster)
    home.eyes.set_samples("error_rate", "0.5", "0.0", "0.0", "0.0")
    assert isinstance(await home.click(found.id), Decided)
    await home.pass_time(10)
    done = await home.incident(found.id)
    assert done.closed is not None
    assert done.closed.closing is Closing.VERIFIED


async def test_later_stages_see_the_evidence_and_the_former_answers() -> None:
    cast = Cast(ROAD)
    await proposed(modelled(cast))
    diagnosing, remedying = told(cast.asked("diagnostician")[0]), told(cast.asked("remediator")[0])
    assert QUOTE in diagnosing
    assert "answer of log_analyst" in diagnosing
    assert "the deploy of 42 leaks connections" in remedying
    assert "increase_pool_size(pool_size: integer 1 to 200)" in remedying
    assert QUOTE in remedying
