"""The Kubernetes adapter against what a real kube-apiserver answered (`python -m tests.e2e_k8s.record`).

The stand-in accepts only the recorded questions, in their order: method, path, query, body and credential.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.adapters import kubernetes_rollout
from bot.adapters.content import FileContent
from bot.domain.action import Catalogue
from bot.domain.ids import At
from tests.fakes.kubernetes_scenarios import SCENARIOS, Stand
from tests.fakes.kubernetes_server import Replay, answering

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "tests" / "data" / "kubernetes"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return FileContent((ROOT / "runbooks",), {}).catalogue()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_rollout, "EVERY_SECONDS", 0.0)


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def test_every_scenario_was_recorded_and_nothing_else() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_what_was_asked_and_found_is_asked_and_found_again(
    name: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    kept = recorded(name)
    replay = Replay(kept["exchanges"])
    async with answering(tmp_path, replay.answer) as config:
        stand = Stand(config, At(kept["now"]), catalogue, f"{name}:0")
        found = await SCENARIOS[name](stand)
    assert replay.wrong == []
    assert json.loads(json.dumps(found)) == kept["result"]
    assert replay.exchanges == []


def test_the_recording_shows_what_it_is_for() -> None:
    writes = {
        name: [one["status"] for one in recorded(name)["exchanges"] if wrote(one)] for name in SCENARIOS
    }
    assert writes["restart"] == [200]
    assert writes["restart-twice"] == [200]
    assert writes["changed-in-between"] == [409]
    assert writes["status-changed-in-between"] == [409, 200]
    assert writes["forbidden"] == [403]
    assert writes["set-limit-invalid"] == [422]
    assert writes["scale-too-far"] == []
    assert recorded("changed-in-between")["result"][2].startswith("DRIFT: template was")


def wrote(exchange: dict[str, Any]) -> bool:
    return exchange["method"] == "PATCH" and "dryRun" not in exchange["query"]


def test_every_write_was_rehearsed_with_the_same_patch() -> None:
    for name in SCENARIOS:
        if name in {"restart-twice", "changed-in-between", "status-changed-in-between"}:
            continue
        patches = [one for one in recorded(name)["exchanges"] if one["method"] == "PATCH"]
        for write in filter(wrote, patches):
            bodies = [without_moments(one["body"]) for one in patches if not wrote(one)]
            assert without_moments(write["body"]) in bodies


def without_moments(body: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in body["metadata"].items() if key == "uid"}
    return {**body, "metadata": meta}
