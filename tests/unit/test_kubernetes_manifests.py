"""The shipped roles as files: no wildcard, nothing beyond what the adapter asks for, one for each action."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.adapters.kubernetes_patches import MAKERS

FOLDER = Path(__file__).resolve().parent.parent.parent / "deploy" / "kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))
WRITES = {"patch"}
LOOKS = {"get", "list"}


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text()))


def rules(path: Path) -> list[dict[str, Any]]:
    return [rule for one in documents(path) for rule in one.get("rules", [])]


def test_each_thing_that_can_be_done_has_a_role_of_its_own() -> None:
    named = {how.removeprefix("kubernetes.").replace("_", "-") for how in MAKERS}
    assert named | {"accounts", "read"} == {path.stem for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_role_says_more_than_looking_and_patching(path: Path) -> None:
    for rule in rules(path):
        words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert "*" not in words
        assert set(rule["verbs"]) <= LOOKS | WRITES
        assert not {"secrets", "configmaps", "pods/exec"} & words
        if WRITES & set(rule["verbs"]):
            assert rule["apiGroups"] == ["apps"]


@pytest.mark.parametrize("name", ["accounts", "read"])
def test_looking_changes_nothing(name: str) -> None:
    assert all(set(rule["verbs"]) <= LOOKS for rule in rules(FOLDER / f"{name}.yaml"))


def test_think_is_bound_to_looking_alone() -> None:
    bound = {
        path.stem
        for path in FILES
        for one in documents(path)
        for subject in one.get("subjects", [])
        if subject["name"] == "greenlight-think"
    }
    assert bound == {"accounts", "read"}
