"""`greenlight audit` over a store in which somebody without the key has written what they liked."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.store import Store
from bot.cli import run
from bot.domain.errors import StoreUnavailableError
from bot.domain.ids import IncidentId
from bot.ports.records import Refusal
from tests.fakes.content import COLLEAGUE
from tests.fakes.recorded import Home, home_at
from tests.fakes.story import INCIDENT, Story, story

WHOLE, BROKEN, WRONG = 0, 1, 2


def healed() -> Story:
    return story().opened().diagnosed().proposed().approved().executed().verified().closed(note="done")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Home]:
    monkeypatch.setenv("GREENLIGHT_HOME", str(tmp_path))
    with home_at(tmp_path) as made:
        made.keep(healed())
        yield made


def test_a_head_that_is_given_but_empty_is_no_comparison_and_not_called_whole(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    del home
    assert run(["audit", "verify", INCIDENT, "--head", ""]) == WRONG
    assert "a head needs at least 12" in capsys.readouterr().err


def test_an_incident_whose_head_is_known_but_of_which_nothing_is_left_was_deleted(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = ("entries", "incident")
    home.do(lambda store: store.link.call("DEL", *(store.link.key(one, INCIDENT) for one in keys)))
    assert run(["audit", "verify", INCIDENT, "--head", "7f3a-91c0-42de"]) == BROKEN
    assert "all of it was deleted" in capsys.readouterr().out
    assert run(["audit", "verify", INCIDENT]) == WRONG


async def foul(store: Store) -> None:
    """Keys of other types and names, an entry of no shape, rows that are no JSON."""
    call, key = store.link.call, store.link.key
    await call("SET", key("entries", "aaa-a-word"), "hello")
    await call("RPUSH", key("entries", "").encode() + b"b\xff\x1b[2J", "x")
    await call("RPUSH", key("entries", "inc-zzz"), '{"mac":"short"}')
    await call("SET", key("incident", "inc-note"), "no hash")
    await call("RPUSH", key("blob", "ev-000001"), "x")
    await call("XADD", key("refusals"), "*", "other", "x")
    await call("XADD", key("refusals"), "*", "refusal", "{")
    await call("XADD", key("pause-history"), "*", "pause", "[1]")


def test_what_somebody_else_wrote_there_is_named_and_hides_nothing(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.do(foul)
    assert run(["audit", "verify"]) == BROKEN
    out = capsys.readouterr().out
    assert f"{INCIDENT}  " in out
    assert out.endswith("incidents, 5 broken.\n")
    assert "\x1b" not in out
    home.do(lambda store: store.link.call("DEL", store.link.key("blob", "ev-000001")))
    assert run(["audit", "verify", INCIDENT]) == WHOLE


@pytest.mark.parametrize("form", ["jsonl", "record"])
def test_an_export_of_all_goes_on_past_what_cannot_be_read(
    home: Home, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    home.do(foul)
    assert run(["audit", "export", "--format", form]) == BROKEN
    said = capsys.readouterr()
    assert INCIDENT in said.out
    assert "inc-zzz" in said.err
    assert "\x1b" not in said.out + said.err
    if form == "jsonl":
        assert [json.loads(line) for line in said.out.splitlines()]
    else:
        assert f"# Change record: {INCIDENT}" in said.out


def test_the_export_of_all_has_the_refusals_that_belong_to_no_incident(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = Refusal(None, "plan-9:1", COLLEAGUE, "UNKNOWN_PLAN", healed().now)
    gone = replace(refusal, incident=IncidentId("inc-gone"), code="EXPIRED")
    for one in (refusal, gone):
        home.do(lambda store, one=one: store.incidents.refuse(one))
    assert run(["audit", "export"]) == WHOLE
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["code"] for line in lines if line["stream"] == "refusals"] == ["UNKNOWN_PLAN", "EXPIRED"]


def test_a_pause_that_cannot_be_read_is_an_error_of_the_store_and_so_a_pause(home: Home) -> None:
    home.do(lambda store: store.link.call("HSET", store.link.key("pauses"), "all", "junk"))
    with pytest.raises(StoreUnavailableError):
        home.do(lambda store: store.incidents.pauses())
