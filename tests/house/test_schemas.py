"""The schemas that editors use say the same as the models that read the files."""

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from bot.adapters.schemas import DOORS, schema_text, stale
from bot.adapters.yaml_door import load
from bot.cli import run

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ROOT / "runbooks" / "schema"
FOLDERS = (ROOT / "runbooks", ROOT / "bot" / "playground" / "content")
FILES = [file for folder in FOLDERS for name in DOORS if (file := folder / f"{name}.yaml").is_file()]

CHECKOUT: dict[str, Any] = {
    "title": "Checkout", "environment": "production", "criticality": "high", "oncall": "a", "lead": "b",
}  # fmt: skip


def plain(value: object) -> Any:
    """The data with its decimals as numbers, which is what an editor sees."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in cast("Mapping[str, object]", value).items()}
    return [plain(each) for each in cast("list[object]", value)] if isinstance(value, list) else value


def complaints(name: str, value: object) -> list[str]:
    validator = Draft202012Validator(json.loads(schema_text(name)))
    return [error.message for error in cast("Any", validator).iter_errors(value)]


def service(**more: object) -> dict[str, Any]:
    return {"environments": {"production": {"production": True}}, "services": {"c": {**CHECKOUT, **more}}}


def test_the_shipped_schemas_are_fresh() -> None:
    assert stale(SHIPPED) == (), "run `greenlight schema --into runbooks/schema`"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_content_of_this_repository_keeps_to_its_schema(file: Path) -> None:
    document = load(file.read_bytes(), file.name)
    assert complaints(file.stem, plain(document.value)) == []


def test_an_editor_sees_which_settings_a_kind_takes() -> None:
    assert complaints("services", service(logs=[{"kind": "file", "path": "/var/log/x"}])) == []
    assert complaints("services", service(logs=[{"kind": "file"}]))
    assert complaints("services", service(logs=[{"kind": "file", "path": "/x", "paht": "/y"}]))
    assert complaints("services", service(logs=[{"kind": "carrier_pigeon", "path": "/x"}]))
    assert complaints("services", service(targets={"p": {"executor": "supervisor", "program": "x"}}))


def test_an_editor_sees_unknown_keys_and_missing_ones() -> None:
    assert complaints("services", service(critically="high"))
    assert complaints("services", {"services": {"c": {"title": "Checkout"}}})


def test_the_command_says_which_schemas_are_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "--into", str(tmp_path)]) == 0
    assert run(["schema", "--check", str(tmp_path)]) == 0
    (tmp_path / "policy.schema.json").write_text("{}")
    capsys.readouterr()
    assert run(["schema", "--check", str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith("policy.schema.json is stale")


def test_the_command_prints_one_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema", "actions"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "actions.yaml of Greenlight"
