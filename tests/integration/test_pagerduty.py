"""PagerDuty's schedules over the real wire, from a local server that answers as its API reference says."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest
from aiohttp import web

from bot.adapters.pagerduty import MAX_BYTES, PagerDuty
from bot.adapters.rosters import PolicyRosters
from bot.adapters.web import http_client
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import RosterName
from bot.domain.policy import Policy, Role
from tests.fakes.content import LEAD, FixedContent
from tests.fakes.rosters import mapped, with_roster
from tests.fakes.world import START, FakeClock

# START is 2026-09-21T14:13:20Z
SCHEDULE = "PI7DH85"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def turn(user: str = "PT23IWX", **changes: Any) -> dict[str, Any]:
    """One element of `oncalls` in the shape of the reference's example."""
    return {
        "escalation_policy": {
            "id": "PT20YPA", "type": "escalation_policy_reference", "summary": "Another Escalation Policy",
            "self": "https://api.pagerduty.com/escalation_policies/PT20YPA", "html_url": None,
        },
        "escalation_level": 2,
        "schedule": {
            "id": SCHEDULE, "type": "schedule_reference", "summary": "Daily Engineering Rotation",
            "self": f"https://api.pagerduty.com/schedules/{SCHEDULE}", "html_url": None,
        },
        "user": {
            "id": user, "type": "user_reference", "summary": "Tim Wright",
            "self": f"https://api.pagerduty.com/users/{user}", "html_url": None,
        },
        "start": "2026-09-20T09:00:00-04:00",
        "end": "2026-09-27T09:00:00-04:00",
        **changes,
    }  # fmt: skip


def answer(*turns: dict[str, Any], more: object = False) -> dict[str, Any]:
    return {"oncalls": list(turns), "limit": 100, "offset": 0, "more": more, "total": None}


@dataclass(slots=True)
class Server:
    """What the local server answers, and what it was asked."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[web.Request] = field(default_factory=list[web.Request])
    url: str = ""

    def says(self, *turns: dict[str, Any], more: object = False) -> None:
        self.body = json.dumps(answer(*turns, more=more)).encode()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@asynccontextmanager
async def served(handler: Handler) -> AsyncGenerator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def server() -> AsyncGenerator[Server]:
    made = Server()
    made.says(turn())
    async with served(made.handle) as url:
        made.url = url
        yield made


@pytest.fixture
async def client() -> AsyncGenerator[httpx2.AsyncClient]:
    async with http_client() as made:
        yield made


def content() -> FixedContent:
    made = with_roster("pagerduty")
    made.fixed_policy = mapped(made.fixed_policy, LEAD, "PT23IWX")
    return made


async def test_those_on_call_are_asked_for_with_schedule_and_token(
    server: Server, client: httpx2.AsyncClient
) -> None:
    found = await PagerDuty(client, FakeClock(), "the-key", server.url).oncall((SCHEDULE, "POTHER"))
    assert found == ("PT23IWX",)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("GET", "/oncalls")
    assert asked.query.getall("schedule_ids[]") == [SCHEDULE, "POTHER"]
    assert asked.headers["Authorization"] == "Token token=the-key"
    assert asked.headers["Accept"] == "application/vnd.pagerduty+json;version=2"


async def test_the_roster_names_the_mapped_person(server: Server, client: httpx2.AsyncClient) -> None:
    server.says(turn(), turn("PSTRANGE"))
    duty = PagerDuty(client, FakeClock(), "the-key", server.url)
    made = content()
    made.fixed_policy = of_source(made, f"{SCHEDULE}, POTHER")
    rosters = PolicyRosters(made, FakeClock(), {"pagerduty": duty.reader()})
    said = await rosters.read(RosterName("night"), Role.ONCALL)
    assert (said.members, said.error) == ((LEAD,), "")
    assert said.source == "pagerduty; not mapped in policy.yaml people: PSTRANGE"
    assert server.asked[0].query.getall("schedule_ids[]") == [SCHEDULE, "POTHER"]


def of_source(made: FixedContent, source: str) -> Policy:
    changed = (replace(one, source=source) for one in made.fixed_policy.rosters if one.kind == "pagerduty")
    return replace(made.fixed_policy, rosters=tuple(changed))


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"start": None, "end": None}, ("PT23IWX",)),
        ({"start": "2026-09-21T14:13:20Z"}, ("PT23IWX",)),
        ({"start": "2026-09-21T14:13:21Z"}, ()),
        ({"end": "2026-09-21T14:13:20Z"}, ()),
        ({"end": "2026-09-21T16:13:21+02:00"}, ("PT23IWX",)),
    ],
)
async def test_only_turns_of_now_count(
    server: Server, client: httpx2.AsyncClient, changes: dict[str, Any], found: tuple[str, ...]
) -> None:
    server.says(turn(**changes))
    assert START == 1_790_000_000_000
    assert await PagerDuty(client, FakeClock(), "k", server.url).oncall((SCHEDULE,)) == found


async def test_nobody_on_call_is_nobody(server: Server, client: httpx2.AsyncClient) -> None:
    server.says()
    assert await PagerDuty(client, FakeClock(), "k", server.url).oncall((SCHEDULE,)) == ()


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (429, b'{"error":{"message":"Rate Limit Exceeded","code":2020}}', "asked too often"),
        (500, b"<html>", "answered 500"),
        (401, b'{"error":{"message":"Unauthorized"}}', "401: 'Unauthorized'"),
        (404, b'{"error":{"message":"Schedule Not Found","code":2100}}', "404: 'Schedule Not Found'"),
        (200, b"<html>", "something else than JSON"),
        (200, b"\xff\xfe", "something else than JSON"),
        (200, b"[" * 100_000, "something else than JSON"),
        (200, b"[]", "without a list"),
        (200, b"{}", "without a list"),
        (200, b'{"oncalls":{}}', "without a list"),
        (200, b'{"oncalls":[]}', "more than 100"),
        (200, b'{"oncalls":[1],"more":false}', "names no user"),
        (200, b'{"oncalls":[{"user":{"id":7}}],"more":false}', "names no user"),
        (200, json.dumps(answer(turn("U0 <@x>"))).encode(), "names no user"),
        (200, json.dumps(answer(turn(), more=True)).encode(), "more than 100"),
        (200, json.dumps(answer(turn(schedule=None))).encode(), "names no user of these schedules"),
        (200, json.dumps(answer(turn(schedule={"id": "PEVIL"}))).encode(), "of these schedules"),
        (200, json.dumps(answer(turn(start="soon"))).encode(), "no readable time"),
        (200, json.dumps(answer(turn(start="2026-09-20T09:00:00"))).encode(), "no zone"),
        (200, b" " * (MAX_BYTES + 1), "more than 1000000 bytes"),
    ],
)
async def test_anything_odd_names_nobody_and_says_why(
    server: Server, client: httpx2.AsyncClient, status: int, body: bytes, why: str
) -> None:
    server.status, server.body = status, body
    with pytest.raises(SourceUnavailableError, match=why):
        await PagerDuty(client, FakeClock(), "k", server.url).oncall((SCHEDULE,))
    duty = PagerDuty(client, FakeClock(), "k", server.url)
    rosters = PolicyRosters(content(), FakeClock(), {"pagerduty": duty.reader()})
    said = await rosters.read(RosterName("night"), Role.ONCALL)
    assert said.members == ()
    assert said.error


async def test_a_redirect_is_refused_and_the_key_goes_nowhere_else(
    server: Server, client: httpx2.AsyncClient
) -> None:
    elsewhere = Server()
    elsewhere.says(turn())
    async with served(elsewhere.handle) as url:
        server.status, server.body, server.headers = 302, b"", {"Location": f"{url}/oncalls"}
        with pytest.raises(SourceUnavailableError, match="answered 302"):
            await PagerDuty(client, FakeClock(), "k", server.url).oncall((SCHEDULE,))
    assert elsewhere.asked == []


async def test_a_compressed_answer_is_refused(server: Server, client: httpx2.AsyncClient) -> None:
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(SourceUnavailableError, match="compressed"):
        await PagerDuty(client, FakeClock(), "k", server.url).oncall((SCHEDULE,))


async def test_a_server_that_keeps_silent_is_given_up_in_time(client: httpx2.AsyncClient) -> None:
    async def silent(_: web.Request) -> web.StreamResponse:
        await client_gone.wait()
        return web.Response()

    client_gone = asyncio.Event()
    async with served(silent) as url:
        duty = PagerDuty(client, FakeClock(), "k", url)
        rosters = PolicyRosters(content(), FakeClock(), {"pagerduty": duty.reader()}, seconds=0.2)
        said = await rosters.read(RosterName("night"), Role.ONCALL)
        client_gone.set()
    assert (said.members, said.error) == ((), "no answer within 0.2 s")


async def test_a_server_that_is_not_there_names_nobody(client: httpx2.AsyncClient) -> None:
    async with served(Server().handle) as url:
        pass
    duty = PagerDuty(client, FakeClock(), "k", url)
    with pytest.raises(SourceUnavailableError, match="did not answer"):
        await duty.oncall((SCHEDULE,))
