"""Argo CD over its HTTP API: the sync history of an application as changes.

Source: Argo CD's API reference (`GET /api/v1/applications/{name}`, `status.history`).
"""

from collections.abc import Mapping
from urllib.parse import quote

import httpx2

from bot.adapters.change_reading import ChangeAsk, Deploys, printable
from bot.adapters.log_files import moment
from bot.adapters.shapes import items, mapping
from bot.adapters.web import Question, backend_of
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Change

SHORT = 12


async def read_argocd(ask: ChangeAsk, client: httpx2.AsyncClient) -> Deploys:
    """Every sync that Argo CD remembers (ten where nobody changed it); raises SourceUnavailableError."""
    backend = backend_of("Argo CD", ask.source, client)
    name = ask.source.setting("application")
    answer = mapping(await backend.json(Question(f"/api/v1/applications/{quote(name, safe='')}")))
    status = mapping(answer.get("status"))
    if not status:
        raise SourceUnavailableError("Argo CD answered with something else than an application.")
    history = [mapping(row) for row in items(status.get("history")) or []]
    found: list[Change] = []
    before = ""
    unread = 0
    for row in history:
        change = _sync(ask, name, row, before)
        before = _revision(row)
        found += [change] if change else []
        unread += change is None
    return Deploys(tuple(sorted(found, key=lambda change: change.at)), unread)


def _sync(ask: ChangeAsk, name: str, row: Mapping[str, object], before: str) -> Change | None:
    at = moment(row.get("deployedAt"))
    if at is None:
        return None
    by = mapping(row.get("initiatedBy"))
    who = "Argo CD, automated" if by.get("automated") is True else printable(by.get("username")) or "unknown"
    source = mapping(row.get("source"))
    where = " ".join(
        filter(None, (printable(source.get("repoURL")), printable(source.get("targetRevision"))))
    )
    return Change(
        at, who, f"sync of {printable(name)}", before or "unknown", _revision(row), ask.service.name, where
    )


def _revision(row: Mapping[str, object]) -> str:
    """The revision of one source, or of several joined."""
    several = items(row.get("revisions")) or []
    words = [printable(row.get("revision")), *map(printable, several)]
    return "+".join(word[:SHORT] for word in words if word)
