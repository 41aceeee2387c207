"""Every provider keeps the same promises: real SDKs against a local server that speaks their wires."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from agents.errors import (
    CutShortError,
    DeclinedError,
    DisconnectedError,
    GarbledError,
    ModelFailedError,
    OverloadedError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
)
from agents.messages import Results, Said, Stop, Thought, Told, ToolCall, ToolResult, Usage
from agents.model import Ask, Effort, Heard, Model, Piece, StartedAgain, ToolSpec
from agents.providers import connect
from agents.providers.retrying import Patience
from agents.providers.scripted import ScriptedModel, in_turn
from agents.providers.settings import ProviderSettings
from tests.fakes.model_servers import USAGE, Fault, ModelServer, serving
from tests.fakes.paces import JumpingPace

LOOK = ToolSpec("look", "Look.", {"type": "object", "properties": {"place": {"type": "string"}}})
ASK = Ask("You look.", (Told("What is there?"),), (LOOK,), seconds=90.0)
SECRET = "sk-very-secret-key"
ONE_TRY = Patience(tries=1)
MAKERS = {"anthropic": "anthropic:claude-sonnet-4-6", "openai": "openai:gpt-5-mini"}
WORDS = "a few words that come in several pieces"
TWO_CALLS = Said(
    "Let me see.", (ToolCall("0", "look", {"place": "here"}), ToolCall("1", "look", {"place": "there"}))
)


@dataclass(slots=True)
class Ears:
    """A listener that keeps what it hears."""

    heard: list[Heard]

    async def __call__(self, heard: Heard) -> None:
        self.heard.append(heard)

    def text(self) -> str:
        since = max((n + 1 for n, one in enumerate(self.heard) if isinstance(one, StartedAgain)), default=0)
        return "".join(one.text for one in self.heard[since:] if isinstance(one, Piece))


@pytest.fixture(params=["whole", "streamed"])
def ears(request: pytest.FixtureRequest) -> Ears | None:
    return Ears([]) if request.param == "streamed" else None


@pytest.fixture(params=["anthropic", "openai"])
def maker(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def model_at(server: ModelServer, maker: str, patience: Patience, pace: JumpingPace, **more: Any) -> Any:
    """A model of this maker that is served here."""
    url = server.url if maker == "anthropic" else f"{server.url}/v1"
    settings = ProviderSettings(SECRET, url, **more)
    name = MAKERS[maker]
    return connect((name,), {maker: settings}, pace, patience)[name]


@asynccontextmanager
async def model_of(maker: str, *lines: Said | Fault) -> AsyncGenerator[tuple[Any, ModelServer, JumpingPace]]:
    """A model with default patience, its server, and the clock that it sleeps by."""
    pace = JumpingPace()
    async with serving(*lines) as server:
        model = model_at(server, maker, Patience(), pace)
        yield model, server, pace
        await model.aclose()


@asynccontextmanager
async def any_model(kind: str, *lines: Said) -> AsyncGenerator[Model]:
    """A scripted model or a real one that says these lines."""
    if kind == "scripted":
        yield ScriptedModel("m", in_turn(lines), pace=JumpingPace())
        return
    async with model_of(kind, *lines) as (model, _, _):
        yield model


@pytest.mark.parametrize("kind", ["scripted", "anthropic", "openai"])
async def test_words_come_back_whole_and_as_pieces(kind: str, ears: Ears | None) -> None:
    async with any_model(kind, Said(WORDS)) as model:
        reply = await model.reply(ASK, ears)
    assert (reply.said.text, reply.said.calls, reply.stop) == (WORDS, (), Stop.END)
    assert reply.said.model == model.name
    assert reply.usage.total > 0
    if ears is not None:
        assert ears.text() == WORDS
        assert len(ears.heard) > 1


@pytest.mark.parametrize("kind", ["scripted", "anthropic", "openai"])
async def test_several_tools_may_be_wanted_at_once(kind: str, ears: Ears | None) -> None:
    async with any_model(kind, TWO_CALLS) as model:
        reply = await model.reply(ASK, ears)
    assert reply.stop is Stop.TOOLS
    assert [(call.name, dict(call.arguments), call.broken) for call in reply.said.calls] == [
        ("look", {"place": "here"}, None),
        ("look", {"place": "there"}, None),
    ]


async def test_usage_counts_the_prompt_cache_apart(maker: str, ears: Ears | None) -> None:
    async with model_of(maker, Said("x")) as (model, _, _):
        assert (await model.reply(ASK, ears)).usage == USAGE


async def test_usage_is_estimated_and_said_to_be_where_a_server_gives_none(ears: Ears | None) -> None:
    async with serving(Said("x"), usage=False) as server:
        model = model_at(server, "openai", Patience(), JumpingPace())
        usage: Usage = (await model.reply(ASK, ears)).usage
        await model.aclose()
    assert usage.estimated
    assert usage.input > 0


FAULTS = [
    (Fault.OVERLOADED, OverloadedError),
    (Fault.RATE_LIMITED, RateLimitedError),
    (Fault.UNAUTHORIZED, RejectedError),
    (Fault.TRUNCATED, CutShortError),
    (Fault.DISCONNECTED, DisconnectedError),
    (Fault.MALFORMED, GarbledError),
    (Fault.HTML, GarbledError),
    (Fault.EMPTY, GarbledError),
    (Fault.ENDLESS, GarbledError),
    (Fault.COMPRESSED, (GarbledError, DisconnectedError)),
    (Fault.REDIRECTED, RejectedError),
    (Fault.REFUSED, DeclinedError),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS)
async def test_each_fault_is_a_typed_failure(
    maker: str, ears: Ears | None, fault: Fault, expected: type[ModelFailedError]
) -> None:
    async with serving(fault) as server:
        model = model_at(server, maker, ONE_TRY, JumpingPace())
        with pytest.raises(ModelFailedError) as caught:
            await model.reply(ASK, ears)
        await model.aclose()
    assert isinstance(caught.value, expected), repr(caught.value)
    assert SECRET not in str(caught.value)
    assert len(server.bodies) == 1


async def test_a_whole_reply_of_wrong_types_is_garbled(maker: str) -> None:
    async with serving(Fault.WRONG_TYPES) as server:
        model = model_at(server, maker, ONE_TRY, JumpingPace())
        with pytest.raises(GarbledError):
            await model.reply(ASK)
        await model.aclose()


async def test_an_error_in_the_middle_of_a_stream_is_an_overload(maker: str) -> None:
    async with serving(Fault.ERROR_EVENT) as server:
        model = model_at(server, maker, ONE_TRY, JumpingPace())
        with pytest.raises(OverloadedError):
            await model.reply(ASK, Ears([]))
        await model.aclose()


async def test_a_silent_server_times_out(maker: str, ears: Ears | None) -> None:
    async with serving(Fault.STALLED) as server:
        model = model_at(server, maker, ONE_TRY, JumpingPace(), silence=0.05)
        with pytest.raises(TimedOutError):
            await model.reply(ASK, ears)
        await model.aclose()


async def test_a_server_that_drips_for_ever_ends_with_the_deadline_of_the_try(maker: str) -> None:
    async with serving(Fault.STALLED) as server:
        model = model_at(server, maker, replace(ONE_TRY, attempt=0.05), JumpingPace())
        with pytest.raises(TimedOutError, match="no complete reply"):
            await model.reply(ASK)
        await model.aclose()


async def test_broken_arguments_reach_the_loop_as_a_broken_call(maker: str, ears: Ears | None) -> None:
    async with model_of(maker, Fault.BROKEN_ARGUMENTS) as (model, _, _):
        reply = await model.reply(ASK, ears)
    (call,) = reply.said.calls
    assert (call.name, dict(call.arguments)) == ("look", {})
    assert call.broken in {'{"place": ', '"oops"'}


async def test_a_minute_of_overload_is_survived(maker: str, ears: Ears | None) -> None:
    async with model_of(maker, *[Fault.OVERLOADED] * 10, Said(WORDS)) as (model, server, pace):
        reply = await model.reply(ASK, ears)
    assert reply.said.text == WORDS
    assert 60 <= sum(pace.slept) < 90
    assert max(pace.slept) <= 16
    assert len(server.bodies) == 11


async def test_a_wait_that_the_server_asks_for_is_kept_to(maker: str) -> None:
    async with model_of(maker, Fault.RATE_LIMITED, Said(WORDS)) as (model, _, pace):
        await model.reply(ASK)
    assert pace.slept == [7.0]


async def test_an_hour_is_never_slept(maker: str) -> None:
    async with model_of(maker, Fault.WAIT_AN_HOUR) as (model, server, pace):
        with pytest.raises(RateLimitedError) as caught:
            await model.reply(ASK)
    assert caught.value.retry_after == 3600
    assert (pace.slept, len(server.bodies)) == ([], 1)


async def test_what_a_request_did_wrong_is_not_sent_again(maker: str) -> None:
    async with model_of(maker, Fault.UNAUTHORIZED) as (model, server, pace):
        with pytest.raises(RejectedError):
            await model.reply(ASK)
    assert (pace.slept, len(server.bodies)) == ([], 1)


async def test_a_stream_that_breaks_is_asked_again_and_the_listener_is_told(maker: str) -> None:
    ears = Ears([])
    async with model_of(maker, Fault.TRUNCATED, Said(WORDS)) as (model, _, _):
        reply = await model.reply(ASK, ears)
    assert reply.said.text == WORDS
    assert StartedAgain() in ears.heard
    assert ears.text() == WORDS


async def test_the_whole_talk_is_sent_with_calls_and_results(maker: str) -> None:
    talk = (
        Told("What is there?"),
        replace(TWO_CALLS, model=MAKERS[maker]),
        Results((ToolResult("0", "look", "a house"), ToolResult("1", "look", "no such place", refused=True))),
        Told("Answer now."),
    )
    async with model_of(maker, Said("A house.")) as (model, server, _):
        await model.reply(replace(ASK, messages=talk, effort=Effort.LOW, growing=True))
    assert server.bodies[0] == EXPECTED[maker]


async def test_signed_reasoning_goes_back_only_to_the_model_that_wrote_it() -> None:
    thought = Thought("hm", "signed")
    async with model_of("anthropic", Said("x", (), (thought,))) as (model, server, _):
        for ears in (None, Ears([])):
            reply = await model.reply(ASK, ears)
            assert reply.said.thoughts == (thought,)
        await model.reply(replace(ASK, messages=(*ASK.messages, reply.said, Told("And?"))))
        foreign = replace(reply.said, model="openai:gpt-5-mini")
        await model.reply(replace(ASK, messages=(*ASK.messages, foreign, Told("And?"))))
    sent = [[block["type"] for block in body["messages"][1]["content"]] for body in server.bodies[2:]]
    assert sent == [["thinking", "text"], ["text"]]


async def test_proxies_keys_and_addresses_of_the_environment_are_not_used(
    maker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "another-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1")
    async with model_of(maker, Said(WORDS)) as (model, server, _):
        assert (await model.reply(ASK)).said.text == WORDS
    assert "another-key" not in str(server.headers)


async def test_a_proxy_of_the_settings_is_used(maker: str) -> None:
    async with serving(Said(WORDS)) as server:
        model = model_at(server, maker, ONE_TRY, JumpingPace(), proxy="http://127.0.0.1:1")
        with pytest.raises(DisconnectedError):
            await model.reply(ASK)
        await model.aclose()
    assert server.bodies == []


EXPECTED: dict[str, Any] = {
    "anthropic": snapshot(
        {
            "max_tokens": 4096,
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "What is there?"}]},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "text", "text": "Let me see."},
                        {"type": "tool_use", "id": "0", "name": "look", "input": {"place": "here"}},
                        {"type": "tool_use", "id": "1", "name": "look", "input": {"place": "there"}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "0",
                            "content": [{"type": "text", "text": "a house"}],
                            "is_error": False,
                        },
                        {
                            "type": "tool_result",
                            "tool_use_id": "1",
                            "content": [{"type": "text", "text": "no such place"}],
                            "is_error": True,
                        },
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Answer now.", "cache_control": {"type": "ephemeral"}}
                    ],
                },
            ],
            "model": "claude-sonnet-4-6",
            "output_config": {"effort": "low"},
            "stream": False,
            "system": [{"type": "text", "text": "You look.", "cache_control": {"type": "ephemeral"}}],
            "tools": [
                {
                    "name": "look",
                    "description": "Look.",
                    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}},
                }
            ],
        }
    ),
    "openai": snapshot(
        {
            "model": "gpt-5-mini",
            "stream": False,
            "messages": [
                {"role": "system", "content": "You look."},
                {"role": "user", "content": "What is there?"},
                {
                    "role": "assistant",
                    "content": "Let me see.",
                    "tool_calls": [
                        {
                            "id": "0",
                            "type": "function",
                            "function": {"name": "look", "arguments": '{"place":"here"}'},
                        },
                        {
                            "id": "1",
                            "type": "function",
                            "function": {"name": "look", "arguments": '{"place":"there"}'},
                        },
                    ],
                },
                {"role": "tool", "tool_call_id": "0", "content": "a house"},
                {"role": "tool", "tool_call_id": "1", "content": "no such place"},
                {"role": "user", "content": "Answer now."},
            ],
            "max_tokens": 4096,
            "reasoning_effort": "low",
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "look",
                        "description": "Look.",
                        "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
                    },
                }
            ],
        }
    ),
}
