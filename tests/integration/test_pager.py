"""Page targets over the real wire: a webhook, and PagerDuty's Events API as its reference describes it."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.adapters.pager import HttpPager
from bot.adapters.web import http_client
from bot.domain.paging import PageKind, PageTarget
from bot.domain.teamwork import PageReason
from bot.ports.paging import Called, Page

KEY = "R0UT1NGKEYR0UT1NGKEYR0UT1NGKEY00"


@dataclass(slots=True)
class Receiver:
    """A local server that keeps what it is sent and answers as told."""

    status: int = 202
    body: str = '{"status": "success", "message": "Event processed", "dedup_key": "k"}'
    headers: dict[str, str] = field(default_factory=dict[str, str])
    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.got.append((request.path, json.loads(await request.text())))
        return web.Response(status=self.status, text=self.body, headers=self.headers)


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncGenerator[Receiver]:
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.handle)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


def page(target: PageTarget, severity: str = "critical") -> Page:
    lines = ("Summary: checkout fails, password=hunter2.", "Reason: nobody decided.")
    return Page(
        target, "inc-1:half_time:abc", PageReason.HALF_TIME, "Approval still needed", severity, "checkout",
        lines, "inc-1",
    )  # fmt: skip


def redact(text: str) -> str:
    return text.replace("hunter2", "[REDACTED]")


async def called(target: PageTarget, environ: dict[str, str], severity: str = "critical") -> Called:
    async with http_client() as client:
        return await HttpPager(client, environ, redact).call(page(target, severity))


async def test_a_webhook_gets_one_json_body_with_the_words_and_the_key() -> None:
    async with receiving(Receiver(status=200, body="ok")) as server:
        secret = f"{server.url}/services/T0/B0/secret"
        said = await called(PageTarget("hook", PageKind.WEBHOOK, "env:HOOK"), {"HOOK": secret})
    assert said == Called(ok=True, detail="answered 200")
    ((path, body),) = server.got
    assert path == "/services/T0/B0/secret"
    assert body["text"].splitlines()[0] == "Approval still needed"
    assert (body["key"], body["reason"], body["incident"]) == ("inc-1:half_time:abc", "half_time", "inc-1")
    assert "hunter2" not in json.dumps(body)


async def test_pagerduty_gets_a_trigger_with_routing_key_dedup_key_and_severity() -> None:
    async with receiving(Receiver()) as server:
        target = PageTarget("pd", PageKind.PAGERDUTY, "env:KEY", server.url)
        assert (await called(target, {"KEY": KEY}, "warning")).ok
        assert (await called(target, {"KEY": KEY}, "sev-very-bad")).ok
    path, body = server.got[0]
    assert path == "/v2/enqueue"
    assert (body["routing_key"], body["event_action"], body["dedup_key"]) == (
        KEY,
        "trigger",
        "inc-1:half_time:abc",
    )
    payload = body["payload"]
    assert {"summary", "source", "severity"} <= set(payload)
    assert [sent["payload"]["severity"] for _, sent in server.got] == ["warning", "critical"]
    assert payload["custom_details"]["Reason"] == "nobody decided."


@pytest.mark.parametrize("status", [302, 400, 429, 500])
async def test_any_other_answer_is_a_failure_that_is_told(status: int) -> None:
    elsewhere = {"Location": "http://127.0.0.1:9/elsewhere"} if status == 302 else {}
    async with receiving(Receiver(status=status, headers=elsewhere)) as server:
        said = await called(PageTarget("hook", PageKind.WEBHOOK, "env:HOOK"), {"HOOK": server.url})
    assert said == Called(ok=False, detail=f"answered {status}")
    assert len(server.got) == 1


async def test_a_server_that_is_not_there_a_secret_that_is_not_set_and_one_that_is_no_address() -> None:
    async with receiving(Receiver()) as server:
        gone = server.url
    hook = PageTarget("hook", PageKind.WEBHOOK, "env:HOOK")
    said = [await called(hook, environ) for environ in ({"HOOK": gone}, {}, {"HOOK": "no address at all"})]
    assert [one.ok for one in said] == [False, False, False]
    assert said[0].detail == "could not be reached (ConnectError)"
    assert said[1].detail == "env:HOOK is not set"
    assert all(gone not in one.detail and "no address at all" not in one.detail for one in said)


async def test_an_endless_answer_is_cut() -> None:
    async with receiving(Receiver(status=200, body="x" * 5_000_000)) as server:
        said = await called(PageTarget("hook", PageKind.WEBHOOK, "env:HOOK"), {"HOOK": server.url})
    assert said.ok
