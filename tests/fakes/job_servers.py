"""A local server with the documented answers of Rundeck, AWX, GitHub and Argo CD, and faults."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web

JOB = "5c0c5a6e-8f3a-4f0e-9a53-1f2d3c4b5a69"


class Fault(StrEnum):
    """What may go wrong with the request that starts something."""

    HANGS_BEFORE = "hangs before it starts anything"
    HANGS_AFTER = "hangs after it has started"
    BREAKS_AFTER = "breaks off after it has started"
    FAILS_AFTER = "answers 500 after it has started"
    REFUSED = "refuses"
    REDIRECTED = "answers with a redirect"
    HTML = "answers 200 with a page"
    HUGE = "answers with more than anybody reads"
    COMPRESSED = "answers compressed"


@dataclass(slots=True)
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: object


@dataclass(slots=True)
class Started:
    """Something that a request has started, with the states that it goes through."""

    id: int
    given: dict[str, object]
    states: list[str]

    def state(self) -> str:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]


@dataclass(slots=True)
class JobServer:
    """All four at once on one port; what was started is there to be found, as it is with the real ones."""

    url: str = ""
    fault: Fault | None = None
    looking: list[int] = field(default_factory=list[int])
    """Statuses with which the next reads fail."""
    states: list[str] = field(default_factory=lambda: ["running", "succeeded"])
    heard: list[Heard] = field(default_factory=list[Heard])
    started: list[Started] = field(default_factory=list[Started])
    enabled: bool = True
    ignored: dict[str, object] = field(default_factory=dict[str, object])
    revision: str = "aaa111"
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def writes(self) -> list[Heard]:
        return [one for one in self.heard if one.method != "GET"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        self.heard.append(
            Heard(
                request.method,
                request.raw_path.partition("?")[0],
                dict(request.query),
                {name.casefold(): value for name, value in request.headers.items()},
                json.loads(raw) if raw else None,
            )
        )
        if request.method == "GET":
            if self.looking:
                return web.json_response({"message": "not now"}, status=self.looking.pop(0))
            return self.read(request)
        return await self.write(request, json.loads(raw) if raw else {})

    async def write(self, request: web.Request, body: dict[str, dict[str, object]]) -> web.StreamResponse:
        match self.fault:
            case Fault.HANGS_BEFORE:
                await self.closing.wait()
            case Fault.REFUSED:
                return web.json_response({"message": "You may not run this"}, status=403)
            case Fault.REDIRECTED:
                raise web.HTTPTemporaryRedirect(f"{self.url}/elsewhere")
            case Fault.HTML:
                return web.Response(text="<html>Sign in</html>", content_type="text/html")
            case _:
                pass
        one = Started(1000 + len(self.started), given_by(request.path, body), list(self.states))
        self.started.append(one)
        match self.fault:
            case Fault.HANGS_AFTER:
                await self.closing.wait()
            case Fault.BREAKS_AFTER:
                assert request.transport is not None
                request.transport.close()
            case Fault.FAILS_AFTER:
                return web.Response(status=500, text="oops")
            case Fault.HUGE:
                return web.json_response({"id": one.id, "job": one.id, "more": "x" * 3_000_000})
            case Fault.COMPRESSED:
                answer = web.json_response({"id": one.id, "job": one.id}, status=200)
                answer.headers["Content-Encoding"] = "gzip"
                return answer
            case _:
                pass
        return self.answered(request.path, one)

    def answered(self, path: str, one: Started) -> web.StreamResponse:
        if path.endswith("/run"):
            return web.json_response({"id": one.id, "status": "running", "project": "shop"})
        if path.endswith("/launch/"):
            ids = {"job": one.id, "id": one.id, "type": "job", "status": "pending"}
            return web.json_response({**ids, "ignored_fields": self.ignored}, status=201)
        if path.endswith("/dispatches"):
            return web.Response(status=204)
        if path.endswith("/sync"):
            self.revision = str(one.given["revision"])
        return web.json_response({"operation": {}, "ok": True})

    def read(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix("/base")
        if path.startswith("/api/44/"):
            return web.json_response(self.rundeck(path, request.query.get("jobIdListFilter", "")))
        if path.startswith("/api/v2/"):
            return web.json_response(self.awx(path))
        if path.startswith("/repos/"):
            return web.json_response(self.github(path))
        if path.startswith("/api/v1/applications/"):
            return web.json_response(self.argo())
        if path.startswith("/operations/"):
            return self.operation(path.rpartition("/")[2])
        return web.json_response({"version": "42", "nested": {"list": [1, 2, 3]}})

    def rundeck(self, path: str, job: str) -> object:
        if path.endswith("/info"):
            return {"id": JOB, "name": "restart", "enabled": self.enabled, "project": "shop"}
        rows = [
            {"id": one.id, "status": one.state(), "job": {"id": job, "options": one.given}}
            for one in self.started
        ]
        if path.endswith("/executions"):
            return {"paging": {"count": len(rows), "total": len(rows)}, "executions": rows}
        return next(row for row in rows if str(row["id"]) == path.rpartition("/")[2])

    def awx(self, path: str) -> object:
        if "/job_templates/" in path:
            return {"id": 42, "name": "restart", "ask_variables_on_launch": self.enabled}
        rows = [
            {"id": one.id, "status": one.state(), "extra_vars": json.dumps(one.given)} for one in self.started
        ]
        if path == "/api/v2/jobs/":
            return {"count": len(rows), "next": None, "previous": None, "results": rows}
        return next(row for row in rows if f"/{row['id']}/" in path)

    def github(self, path: str) -> object:
        if not path.endswith("/runs"):
            state = "active" if self.enabled else "disabled_manually"
            return {"id": 161335, "name": "restart", "state": state}
        rows = [
            {
                "id": one.id,
                "display_title": f"Restart ({one.given['greenlight']})",
                "status": "completed" if (state := one.state()) != "running" else "in_progress",
                "conclusion": None if state == "running" else state,
            }
            for one in self.started
        ]
        return {"total_count": len(rows), "workflow_runs": rows}

    def argo(self) -> object:
        last = self.started[-1] if self.started else None
        infos = [{"name": "greenlight", "value": last.given["key"]}] if last else []
        phase = last.state() if last else "Succeeded"
        return {
            "metadata": {"name": "shop"},
            "status": {
                "sync": {"status": "Synced", "revision": self.revision},
                "history": [{"id": 0, "revision": "aaa111"}, {"id": 1, "revision": "bbb222"}],
                "operationState": {"phase": phase, "operation": {"info": infos, "sync": {}}},
            },
        }

    def operation(self, key: str) -> web.StreamResponse:
        one = next((one for one in self.started if one.given.get("key") == key), None)
        if one is None:
            return web.json_response({"error": "no such operation"}, status=404)
        return web.json_response({"key": key, "state": one.state()})


def given_by(path: str, body: dict[str, dict[str, object]]) -> dict[str, object]:
    """What a start was given, where each of them keeps it."""
    if path.endswith("/sync"):
        key = next(iter(json.loads(json.dumps(body))["infos"]))["value"]
        return {"revision": body["revision"], "key": key}
    named: dict[str, object] = {**body}
    return next((body[name] for name in ("options", "extra_vars", "inputs") if name in body), named)


@asynccontextmanager
async def job_server() -> AsyncGenerator[JobServer]:
    """A server on a free port of this machine."""
    server = JobServer()
    app = web.Application(client_max_size=1_000_000)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        server.closing.set()
        await runner.cleanup()
