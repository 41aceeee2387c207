"""Calls people over HTTP: a webhook with a JSON body, or PagerDuty's Events API, version 2."""

import json
from collections.abc import Callable, Mapping
from typing import final

import httpx2

from bot.domain.paging import PageKind, PageTarget
from bot.ports.paging import Called, Page

EVENTS_URL = "https://events.pagerduty.com"
ENQUEUE = "/v2/enqueue"
TIMEOUT = httpx2.Timeout(5.0, connect=2.0)
MAX_BYTES = 64_000
MAX_SUMMARY = 1_024
MAX_LINE = 2_000
SUCCESS = range(200, 300)
SEVERITIES = {"critical": "critical", "error": "error", "warning": "warning", "info": "info"}
"""The only severities that PagerDuty takes; anything else is called critical."""

Redact = Callable[[str], str]


def page_secrets(targets: tuple[PageTarget, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The addresses and keys of page targets as they are set here, for the redactor."""
    values = (environ.get(target.secret.removeprefix("env:"), "") for target in targets)
    return tuple(value for value in values if value)


@final
class HttpPager:
    """Reads each secret where the policy says it stands; none of them ever appears in an answer."""

    def __init__(self, client: httpx2.AsyncClient, environ: Mapping[str, str], redact: Redact) -> None:
        self._client = client
        self._environ = environ
        self._redact = redact

    async def call(self, page: Page) -> Called:
        """Call once; what goes wrong is told and never raised."""
        target = page.target
        secret = self._environ.get(target.secret.removeprefix("env:"), "")
        if not secret:
            return Called(ok=False, detail=f"{target.secret} is not set")
        url, body = self._request(page, target, secret)
        try:
            return await self._post(url, body)
        except httpx2.InvalidURL:
            return Called(ok=False, detail=f"{target.secret} is no address")
        except httpx2.HTTPError as error:
            return Called(ok=False, detail=f"could not be reached ({type(error).__name__})")

    def _request(self, page: Page, target: PageTarget, secret: str) -> tuple[str, Mapping[str, object]]:
        lines = tuple(self._redact(line)[:MAX_LINE] for line in page.lines)
        title = self._redact(page.title)[:MAX_SUMMARY]
        match target.kind:
            case PageKind.WEBHOOK:
                return secret, webhook_body(page, title, lines)
            case PageKind.PAGERDUTY:
                base = (target.url or EVENTS_URL).rstrip("/")
                return f"{base}{ENQUEUE}", events_body(page, title, lines, secret)

    async def _post(self, url: str, body: Mapping[str, object]) -> Called:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        data = json.dumps(body, ensure_ascii=True).encode()
        async with self._client.stream(
            "POST", url, content=data, headers=headers, timeout=TIMEOUT, follow_redirects=False
        ) as answer:
            received = 0
            async for chunk in answer.aiter_raw():
                received += len(chunk)
                if received > MAX_BYTES:
                    break
        return Called(answer.status_code in SUCCESS, f"answered {answer.status_code}")


def webhook_body(page: Page, title: str, lines: tuple[str, ...]) -> Mapping[str, object]:
    """`text` is what a chat's incoming webhook shows; everything else is for programs."""
    return {
        "text": "\n".join((title, *lines)),
        "title": title,
        "reason": str(page.reason),
        "severity": page.severity,
        "source": page.source,
        "incident": page.incident,
        "key": page.key,
        "lines": list(lines),
    }


def events_body(page: Page, title: str, lines: tuple[str, ...], routing_key: str) -> Mapping[str, object]:
    """An alert event as the Events API documents it; the same `dedup_key` is the same alert there."""
    details = {head: tail for head, _, tail in (line.partition(": ") for line in lines)}
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": page.key[:255],
        "client": "Greenlight",
        "payload": {
            "summary": title,
            "source": page.source,
            "severity": SEVERITIES.get(page.severity.casefold(), "critical"),
            "class": str(page.reason),
            "custom_details": {**details, "Incident": page.incident},
        },
    }
