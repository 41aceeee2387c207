import asyncio
import gzip
import json
import os
from pathlib import Path
from typing import cast

import pytest

from agents.messages import Said
from bot.cli import run
from bot.commands.eval import main
from bot.commands.eval_material import SETTING, Row
from tests.fakes.model_servers import serving

LOG = "\n".join(
    f"2026-09-21T13:32:{second:02d}Z ERROR orders connection pool exhausted: timeout waiting for connection"
    for second in range(40)
)
CALM = "\n".join(
    f"2026-09-21T13:32:{second:02d}Z INFO orders request path=/orders status=200 ms=12"
    for second in range(40)
)


def case(name: str, kind: str, log: str) -> Row:
    return {
        "id": name,
        "source": "made here",
        "tier": "synthetic",
        "kind": kind,
        "alert_text": "OrdersErrors",
        "service": "orders",
        "logs": [{"path": log}],
        "must_mention": [["pool"], ["exhausted", "timeout"]] if kind == "incident" else [],
        "must_not_claim": ["certificate"],
        "cause_visible_in_logs": True,
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pool.log").write_text(LOG)
    (tmp_path / "calm.log.gz").write_bytes(gzip.compress(CALM.encode()))
    cases = [case("pool", "incident", "pool.log"), case("calm", "healthy", "calm.log.gz")]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    return tmp_path


def report(root: Path) -> dict[str, object]:
    return cast("dict[str, object]", json.loads((root / "out.json").read_text()))


def test_a_cause_is_named_and_a_plan_drafted_and_where_nothing_is_wrong_neither(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(root), "--json", str(root / "out.json")]) == 0
    pool, calm = cast("list[Row]", report(root)["cases"])
    assert (pool["verdict"], pool["cause_named"], pool["plan_proposed"]) == ("cause", True, True)
    assert pool["must_not_claim"] == []
    assert (calm["verdict"], calm["cause_named"], calm["plan_proposed"]) == ("inconclusive", None, False)
    summary = cast("Row", report(root)["summary"])
    assert (summary["gated"], summary["gated_named"], summary["healthy_causes"]) == (1, 1, 0)
    assert "pool " in capsys.readouterr().out


def test_a_row_has_every_field_of_the_report(root: Path) -> None:
    assert run(["eval", str(root), "--team", "rules", "--json", str(root / "out.json")]) == 0
    assert set(cast("list[Row]", report(root)["cases"])[0]) == {
        *("id", "source", "kind", "verdict", "cause", "service", "confidence", "cause_named"),
        *("must_not_claim", "plan_proposed", "claims", "claims_dropped", "tokens", "cost", "seconds"),
    }


def test_a_cause_that_names_what_it_must_not_counts_as_missed(root: Path) -> None:
    one = case("pool", "incident", "pool.log") | {"must_not_claim": ["pool"]}
    (root / "cases.jsonl").write_text(json.dumps(one))
    assert main([str(root), "--json", str(root / "out.json")]) == 0
    (pool,) = cast("list[Row]", report(root)["cases"])
    assert (pool["cause_named"], pool["must_not_claim"]) == (False, ["pool"])


def test_no_material_is_said_plainly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    assert main([]) == 2
    assert SETTING in capsys.readouterr().err
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert main([str(tmp_path)]) == 2
    assert "no material: cases.jsonl" in capsys.readouterr().err


def test_the_setting_names_the_folder_as_well(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, str(root))
    assert main([]) == 0


def test_a_line_that_is_no_object_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "cases.jsonl").write_text("[]\n")
    assert main([str(root)]) == 2
    assert "cases.jsonl, line 1: expected an object" in capsys.readouterr().err


def test_a_team_of_models_without_a_model_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("GREENLIGHT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GREENLIGHT_HOME", str(root))
    assert main([str(root), "--team", "model"]) == 2
    assert "no model is configured" in capsys.readouterr().err


async def test_a_team_of_models_is_asked_and_what_it_used_is_counted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Said("I do not know.")
    async with serving(said) as server:
        monkeypatch.setenv("GREENLIGHT_HOME", str(root))
        monkeypatch.setenv("GREENLIGHT_ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("GREENLIGHT_ANTHROPIC_API_KEY", "sk-made-for-this-test")
        arguments = ["--team", "model", "--json", str(root / "out.json")]
        assert await asyncio.to_thread(main, [str(root), *arguments]) == 0
    pool = cast("list[Row]", report(root)["cases"])[0]
    assert cast("int", pool["tokens"]) > 0
    assert pool["cause_named"] is True
