"""`greenlight audit` over a real store, while something else uses it."""

import json
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.store import Store
from bot.cli import run
from bot.domain.evidence import Sighting
from bot.domain.ids import grouped
from bot.ports.records import Pause, Refusal
from tests.fakes.content import COLLEAGUE, ONCALL
from tests.fakes.recorded import Home, home_at
from tests.fakes.story import INCIDENT, Story, example_evidence, story

SECRET = "hunter2-hunter2-hunter2"
WHOLE, BROKEN, WRONG = 0, 1, 2


def healed() -> Story:
    told = story().opened().diagnosed().proposed().approved().executed().verified()
    return told.closed(note=f"done \x1b[2J, password={SECRET}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Home]:
    monkeypatch.setenv("GREENLIGHT_HOME", str(tmp_path))
    with home_at(tmp_path) as made:
        yield made


def entries(store: Store) -> str:
    return store.link.key("entries", INCIDENT)


def test_a_whole_record_is_said_to_be_whole_with_its_head(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    head = home.keep(healed())
    assert run(["audit", "verify"]) == WHOLE
    assert capsys.readouterr().out.splitlines() == [
        f"{INCIDENT}  whole  {len(healed().entries)} entries  head {grouped(head)}",
        "1 incident, 0 broken.",
    ]
    assert run(["audit", "verify", INCIDENT, "--head", grouped(head)]) == WHOLE
    assert run(["audit", "verify", INCIDENT, "--head", head]) == WHOLE


@pytest.mark.parametrize("tampering", ["edit", "delete", "swap", "insert", "cut"])
def test_every_kind_of_tampering_is_found(
    home: Home, capsys: pytest.CaptureFixture[str], tampering: str
) -> None:
    head = home.keep(healed())

    async def tamper(store: Store) -> None:
        call, key = store.link.call, entries(store)
        third, fourth = await call("LRANGE", key, 2, 3)
        match tampering:
            case "edit":
                await call("LSET", key, 2, third.replace(b"pool", b"poll"))
            case "delete":
                await call("LREM", key, 1, third)
            case "swap":
                await call("LSET", key, 2, fourth)
                await call("LSET", key, 3, third)
            case "insert":
                await call("LINSERT", key, "BEFORE", third, third)
            case _:
                await call("LTRIM", key, 0, -2)

    home.do(tamper)
    assert run(["audit", "verify", INCIDENT, "--head", head]) == BROKEN
    said = capsys.readouterr().out
    assert "BROKEN" in said
    assert said.endswith("1 incident, 1 broken.\n")


def test_an_incident_of_which_only_a_note_is_left_is_missed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.keep(healed())
    home.do(lambda store: store.link.call("DEL", entries(store)))
    assert run(["audit", "verify"]) == BROKEN
    assert "all of it was deleted" in capsys.readouterr().out


def test_evidence_whose_bytes_were_changed_is_found(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.keep(healed())
    forged = Sighting(replace(example_evidence()[0]), "PoolTimeout never happened")
    home.do(lambda store: store.blobs.put(forged))
    assert run(["audit", "verify"]) == BROKEN
    assert "evidence ev-000001: its bytes are not those that were recorded" in capsys.readouterr().out


def test_the_export_has_every_entry_and_refusal_without_secrets(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    home.keep(healed())

    async def more(store: Store) -> None:
        await store.incidents.refuse(
            Refusal(INCIDENT, "plan-000003:1", COLLEAGUE, "NOT_AUTHORISED", healed().now)
        )
        await store.incidents.set_pause(Pause("all", ONCALL, f"token={SECRET}", healed().now))

    home.do(more)
    assert run(["audit", "export"]) == WHOLE
    out = capsys.readouterr().out
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    kinds = [line["stream"] for line in lines]
    assert kinds == ["entries"] * len(healed().entries) + ["refusals", "pauses"]
    assert [line["number"] for line in lines if line["stream"] == "entries"] == list(
        range(1, len(healed().entries) + 1)
    )
    assert lines[-2]["code"] == "NOT_AUTHORISED"
    assert SECRET not in out
    assert [line["redacted"] for line in lines[: len(healed().entries)]].count(True) == 1
    assert all(len(line["mac"]) == 64 for line in lines[: len(healed().entries)])


def test_the_change_record_says_who_what_when_and_why(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    told = healed()
    head = home.keep(told)
    home.do(
        lambda store: store.incidents.refuse(
            Refusal(INCIDENT, "plan-000003:1", COLLEAGUE, "NOT_AUTHORISED", told.now)
        )
    )
    assert run(["audit", "export", INCIDENT, "--format", "record"]) == WHOLE
    out = capsys.readouterr().out
    plan = told.incident.plans[0]
    for wanted in (
        f"# Change record: {INCIDENT}",
        f"head {head}",
        f"Digest: {plan.digest}",
        f"Policy: {plan.plan.policy}; catalogue: {plan.plan.catalogue}",
        "sha256 " + "1" * 64,
        f"by {ONCALL} as oncall",
        "Roster checkout-oncall (list) at",
        "Change the size of the connection pool (increase_pool_size v1) on checkout/process; pool_size=50",
        "Measured: improved",
        f"{COLLEAGUE} on plan-000003:1: NOT_AUTHORISED",
        "executed, improved",
        f"Ran as {plan.digest[:12]}:0 under lease 1",
    ):
        assert wanted in out, wanted
    assert SECRET not in out
    assert "\x1b" not in out


def test_an_incident_is_shown_entry_by_entry(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.keep(healed())
    assert run(["audit", "show", INCIDENT]) == WHOLE
    out = capsys.readouterr().out
    digest = healed().incident.plans[0].digest
    assert f"key: {digest[:12]}:0\n" in out
    assert f"digest: {digest}\n" in out
    for wanted in ("1    2026-", "incident_opened", "decided", "step_started", "incident_closed"):
        assert wanted in out
    assert SECRET not in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["audit", "verify", "inc-none"], "There is no such incident."),
        (["audit", "verify", "--head", "7f3a-91c0-42de"], "--head needs an incident"),
    ],
)
def test_what_cannot_be_done_ends_with_two(
    home: Home, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    home.keep(healed())
    assert run(argv) == WRONG
    assert said in capsys.readouterr().err


def test_a_home_without_a_store_gets_none_by_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GREENLIGHT_HOME", str(tmp_path))
    assert run(["audit", "verify"]) == WRONG
    assert "nothing was ever recorded" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_lost_key_is_not_replaced(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    home.keep(healed())
    key = home.path / ".greenlight" / "chain.key"
    key.unlink()
    assert run(["audit", "verify"]) == WRONG
    assert "key of the chain is missing" in capsys.readouterr().err
    assert not key.exists()


def test_reading_leaves_the_store_as_it_was(home: Home) -> None:
    home.keep(healed())

    async def contents(store: Store) -> dict[bytes, bytes]:
        keys = sorted(await store.link.call("KEYS", f"{store.link.prefix}*"))
        return {key: await store.link.call("DUMP", key) for key in keys}

    before = home.do(contents)
    for argv in (["verify"], ["export"], ["show", INCIDENT]):
        assert run(["audit", *argv]) == WHOLE
    assert home.do(contents) == before


def test_output_that_nobody_reads_to_its_end_is_no_error(home: Home) -> None:
    home.keep(healed())
    words = [sys.executable, "-m", "bot", "audit", "export"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")
