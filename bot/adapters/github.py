"""GitHub over its HTTP API: deployments and commits as changes.

Source: GitHub's REST API reference ("List deployments", "List deployment statuses", "List commits").
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2

from bot.adapters.change_reading import ChangeAsk, Deploys, printable
from bot.adapters.log_files import moment
from bot.adapters.shapes import NOTHING, items, mapping
from bot.adapters.web import Backend, Question, backend_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change
from bot.domain.ids import SECOND, At

API = "https://api.github.com"
PAGE = 50
STATUSES = 10
"""So many of the newest deployments are asked how they ended."""
SHORT = 12

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository for one question."""

    backend: Backend
    ask: ChangeAsk

    async def rows(self, what: str, params: Mapping[str, str]) -> list[Row]:
        """One page of a list, newest first; raises SourceUnavailableError."""
        asked = {"per_page": str(PAGE), **{name: value for name, value in params.items() if value}}
        path = f"/repos/{self.ask.source.setting('repository')}/{what}"
        found = items(await self.backend.json(Question(path, asked)))
        if found is None:
            raise SourceUnavailableError("GitHub answered with no list.")
        return [mapping(row) for row in found]

    async def state(self, row: Row) -> str:
        """How a deployment ended, as far as GitHub was told."""
        states = await self.rows(f"deployments/{_number(row)}/statuses", {"per_page": "1"})
        return printable(states[0].get("state")) if states else "no status"

    def notes(self, rows: Sequence[Row], oldest: At | None) -> tuple[str, ...]:
        """That there may be more of the window than one page holds."""
        more = len(rows) >= PAGE and oldest is not None and oldest > self.ask.window.start
        return (f"GitHub: only the newest {PAGE} were read",) if more else ()


async def read_deployments(ask: ChangeAsk, client: httpx2.AsyncClient) -> Deploys:
    """The deployments of a repository, each from the one before it; raises SourceUnavailableError."""
    repository = _repository(ask, client)
    rows = await repository.rows("deployments", {"environment": ask.source.setting("environment")})
    dated = [(at, row) for row in rows if (at := moment(row.get("created_at"))) is not None]
    recent = [row for at, row in dated if ask.window.start <= at <= ask.window.end][:STATUSES]
    states = await asyncio.gather(*(repository.state(row) for row in recent))
    ended = dict(zip(map(_number, recent), states, strict=True))
    found = [
        _deployment(ask, at, row, _before(row, dated[place + 1 :]), ended.get(_number(row), ""))
        for place, (at, row) in enumerate(dated)
    ]
    oldest = dated[-1][0] if dated else None
    return Deploys(tuple(reversed(found)), len(rows) - len(dated), repository.notes(rows, oldest))


async def read_commits(ask: ChangeAsk, client: httpx2.AsyncClient) -> Deploys:
    """The commits of a branch in the window, each from its parent; raises SourceUnavailableError."""
    repository = _repository(ask, client)
    rows = await repository.rows(
        "commits",
        {
            "sha": ask.source.setting("branch"),
            "path": ask.source.setting("path"),
            "since": _iso(ask.window.start),
            "until": _iso(ask.window.end),
        },
    )
    found = [change for row in rows if (change := _commit(ask, row)) is not None]
    oldest = found[-1].at if found else None
    return Deploys(tuple(reversed(found)), len(rows) - len(found), repository.notes(rows, oldest))


def _repository(ask: ChangeAsk, client: httpx2.AsyncClient) -> Repository:
    backend = backend_of("GitHub", ask.source, client, API)
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    return Repository(backend.with_headers(**headers, **{"User-Agent": "greenlight"}), ask)


def _deployment(ask: ChangeAsk, at: At, row: Row, before: Row, state: str) -> Change:
    said = (printable(row.get("ref")), printable(row.get("description")), state)
    return Change(
        at=at,
        who=printable(mapping(row.get("creator")).get("login")) or "unknown",
        what=f"deploy to {printable(row.get('environment')) or 'unknown'}",
        before=printable(before.get("sha"))[:SHORT] or "unknown",
        after=printable(row.get("sha"))[:SHORT],
        service=ask.service.name,
        note=", ".join(word for word in said if word),
    )


def _commit(ask: ChangeAsk, row: Row) -> Change | None:
    commit = mapping(row.get("commit"))
    author, committer = mapping(commit.get("author")), mapping(commit.get("committer"))
    at = moment(committer.get("date"))
    if at is None:
        return None
    parents = items(row.get("parents")) or [{}]
    message = commit.get("message")
    return Change(
        at=at,
        who=printable(mapping(row.get("author")).get("login")) or printable(author.get("name")) or "unknown",
        what="commit",
        before=printable(mapping(parents[0]).get("sha"))[:SHORT],
        after=printable(row.get("sha"))[:SHORT],
        service=ask.service.name,
        note=printable(message.partition("\n")[0] if isinstance(message, str) else ""),
    )


def _before(row: Row, older: Sequence[tuple[At, Row]]) -> Row:
    """The deployment before this one in the same environment."""
    same = (other for _, other in older if other.get("environment") == row.get("environment"))
    return next(same, NOTHING)


def _number(row: Row) -> str:
    """The id of a deployment; raises SourceUnavailableError where it is no number."""
    number = row.get("id")
    if not isinstance(number, int):
        raise SourceUnavailableError("GitHub answered with a deployment whose id is no number.")
    return str(number)


def _iso(at: At) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
