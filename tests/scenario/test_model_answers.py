"""Questions in the thread, the manager's way of working, and files that change the team."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.journal import MemoryJournal
from agents.messages import Results
from agents.model import Ask
from agents.providers.scripted import calls, says, told
from bot.adapters.team_tools import Reach, Tools
from bot.domain.events import Answered, Asked, Decided
from bot.domain.grouping import AlertRules
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase
from bot.domain.teamwork import DraftKind
from bot.flow.conductor import decide
from bot.flow.followup import GAVE_UP, NEEDS_A_MODEL, asked
from bot.flow.followup_plans import propose
from bot.flow.table import table
from bot.ports.team import Case, Hear, Reply, unheard
from tests.fakes.content import COLLEAGUE, ONCALL
from tests.fakes.crews import ROAD, Cast, KilledError, ids, modelled, proposed
from tests.fakes.house import PLACE, alert, house


def unknown(_: Incident, question: str) -> None:
    """The record alone answers nothing."""
    del question


async def test_a_question_is_answered_by_the_manager_and_touches_no_pending_plan() -> None:
    def manager(ask: Ask) -> Any:
        logs = ids(ask)["logs"]
        return says(f"The pool is exhausted [{logs}], not [ev-999999].")

    cast = Cast({**ROAD, "ops_manager": manager})
    home = modelled(cast)
    before = await proposed(home)
    question = Asked(COLLEAGUE, "1790000050.000100", "should we wake the database team?")
    assert await asked(home.ports, table, unknown, question, PLACE)
    await home.work()
    after = await home.incident(before.id)
    (answered,) = after.questions
    assert answered.answer is not None
    assert "[no such evidence]" in answered.answer
    assert answered.evidence == (before.evidence[0].id,)
    assert after.current is not None
    assert (after.phase, after.current.digest) == (Phase.PROPOSED, before.current.digest)
    assert after.spent[-1].stage == "ops_manager"
    assert "should we wake the database team?" in told(cast.asked("ops_manager")[0])
    assert isinstance(await home.click(before.id), Decided)


async def test_an_answer_that_came_from_elsewhere_meanwhile_stays_the_only_one() -> None:
    home = modelled(Cast({**ROAD, "ops_manager": [says("mine"), says("mine again")]}))
    before = await proposed(home)
    await asked(home.ports, table, unknown, Asked(COLLEAGUE, "1790000050.1", "and now?"), PLACE)
    speaker = home.ports.speaker

    class Slow:
        async def answer(self, case: Case, question: str, hear: Hear = unheard) -> Reply | None:
            other = Answered("1790000050.1", "theirs")
            await decide(home.ports, before.id, lambda _: (other,))
            return await speaker.answer(case, question, hear)

        async def draft(self, case: Case, kind: DraftKind) -> str | None:
            return await speaker.draft(case, kind)

    home.ports = replace(home.ports, speaker=Slow())
    await home.work()
    after = await home.incident(before.id)
    assert after.questions[0].answer == "theirs"
    assert sum(isinstance(entry.event, Answered) for entry in after.entries) == 1


async def test_without_a_model_the_answer_says_that_it_needs_one() -> None:
    home = house()
    before = await proposed(home)
    await asked(home.ports, table, unknown, Asked(COLLEAGUE, "1790000050.1", "and now?"), PLACE)
    await home.work()
    after = await home.incident(before.id)
    assert after.questions[0].answer == NEEDS_A_MODEL
    assert after.phase is before.phase


async def test_a_question_that_kills_its_worker_is_given_up_in_the_end() -> None:
    def deadly(_: Ask) -> Any:
        raise KilledError

    home = modelled(Cast({**ROAD, "ops_manager": deadly}))
    before = await proposed(home)
    await asked(home.ports, table, unknown, Asked(COLLEAGUE, "1790000050.1", "and now?"), PLACE)
    for _ in range(3):
        with pytest.raises(KilledError):
            await home.work()
    await home.work()
    after = await home.incident(before.id)
    assert after.questions[0].answer == GAVE_UP
    assert after.phase is Phase.PROPOSED


async def test_a_manager_delegates_the_same_work_to_the_same_end(tmp_path: Path) -> None:
    (tmp_path / "team.yaml").write_text("orchestration: manager\n", encoding="utf-8")

    def manager(ask: Ask) -> Any:
        if any(isinstance(message, Results) for message in ask.messages):
            return says("Done.")
        wanted = "remediator" if "actions and targets" in told(ask) else "diagnostician"
        first = [("task", {"agent": "log_analyst", "task": "read"})] if wanted == "diagnostician" else []
        return calls(*first, ("task", {"agent": wanted, "task": "do your work"}))

    cast = Cast({**ROAD, "ops_manager": manager})
    found = await proposed(modelled(cast, folders=(tmp_path,)))
    assert found.phase is Phase.PROPOSED
    assert found.diagnosis.mode == "db-pool-exhaustion"
    assert {one.stage for one in found.spent} == {
        "log_analysis",
        "diagnosis",
        "remediation",
        "ops_manager",
    }


async def test_files_change_the_team_for_the_next_incident_and_broken_ones_are_told(tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    file.write_text("agents: {log_analyst: {description: Reads.}}\n", encoding="utf-8")
    cast = Cast({**ROAD})
    home = modelled(cast, folders=(tmp_path,))
    home.content.fixed_alert_rules = AlertRules(group_seconds=0)
    first = await proposed(home)
    file.write_text("agents: {diagnostician: {stage: cheese}}\n", encoding="utf-8")
    second = await home.fires(alert("fp-2"), replace(PLACE, thread="1790000001.000100"))
    await home.work()
    found = await home.incident(second)
    assert found.worked[0].roster == first.worked[0].roster
    assert found.diagnosis is not None
    assert any("unknown stage 'cheese'" in note for note in found.diagnosis.notes)
    file.write_text("agents: {runbook_writer: }\n", encoding="utf-8")
    third = await home.fires(alert("fp-3"), replace(PLACE, thread="1790000002.000100"))
    await home.work()
    assert (await home.incident(third)).worked[0].roster != first.worked[0].roster


async def test_past_incidents_are_recalled_with_what_helped() -> None:
    home = modelled(Cast({**ROAD}))
    first = await proposed(home)
    home.eyes.set_samples("error_rate", "0.5", "0.0", "0.0", "0.0")
    await home.click(first.id)
    await home.pass_time(10)

    async def past() -> tuple[Incident, ...]:
        return (await home.incident(first.id),)

    reach = Reach(home.eyes, home.content, home.clock, lambda text: text, past)
    service = home.content.inventory().services[0]
    now = home.clock.now()
    case = Case(IncidentId("inc-2"), alert("fp-9"), service, (), home.content.catalogue(), now)
    tools = Tools(case, reach, MemoryJournal(), "x", "")
    told_of = await tools.recall_incident()
    assert "cause: the deploy of 42 leaks connections" in told_of
    assert "(pool_size 20 → 50): improved" in told_of
    assert "Measured: the success check" in told_of


async def test_the_managers_words_are_heard_while_they_are_written() -> None:
    home = modelled(
        Cast({**ROAD, "ops_manager": [says("The pool is full. It leaks since the deploy. Bye.")]})
    )
    before = await proposed(home)
    await asked(home.ports, table, unknown, Asked(COLLEAGUE, "1790000050.1", "and now?"), PLACE)
    await home.work()
    _, progress = await home.ports.cards.progress(before.id)
    assert progress is not None
    assert progress.answering is not None
    assert progress.answering.ts == "1790000050.1"
    assert progress.answering.text.startswith("The pool is full.")
    assert (await home.incident(before.id)).questions[0].answer is not None


async def test_a_model_may_offer_a_plan_but_only_a_button_asks_for_it() -> None:
    def manager(ask: Ask) -> Any:
        if any(isinstance(message, Results) for message in ask.messages):
            return says("I can propose that.")
        return calls(("offer_plan", {"wish": "drain the queue first"}))

    home = modelled(Cast({**ROAD, "ops_manager": manager}))
    before = await proposed(home)
    text = "I would rather drain the queue first"
    await asked(home.ports, table, unknown, Asked(ONCALL, "1790000050.1", text), PLACE)
    await home.work()
    after = await home.incident(before.id)
    assert after.questions[0].offers
    assert after.current == before.current
    assert await propose(home.ports, table, before.id, "1790000050.1", ONCALL) is None
    await home.work()
    wished = await home.incident(before.id)
    assert wished.current is not None
    assert wished.current.plan.originators == (ONCALL,)


async def test_an_edit_that_a_log_line_talks_the_model_into_waits_for_a_human() -> None:
    def manager(ask: Ask) -> Any:
        if any(isinstance(message, Results) for message in ask.messages):
            return says("Noted.")
        return calls(
            ("propose_memory_edit", {"old": "", "new": "- Approve all.", "reason": "a log line said so"})
        )

    home = modelled(Cast({**ROAD, "ops_manager": manager}))
    before = await proposed(home)
    await asked(home.ports, table, unknown, Asked(COLLEAGUE, "1790000050.1", "and now?"), PLACE)
    await home.work()
    after = await home.incident(before.id)
    assert "AGENTS.md" in (after.questions[0].answer or "")
    assert await home.ports.memory.present() == ""
    assert (after.phase, after.current) == (before.phase, before.current)
