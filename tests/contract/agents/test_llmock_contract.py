"""Both makers' SDKs against a server that breaks them on demand and judges how the client took it."""

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from llmock.scenarios import Behavior, Delay, Fail, Reply, StreamFault, ToolCall, ToolFault
from llmock.testing import LLMockServer
from llmock.verdict import judge

from agents.desk import Outcome
from agents.loop import run
from agents.messages import Results
from agents.model import Heard, Model
from agents.pace import RealPace
from agents.providers import connect
from agents.providers.retrying import Patience
from agents.providers.scripted import ScriptedModel, answers, in_turn
from agents.providers.settings import ProviderSettings
from bot.adapters.rules_team import RulesTeam
from bot.adapters.team import ModelTeam
from bot.adapters.team_crew import Crews, Files
from bot.adapters.team_ledger import MemoryBooks
from bot.adapters.team_tools import Reach
from tests.fakes.harness import Verdict, agent, desk
from tests.fakes.house import house

MAKERS = {"anthropic": "anthropic:claude-sonnet-4-6", "openai": "openai:gpt-5-mini"}
PATIENCE = Patience(first=0.12, longest=1.0, tries=3)
SILENCE = 0.3
LATER = {"cause": "the other model says so", "confidence": "low"}
FIRST = {"cause": "the pool leaks", "confidence": "high"}
GOOD = Reply(tool_calls=(ToolCall("answer", FIRST),), times=None)
LOOK = Reply(tool_calls=(ToolCall("fetch_logs", {"service": "a"}),))
RECORDS_SECONDS = 2.0

PASSING: dict[str, tuple[Behavior, ...]] = {
    "429 with Retry-After": (Fail(429, retry_after=0.3),),
    "529": (Fail(529), Fail(529)),
    "500": (Fail(500),),
    "truncated": (StreamFault("truncate", after_chunks=2),),
    "disconnected": (StreamFault("disconnect", after_chunks=2),),
    "malformed chunk": (StreamFault("malformed", after_chunks=1),),
    "stalled": (StreamFault("stall", after_chunks=1, stall_seconds=1.5),),
    "late": (Delay(1.5),),
}
LASTING: dict[str, tuple[Behavior, ...]] = {
    "429 for an hour": (Fail(429, retry_after=3600, times=None),),
    "529": (Fail(529, times=None),),
    "401": (Fail(401, times=None),),
    "truncated": (StreamFault("truncate", after_chunks=2, times=None),),
    "disconnected": (StreamFault("disconnect", after_chunks=2, times=None),),
    "malformed chunk": (StreamFault("malformed", after_chunks=1, times=None),),
    "stalled": (StreamFault("stall", after_chunks=1, stall_seconds=1.5, times=None),),
}
STREAMS_ONLY = {"truncated", "disconnected", "malformed chunk", "stalled"}


@pytest.fixture(scope="module")
def running() -> Iterator[LLMockServer]:
    with LLMockServer() as server:
        yield server


@dataclass(frozen=True, slots=True)
class Wire:
    """One maker's wire, whole or streamed, at a server that plays these behaviours."""

    server: LLMockServer
    maker: str
    streamed: bool

    def plays(self, *behaviours: Behavior) -> None:
        """Forget what was, and play these from now on."""
        self.server.state.reset()
        self.server.state.scenarios.add(*behaviours)

    @asynccontextmanager
    async def model(self) -> AsyncGenerator[Model]:
        """The maker's model at this server."""
        name = MAKERS[self.maker]
        settings = ProviderSettings("key", self.server.base_url(self.maker), silence=SILENCE)
        model = connect((name,), {self.maker: settings}, RealPace(), PATIENCE)[name]
        try:
            yield model
        finally:
            await model.aclose()

    def judged(self) -> str:
        """What the server holds against its client; empty where nothing."""
        verdict = judge(self.server.state.journal.records(wait=RECORDS_SECONDS))
        assert verdict.faults or verdict.attempts > 1, "no fault was played"
        return verdict.render() if verdict.errors else ""


def ways(faults: Iterable[str]) -> list[tuple[str, str, str]]:
    """Each maker's wire, whole and streamed, with each fault that exists there."""
    return [
        (maker, way, fault)
        for maker in sorted(MAKERS)
        for way in ("whole", "streamed")
        for fault in faults
        if way == "streamed" or fault not in STREAMS_ONLY
    ]


async def outcome_of(wire: Wire, behaviours: tuple[Behavior, ...], *others: Model) -> Outcome:
    """What an agent says with this maker's model first and the others after it."""
    wire.plays(*behaviours)
    heard: list[Heard] = []

    async def listen(piece: Heard) -> None:
        heard.append(piece)

    async with wire.model() as first:
        place = replace(desk(RealPace()), listener=listen if wire.streamed else None)
        return await run(agent(first, *others, answer=Verdict), "?", place)


@pytest.mark.parametrize(("maker", "way", "fault"), ways(PASSING))
async def test_a_fault_that_passes_is_survived_by_the_same_model(
    running: LLMockServer, maker: str, way: str, fault: str
) -> None:
    wire = Wire(running, maker, way == "streamed")
    outcome = await outcome_of(wire, (*PASSING[fault], GOOD))
    assert outcome.answer == Verdict.model_validate(FIRST)
    assert wire.judged() == ""


@pytest.mark.parametrize(("maker", "way", "fault"), ways(LASTING))
async def test_a_fault_that_lasts_ends_in_the_answer_of_the_next_model(
    running: LLMockServer, maker: str, way: str, fault: str
) -> None:
    wire = Wire(running, maker, way == "streamed")
    later = ScriptedModel("later", in_turn([answers(LATER)]))
    outcome = await outcome_of(wire, (*LASTING[fault], GOOD), later)
    assert outcome.answer == Verdict.model_validate(LATER)
    assert [failure.model for failure in outcome.tried] == [MAKERS[wire.maker]]
    if fault == "truncated":
        # The server cannot know that its last cut stream was refused: the next model was asked elsewhere.
        assert outcome.tried[0].kind == "CutShortError"
    else:
        assert wire.judged() == ""


@pytest.mark.parametrize(("maker", "way", "_"), ways(["tool"]))
async def test_broken_arguments_are_refused_and_the_model_corrects_itself(
    running: LLMockServer, maker: str, way: str, _: str
) -> None:
    wire = Wire(running, maker, way == "streamed")
    outcome = await outcome_of(wire, (LOOK, ToolFault("malformed_arguments"), GOOD))
    assert outcome.answer == Verdict.model_validate(FIRST)
    (results,) = [entry for entry in outcome.transcript if isinstance(entry, Results)]
    assert results.results[0].refused
    assert wire.judged() == ""


@pytest.mark.parametrize(("maker", "way", "_"), ways(["tool"]))
async def test_a_tool_that_was_never_offered_is_refused_with_the_names_that_exist(
    running: LLMockServer, maker: str, way: str, _: str
) -> None:
    wire = Wire(running, maker, way == "streamed")
    outcome = await outcome_of(wire, (LOOK, ToolFault("unknown_tool"), GOOD))
    assert outcome.answer == Verdict.model_validate(FIRST)
    (results,) = [entry for entry in outcome.transcript if isinstance(entry, Results)]
    assert "you have: fetch_logs, query_metrics" in results.results[0].text
    assert wire.judged() == ""


@pytest.mark.parametrize("fault", ["529", "401", "429 for an hour"])
async def test_where_both_makers_are_down_the_rules_team_answers(running: LLMockServer, fault: str) -> None:
    running.state.reset()
    running.state.scenarios.add(*LASTING[fault])
    settings = {maker: ProviderSettings("key", running.base_url(maker), silence=SILENCE) for maker in MAKERS}
    pace, quick = RealPace(), replace(PATIENCE, tries=2)
    crews = Crews(Files(), settings, pace, lambda names: connect(names, settings, pace, quick))
    home = house()
    reach = Reach(home.eyes, home.content, home.clock, lambda text: text)
    home.ports = replace(home.ports, team=ModelTeam(crews, RulesTeam(home.content), reach, MemoryBooks()))
    incident = await home.fires()
    await home.work()
    found = await home.incident(incident)
    await crews.aclose()
    assert found.diagnosis is not None
    assert found.diagnosis.team == "rules"
    assert {one.partition(": ")[0] for one in found.worked[0].tried} == set(MAKERS.values()) | {
        "anthropic:claude-haiku-4-5",
        "openai:gpt-5.1",
    }
    verdict = judge(running.state.journal.records(wait=RECORDS_SECONDS))
    assert verdict.errors == ()
