"""GitHub and Argo CD: who, what, when, from, to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from bot.adapters.argocd import read_argocd
from bot.adapters.change_logs import all_changes, changes_seen
from bot.adapters.change_reading import ChangeAsk, ChangeReader, Deploys
from bot.adapters.github import read_commits, read_deployments
from bot.adapters.log_files import moment
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change
from bot.domain.ids import HOUR, At, ServiceName
from bot.domain.service import Service, Source
from bot.ports.world import Window
from tests.fakes.backends import Asked, response, scripted
from tests.fakes.content import example_content

SERVICE: Service = example_content().inventory().services[0]
NOW = moment("2026-09-22T12:00:00Z") or At(0)
WINDOW = Window(At(NOW - 24 * HOUR), NOW)
OLD, NEW, OTHER = "a" * 40, "b" * 40, "c" * 40


def source(kind: str, url: str, **more: str) -> Source:
    return Source(kind, (("url", url), ("token", "read-only"), *more.items()))


async def read(reader: ChangeReader, wanted: Source) -> Deploys:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await reader(ChangeAsk(wanted, SERVICE, WINDOW), client)


def deployment(number: int, sha: str, at: str, environment: str = "production") -> dict[str, Any]:
    """The fields of GitHub's documented example that are read, with its others left out."""
    return {
        "id": number, "sha": sha, "ref": "v42", "task": "deploy", "environment": environment,
        "description": "Deploy request from hubot", "creator": {"login": "octocat", "id": 1},
        "created_at": at, "updated_at": at,
    }  # fmt: skip


def github(rows: list[dict[str, Any]], statuses: Callable[[str], object] = lambda _: []) -> Any:
    def script(asked: Asked) -> object:
        if asked.path.endswith("/statuses"):
            return statuses(asked.path)
        return rows

    return script


DEPLOYMENTS = [
    deployment(3, NEW, "2026-09-22T11:50:00Z"),
    deployment(2, OTHER, "2026-09-22T10:00:00Z", "staging"),
    deployment(1, OLD, "2026-09-20T10:00:00Z"),
]


async def test_a_deployment_comes_from_the_one_before_it_in_its_environment() -> None:
    script = github(DEPLOYMENTS, lambda path: [{"state": "success" if "/3/" in path else "failure"}])
    async with scripted(script) as server:
        found = await read(read_deployments, source("github_deployments", server.url, repository="acme/shop"))
    assert [(one.before, one.after, one.what) for one in found.changes] == [
        ("unknown", OLD[:12], "deploy to production"),
        ("unknown", OTHER[:12], "deploy to staging"),
        (OLD[:12], NEW[:12], "deploy to production"),
    ]
    newest = found.changes[-1]
    assert (newest.who, newest.service, newest.note) == (
        "octocat", "checkout", "v42, Deploy request from hubot, success",
    )  # fmt: skip
    assert newest.at == moment("2026-09-22T11:50:00Z")


async def test_github_is_asked_as_its_reference_says() -> None:
    async with scripted(github(DEPLOYMENTS)) as server:
        wanted = source("github_deployments", server.url, repository="acme/shop", environment="production")
        await read(read_deployments, wanted)
    asked = server.asked[0]
    assert (asked.path, asked.params) == (
        "/repos/acme/shop/deployments", {"per_page": "50", "environment": "production"},
    )  # fmt: skip
    assert asked.headers["authorization"] == "Bearer read-only"
    assert asked.headers["accept"] == "application/vnd.github+json"
    assert asked.headers["x-github-api-version"] == "2022-11-28"
    assert {one.path for one in server.asked[1:]} == {
        "/repos/acme/shop/deployments/3/statuses", "/repos/acme/shop/deployments/2/statuses",
    }  # fmt: skip


async def test_commits_come_from_their_parents_and_keep_their_first_line() -> None:
    rows: list[dict[str, Any]] = [
        {
            "sha": NEW, "parents": [{"sha": OLD}], "author": {"login": "marco"},
            "commit": {
                "message": "Tidy the pool\n\nlong story", "author": {"name": "Marco"},
                "committer": {"date": "2026-09-22T11:00:00Z"},
            },
        },
        {"sha": OLD, "parents": [], "author": None, "commit": {"message": "First", "author": {"name": "Ada"},
         "committer": {"date": "2026-09-22T08:00:00Z"}}},
        {"sha": "x", "commit": {"committer": {"date": "soon"}}},
    ]  # fmt: skip
    async with scripted(lambda _: rows) as server:
        found = await read(
            read_commits, source("github_commits", server.url, repository="acme/shop", branch="main")
        )
    first, last = found.changes
    assert last == Change(
        At(NOW - HOUR), "marco", "commit", OLD[:12], NEW[:12], ServiceName("checkout"), "Tidy the pool",
    )  # fmt: skip
    assert (first.who, first.before, found.unreadable) == ("Ada", "", 1)
    assert server.asked[0].params == {
        "per_page": "50", "sha": "main", "since": "2026-09-21T12:00:00Z", "until": "2026-09-22T12:00:00Z",
    }  # fmt: skip


async def test_a_full_page_that_ends_inside_the_window_says_that_there_may_be_more() -> None:
    rows = [deployment(n, NEW, "2026-09-22T11:50:00Z") for n in range(50)]
    async with scripted(github(rows)) as server:
        found = await read(read_deployments, source("github_deployments", server.url, repository="acme/shop"))
    assert found.notes == ("GitHub: only the newest 50 were read",)
    assert "(GitHub: only the newest 50 were read)" in changes_seen(found, WINDOW).text


HISTORY = {
    "metadata": {"name": "shop"},
    "status": {
        "history": [
            {"id": 0, "revision": OLD, "deployedAt": "2026-09-21T10:00:00Z", "source": {"repoURL": "https://git/x"},
             "initiatedBy": {"automated": True}},
            {"id": 1, "revision": NEW, "deployedAt": "2026-09-22T11:55:00Z",
             "source": {"repoURL": "https://git/x", "targetRevision": "main"},
             "initiatedBy": {"username": "ada"}},
            {"id": 2, "revisions": [NEW, OTHER], "deployedAt": "2026-09-22T11:56:00Z"},
        ]
    },
}  # fmt: skip


async def test_argo_cd_tells_each_sync_from_the_one_before_it() -> None:
    async with scripted(lambda _: HISTORY) as server:
        found = await read(read_argocd, source("argocd", server.url, application="team/shop"))
    assert [(one.who, one.before, one.after) for one in found.changes] == [
        ("Argo CD, automated", "unknown", OLD[:12]),
        ("ada", OLD[:12], NEW[:12]),
        ("unknown", NEW[:12], f"{NEW[:12]}+{OTHER[:12]}"),
    ]
    assert found.changes[1].note == "https://git/x main"
    assert server.asked[0].path == "/api/v1/applications/team%2Fshop"


@pytest.mark.parametrize("odd", ["../../admin", None, 1.5])
async def test_a_deployment_with_an_odd_id_sends_nobody_anywhere(odd: object) -> None:
    rows: list[dict[str, Any]] = [{"id": odd, "created_at": "2026-09-22T11:50:00Z"}]
    async with scripted(github(rows)) as server:
        with pytest.raises(SourceUnavailableError, match="no number"):
            await read(read_deployments, source("github_deployments", server.url, repository="acme/shop"))
    assert [asked.path for asked in server.asked] == ["/repos/acme/shop/deployments"]


async def test_sources_together_are_one_list_and_one_that_fails_is_noted() -> None:
    def script(asked: Asked) -> object:
        return HISTORY if "applications" in asked.path else response(b"{}", "401 Unauthorized")

    async with scripted(script) as server, httpx2.AsyncClient(trust_env=False) as client:
        service = example_content().inventory().services[0]
        both = (
            source("argocd", server.url, application="shop"),
            source("github_deployments", server.url, repository="acme/shop"),
        )
        found = await all_changes(replace(service, changes=both), WINDOW, client)
        assert len(found.changes) == 3
        assert found.notes == ("not seen: GitHub answered 401: it does not accept our credential.",)
        with pytest.raises(SourceUnavailableError, match="401"):
            await all_changes(replace(service, changes=both[1:]), WINDOW, client)
