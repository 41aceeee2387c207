"""What the chaos suite looks at and changes: a supervisor and Prometheus, in one server."""

import asyncio
import json
import time
import xmlrpc.client
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

FIRST_POOL = 20
ENOUGH_POOL = 40


@dataclass(slots=True)
class Target:
    """Programs that count how often they were stopped, and a pool that is too small until it is raised."""

    config: Path
    url: str = ""
    effects: Counter[str] = field(default_factory=Counter[str])
    """How often each program was really stopped: the effect of a restart, counted where it happens."""
    starts: dict[str, int] = field(default_factory=dict[str, int])
    always_broken: bool = False
    slow_seconds: float = 0.0
    """How long a metric's history takes to come."""

    def reset(self) -> None:
        """Make the pool too small again, and forget what was restarted."""
        self.effects.clear()
        self.config.write_text(json.dumps({"pool_size": FIRST_POOL}))

    @property
    def pool(self) -> int:
        """The size of the pool now."""
        size: int = json.loads(self.config.read_text())["pool_size"]
        return size

    def application(self) -> web.Application:
        """The two interfaces."""
        app = web.Application()
        app.router.add_get("/api/v1/query", self._instant)
        app.router.add_get("/api/v1/query_range", self._range)
        app.router.add_post("/RPC2", self._rpc)
        return app

    def value(self, query: str) -> str:
        """The value of a metric now, by the first word of its query."""
        relieved = self.pool >= ENOUGH_POOL or self.effects["checkout"] > 0
        healthy = (relieved and not self.always_broken) or query.startswith("calm")
        match query.partition("{")[0]:
            case "pool_size":
                return str(self.pool)
            case "pool_in_use":
                return "6" if healthy else str(self.pool)
            case _:
                return "0.001" if healthy else "0.5"

    async def _instant(self, request: web.Request) -> web.Response:
        value = self.value(request.query["query"])
        return _answer("vector", [{"metric": {}, "value": [time.time(), value]}])

    async def _range(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.slow_seconds)
        asked = request.query
        start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        count = int((end - start) / step) + 1
        value = self.value(asked["query"])
        values = [[start + number * step, value] for number in range(count)]
        return _answer("matrix", [{"metric": {}, "values": values}])

    async def _rpc(self, request: web.Request) -> web.Response:
        arguments, method = xmlrpc.client.loads(await request.text())
        program = str(arguments[0]) if arguments else ""
        answer: object = True
        match method:
            case "supervisor.getProcessInfo":
                start = self.starts.get(program, 1)
                answer = {"statename": "RUNNING", "pid": 1000 + start, "start": start}
            case "supervisor.getIdentification":
                answer = "supervisor"
            case "supervisor.stopProcess":
                self.effects[program] += 1
            case _:
                self.starts[program] = self.starts.get(program, 1) + 1
        body = xmlrpc.client.dumps((answer,), methodresponse=True)
        return web.Response(text=body, content_type="text/xml")


def _answer(kind: str, result: list[dict[str, object]]) -> web.Response:
    return web.json_response({"status": "success", "data": {"resultType": kind, "result": result}})


@asynccontextmanager
async def serving(target: Target) -> AsyncGenerator[None]:
    """Serve on a free port of this machine's loopback."""
    target.reset()
    runner = web.AppRunner(target.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    target.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()
