"""The closed table of providers, and patience."""

import importlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from agents.errors import ConfigurationError, GarbledError, OverloadedError, RejectedError
from agents.messages import Reply, Said, Stop, Told, Usage
from agents.model import Ask
from agents.providers import TABLE, connect
from agents.providers.arguments import tool_call
from agents.providers.faults import retry_after
from agents.providers.retrying import Patience, patiently
from agents.providers.settings import ProviderSettings
from tests.fakes.paces import JumpingPace

ASK = Ask("s", (Told("x"),))


def test_every_provider_of_the_table_can_be_loaded() -> None:
    assert set(TABLE) == {"anthropic", "openai", "scripted"}
    for module in TABLE.values():
        assert callable(importlib.import_module(module).connect)


def test_an_unknown_provider_is_a_configuration_error() -> None:
    with pytest.raises(
        ConfigurationError, match="mistral:x: unknown provider; valid: anthropic, openai, scripted"
    ):
        connect(("mistral:x",), {}, JumpingPace())


async def test_a_model_without_a_key_says_so_when_it_is_asked() -> None:
    models = connect(("openai:gpt-5-mini", "scripted:x"), {"anthropic": ProviderSettings("k")}, JumpingPace())
    with pytest.raises(RejectedError, match="no API key is set"):
        await models["openai:gpt-5-mini"].reply(ASK)
    with pytest.raises(RejectedError, match="the script has ended"):
        await models["scripted:x"].reply(ASK)


def test_settings_do_not_show_the_key() -> None:
    assert "secret" not in repr(ProviderSettings("secret"))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0.5", 0.5), ("", None), ("soon", None), ("-3", None), ("1.2.3", None)],
)
def test_a_wait_is_read_from_the_header(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_a_wait_may_be_a_date() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=500), usegmt=True)
    assert 400 < (retry_after({"retry-after": then}) or 0) <= 500
    assert retry_after({"retry-after": "Mon, 01 Jan 2001 00:00:00 GMT"}) == 0


@pytest.mark.parametrize("written", ["{", "[1]", "3", '"x"', "nul", "[" * 100_000])
def test_arguments_that_are_no_object_are_kept_as_broken(written: str) -> None:
    call = tool_call("1", "look", written)
    assert call.arguments == {}
    assert call.broken == written[:500]


def test_no_arguments_are_an_empty_object() -> None:
    assert (tool_call("1", "look", "").arguments, tool_call("1", "look", "").broken) == ({}, None)


async def patient(seconds: float, *faults: Exception) -> list[float]:
    """The waits until a reply came after these faults."""
    pace = JumpingPace()
    left = list(faults)

    async def attempt() -> Reply:
        if left:
            raise left.pop(0)
        return Reply(Said("x"), Stop.END, Usage())

    async def again() -> None:
        return None

    await patiently(attempt, seconds, pace, Patience(), again)
    return pace.slept


async def test_waits_double_up_to_a_cap() -> None:
    assert await patient(900, *[GarbledError()] * 8) == [0.375, 0.75, 1.5, 3.0, 6.0, 12.0, 12.0, 12.0]


async def test_a_wait_that_was_asked_for_is_a_lower_bound() -> None:
    assert await patient(900, OverloadedError("", 9.0)) == [9.0]


async def test_what_does_not_fit_into_the_time_is_not_waited_for() -> None:
    with pytest.raises(OverloadedError):
        await patient(5, *[OverloadedError()] * 8)
    with pytest.raises(OverloadedError):
        await patient(900, OverloadedError("", 16.5))


async def test_a_fault_that_does_not_pass_is_not_tried_again() -> None:
    with pytest.raises(RejectedError):
        await patient(900, RejectedError())
