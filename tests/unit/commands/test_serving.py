"""How the long-running commands end: in order, and also where a library lost the first word."""

import asyncio
import os
import signal
from contextlib import suppress

import pytest

from bot.commands import serving
from bot.settings import Settings


@pytest.fixture(autouse=True)
def _no_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(serving.PARENT_PIPE, raising=False)


def tell() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def losing_the_first_word(told: list[str]) -> None:
    with suppress(asyncio.CancelledError):
        asyncio.get_running_loop().call_soon(tell)
        await asyncio.Event().wait()
    told.append("lost")


def test_what_was_begun_is_finished_after_a_signal() -> None:
    done: list[str] = []

    async def work(settings: Settings) -> None:
        del settings
        await losing_the_first_word(done)
        done.append("finished")

    assert serving.serve(work, slack=False) == 0
    assert done == ["lost", "finished"]


def test_a_second_signal_ends_what_lost_the_first() -> None:
    told: list[str] = []

    async def work(settings: Settings) -> None:
        del settings
        await losing_the_first_word(told)
        asyncio.get_running_loop().call_soon(tell)
        await asyncio.Event().wait()

    assert serving.serve(work, slack=False) == 0
    assert told == ["lost"]


def test_it_insists_by_itself_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "INSIST_SECONDS", 0.01)

    async def work(settings: Settings) -> None:
        del settings
        await losing_the_first_word([])
        await asyncio.Event().wait()

    assert serving.serve(work, slack=False) == 0


def test_the_end_of_the_parent_is_a_word_like_a_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    monkeypatch.setenv(serving.PARENT_PIPE, "1")
    with os.fdopen(read) as pipe:
        monkeypatch.setattr("sys.stdin", pipe)

        async def work(settings: Settings) -> None:
            del settings
            os.close(write)
            await asyncio.Event().wait()

        assert serving.serve(work, slack=False) == 0


def test_a_failure_is_no_ending_in_order() -> None:
    async def work(settings: Settings) -> None:
        del settings
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        serving.serve(work, slack=False)
