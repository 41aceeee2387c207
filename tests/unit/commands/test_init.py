"""`greenlight init`: what it drafts loads, and it never writes over what somebody wrote."""

import asyncio
import io
import json
from pathlib import Path

import pytest

from bot.adapters.content_services import inventory
from bot.adapters.discovery import GUESSES, from_deployments, from_prometheus
from bot.adapters.first_draft import Draft, Drafted, draft_text, name_of
from bot.adapters.kubernetes_objects import where_of
from bot.adapters.series import Series
from bot.adapters.yaml_door import load
from bot.cli import run
from bot.domain.action import Pace
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Inventory
from bot.ports.world import Window
from tests.fakes.backends import Asked, scripted

SERIES = {
    "http_requests_total": {"checkout", "user api"},
    'http_requests_total{status!=""}': {"checkout"},
    "http_request_duration_seconds_bucket": {"checkout"},
    "process_resident_memory_bytes": {"checkout", "worker"},
    "up": {"checkout", "user api", "worker"},
}
WORKLOADS = {
    "kind": "List",
    "items": [
        {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}},
        {"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}},
        {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}},
        {"kind": "Deployment", "metadata": {"name": "a: {b}", "namespace": "shop"}},
        7,
    ],
}


def answer(asked: Asked) -> object:
    """Prometheus' answer to `count by (label) (series)`."""
    query = asked.params["query"]
    label, wanted = query.removeprefix("count by (").removesuffix(")").split(") (", 1)
    values = SERIES.get(wanted, set[str]()) if label == "app" else set[str]()
    result = [{"metric": {label: value}, "value": [1, "1"]} for value in sorted(values)]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def loaded(text: str) -> Inventory:
    problems: list[str] = []
    found = inventory(load(text.encode(), "services.yaml"), "0" * 64, {}, problems)
    assert problems == []
    assert found is not None
    return found


class Prometheus:
    async def instant(self, query: str, at: At) -> tuple[Series, ...]:
        del at
        label, wanted = query.removeprefix("count by (").removesuffix(")").split(") (", 1)
        values = SERIES.get(wanted, set[str]()) if label == "app" else set[str]()
        return tuple(Series(((label, value),), ()) for value in values)

    async def range(self, query: str, window: Window, step: int) -> tuple[Series, ...]:
        raise AssertionError(query, window, step)


async def test_services_are_named_by_the_first_label_that_names_any() -> None:
    found = await from_prometheus(Prometheus(), At(0))
    assert [one.name for one in found] == ["checkout", "user-api", "worker"]
    assert {name: set(one.metrics) for name, one in zip("abc", found, strict=True)} == {
        "a": {"error_rate", "latency", "traffic", "memory", "up"},
        "b": {"traffic", "up"},
        "c": {"memory", "up"},
    }
    assert found[0].metrics["error_rate"].query == (
        'sum(rate(http_requests_total{app="checkout",status=~"5.."}[5m]))'
        ' / sum(rate(http_requests_total{app="checkout"}[5m]))'
    )
    assert found[1].metrics["traffic"].query == 'sum(rate(http_requests_total{app="user api"}[5m]))'


async def test_every_guess_is_a_query_that_loads() -> None:
    metrics = {f"m{number}": guess.metric('app="a"') for number, guess in enumerate(GUESSES)}
    draft = Draft("x", "production", production=True, services=[Drafted("a", metrics)],
                  metrics_source='{kind: prometheus, url: "http://p:9090"}')  # fmt: skip
    assert len(loaded(draft_text(draft)).services[0].metrics) == len(GUESSES)


async def test_a_symptom_that_looks_minutes_back_is_measured_only_after_them() -> None:
    drafted = await from_prometheus(Prometheus(), At(0))
    draft = Draft("x", "production", production=True, services=drafted,
                  metrics_source='{kind: prometheus, url: "http://p:9090"}')  # fmt: skip
    services = {str(one.name): one for one in loaded(draft_text(draft)).services}
    assert services["checkout"].symptom == "error_rate"
    assert services["checkout"].pace == Pace(settle_seconds=300, every_seconds=15, samples=6, needed=5)
    assert services["worker"].pace is None


@pytest.mark.parametrize("word", ['a"} or vector(1) #', "a\nb: c", "yes", "12", "- x", "{{ x }}", "#"])
async def test_words_of_labels_cannot_break_the_draft(word: str) -> None:
    metrics = {"up": GUESSES[-1].metric(f"app={json.dumps(word)}")}
    name = name_of(word) or "x"
    draft = Draft("x", "production", production=True, services=[Drafted(name, metrics)],
                  metrics_source='{kind: prometheus, url: "http://p:9090"}')  # fmt: skip
    assert [service.name for service in loaded(draft_text(draft)).services] == [name]


def test_workloads_become_services_that_are_only_looked_at() -> None:
    found = from_deployments(WORKLOADS, "/etc/greenlight/kubeconfig")
    assert [one.name for one in found] == ["web", "db"]
    text = draft_text(Draft("the namespace shop", "staging", production=False, services=found))
    made = loaded(text)
    assert not made.environments[0].production
    web, db = made.services
    assert (web.logs[0].kind, web.changes[0].kind, web.targets[0].executor) == ("kubernetes",) * 3
    assert {one.setting("workload") for one in (*db.logs, *db.changes, *db.targets)} == {"StatefulSet"}
    assert where_of(dict(db.logs[0].settings)).kind == "StatefulSet"
    assert web.actions == ()
    assert (web.oncall, web.lead, web.senior) == ("oncall", "leads", "seniors")


@pytest.mark.parametrize("answer", [None, [], {"items": 7}, "x"])
def test_what_is_no_list_is_said_to_be_none(answer: object) -> None:
    with pytest.raises(SourceUnavailableError, match="no list of Kubernetes objects"):
        from_deployments(answer, "in-cluster")


async def called(*words: str) -> int:
    return await asyncio.to_thread(run, ["init", *words])


async def test_a_draft_is_written_once_and_never_over_another_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "runbooks" / "services.yaml"  # a new home has no folder yet
    async with scripted(answer) as server:
        words = ("--prometheus", server.url, "--into", str(into), "--tenant", "shop")
        assert await called(*words) == 0
        assert "a draft of 3 services." in capsys.readouterr().out
        assert {service.name for service in loaded(into.read_text()).services} == {
            "checkout",
            "user-api",
            "worker",
        }
        assert server.asked[0].headers["x-scope-orgid"] == "shop"
        into.write_text("mine")
        assert await called(*words) == 2
        assert into.read_text() == "mine"
        assert "--force" in capsys.readouterr().err
        assert await called(*words, "--force") == 0
        assert into.read_text() != "mine"


async def test_a_token_is_a_reference_in_the_call_and_in_the_draft(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", "s3cret-token")
    async with scripted(answer) as server:
        assert await called("--prometheus", server.url, "--token", "env:METRICS_TOKEN") == 0
        assert server.asked[0].headers["authorization"] == "Bearer s3cret-token"
        assert await called("--prometheus", server.url, "--token", "s3cret-token") == 2
    said = capsys.readouterr()
    assert 'token: "env:METRICS_TOKEN"' in said.out
    assert "s3cret-token" not in said.out + said.err


async def test_nothing_found_is_said_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with scripted(answer) as server:
        words = ("--prometheus", server.url, "--label", "team", "--into", str(tmp_path / "x"))
        assert await called(*words) == 2
    assert not (tmp_path / "x").exists()
    assert "no service was found" in capsys.readouterr().err


def test_a_list_comes_from_a_file_or_from_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "list.json").write_text(json.dumps(WORKLOADS))
    assert run(["init", "--from-file", str(tmp_path / "list.json")]) == 0
    first = capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(WORKLOADS).encode())))
    assert run(["init", "--from-file", "-"]) == 0
    assert [s.name for s in loaded(capsys.readouterr().out).services] == [
        s.name for s in loaded(first).services
    ]
    assert run(["init", "--from-file", str(tmp_path / "none")]) == 2


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(["init", "--help"])
    assert ended.value.code == 0
    assert "kubectl get deployments,statefulsets" in capsys.readouterr().out
