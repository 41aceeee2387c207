"""Whatever one maker's server does, an agent ends with the other's answer, or says that nobody answered."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from agents.choice import Switchboard
from agents.loop import run
from agents.messages import Results, Said, ToolCall
from agents.model import Heard, Model, StartedAgain
from agents.providers import connect, open_providers
from agents.providers.retrying import Patience
from agents.providers.settings import ProviderSettings
from agents.transcript import Called, render
from tests.fakes.harness import Verdict, agent, desk
from tests.fakes.model_servers import Fault, ModelServer, serving
from tests.fakes.paces import JumpingPace

ANTHROPIC, OPENAI = "anthropic:claude-sonnet-4-6", "openai:gpt-5-mini"
GOOD = Said("", (ToolCall("0", "answer", {"cause": "the pool leaks", "confidence": "high"}),))
LOGS = Said(
    "", (ToolCall("0", "fetch_logs", {"service": "a"}), ToolCall("1", "fetch_logs", {"service": "b"}))
)


@asynccontextmanager
async def both(
    server: ModelServer, other: ModelServer, pace: JumpingPace
) -> AsyncGenerator[tuple[Model, Model]]:
    """A model of Anthropic at one server, and one of OpenAI at the other."""
    settings = {
        "anthropic": ProviderSettings("key", server.url, silence=0.2),
        "openai": ProviderSettings("key", f"{other.url}/v1", silence=5.0),
    }
    models = connect((ANTHROPIC, OPENAI), settings, pace, Patience(tries=2))
    try:
        yield models[ANTHROPIC], models[OPENAI]
    finally:
        for model in models.values():
            await model.aclose()


@pytest.mark.parametrize("streamed", ["whole", "streamed"])
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.BROKEN_ARGUMENTS])
async def test_each_fault_of_one_maker_ends_in_an_answer_of_the_other(fault: Fault, streamed: str) -> None:
    if (fault, streamed) in {(Fault.ERROR_EVENT, "whole"), (Fault.WRONG_TYPES, "streamed")}:
        pytest.skip("this fault exists on the other wire only")
    heard: list[Heard] = []

    async def listen(piece: Heard) -> None:
        heard.append(piece)

    pace = JumpingPace()
    async with (
        serving(fault) as server,
        serving(LOGS, GOOD) as other,
        both(server, other, pace) as models,
    ):
        listener = listen if streamed == "streamed" else None
        outcome = await run(agent(*models, answer=Verdict), "?", replace(desk(pace), listener=listener))
    assert outcome.answer == Verdict(cause="the pool leaks", confidence="high")
    assert [failure.model for failure in outcome.tried] == [ANTHROPIC]
    assert {called.model for called in outcome.transcript if isinstance(called, Called)} == {OPENAI}
    # The other maker said no words, so nothing that was heard may still count.
    assert not heard or heard[-1] == StartedAgain()


async def test_broken_arguments_are_told_to_the_model_which_corrects_itself() -> None:
    pace = JumpingPace()
    for maker in (0, 1):
        async with (
            serving(Fault.BROKEN_ARGUMENTS, Said("done")) as server,
            both(server, server, pace) as models,
        ):
            outcome = await run(agent(models[maker]), "?", desk(pace))
        assert outcome.answer == "done"
        (results,) = [entry for entry in outcome.transcript if isinstance(entry, Results)]
        assert results.results[0].refused


async def test_a_talk_goes_on_with_the_other_maker_where_the_first_one_dies_in_between() -> None:
    pace = JumpingPace()
    async with (
        serving(LOGS, Fault.OVERLOADED) as server,
        serving(GOOD) as other,
        both(server, other, pace) as models,
    ):
        shared = replace(desk(pace), switchboard=Switchboard(pace))
        outcome = await run(agent(*models, answer=Verdict), "?", shared)
    assert outcome.answer == Verdict(cause="the pool leaks", confidence="high")
    assert "openai:gpt-5-mini: 580 tokens after anthropic:claude-sonnet-4-6: OverloadedError" in render(
        outcome.transcript, 0
    )
    roles = [message["role"] for message in other.bodies[0]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "tool"]


async def test_with_all_servers_down_nothing_hangs_and_all_are_named() -> None:
    pace = JumpingPace()
    async with (
        serving(Fault.OVERLOADED) as server,
        serving(Fault.HTML) as other,
        both(server, other, pace) as models,
    ):
        outcome = await run(agent(*models), "?", desk(pace))
    assert [(failure.model, failure.kind) for failure in outcome.unavailable] == [
        (ANTHROPIC, "OverloadedError"),
        (OPENAI, "GarbledError"),
    ]
    assert pace.now() < 1_120


def test_only_scripts_and_servers_of_ones_own_may_serve_unlisted_models() -> None:
    settings = {"openai": ProviderSettings("", "http://127.0.0.1:1"), "anthropic": ProviderSettings("key")}
    assert open_providers(settings) == {"openai", "scripted"}
