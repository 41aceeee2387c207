"""Customers buy at every pod that serves; what they see is measured and told as Prometheus tells it."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
from aiohttp import web

from tests.e2e_k8s.kubelet import Kubelet

EVERY_SECONDS = 0.05
WINDOW_SECONDS = 3.0
KEPT = 6_000
SHOP = "checkout-"


@dataclass(slots=True)
class Traffic:
    """Every sale with its time and whether it went well, and the share of failures of each second."""

    kubelet: Kubelet
    url: str = ""
    sales: deque[tuple[float, bool]] = field(default_factory=lambda: deque[tuple[float, bool]](maxlen=KEPT))
    history: deque[tuple[float, float]] = field(
        default_factory=lambda: deque[tuple[float, float]](maxlen=KEPT)
    )

    def ratio(self) -> float:
        """The share of failed sales of the last seconds; nobody being there to sell is a failure."""
        since = time.time() - WINDOW_SECONDS
        recent = [well for at, well in self.sales if at >= since]
        return recent.count(False) / len(recent) if recent else 1.0

    async def buy(self) -> None:
        """Buy at every pod, again and again."""
        async with httpx2.AsyncClient(trust_env=False, timeout=1.0) as client:
            while True:
                ports = [port for name, port in self.kubelet.ports().items() if name.startswith(SHOP)]
                await asyncio.gather(*(self._once(client, port) for port in ports))
                if not ports:
                    self.sales.append((time.time(), False))
                if not self.history or time.time() - self.history[-1][0] >= 1.0:
                    self.history.append((time.time(), self.ratio()))
                await asyncio.sleep(EVERY_SECONDS)

    async def _once(self, client: httpx2.AsyncClient, port: int) -> None:
        try:
            well = (await client.get(f"http://127.0.0.1:{port}/buy")).status_code == 200
        except httpx2.HTTPError:
            return  # a pod that is just going away serves nobody
        self.sales.append((time.time(), well))

    async def instant(self, _: web.Request) -> web.Response:
        """`/api/v1/query`."""
        row: dict[str, object] = {"metric": {}, "value": [time.time(), f"{self.ratio():.4f}"]}
        return _answer("vector", [row])

    async def range(self, request: web.Request) -> web.Response:
        """`/api/v1/query_range`."""
        start, end, step = (float(request.query[name]) for name in ("start", "end", "step"))
        values: list[list[object]] = []
        for number in range(int((end - start) / step) + 1):
            at = start + number * step
            known = next((value for when, value in reversed(self.history) if when <= at), 0.0)
            values.append([at, f"{known:.4f}"])
        return _answer("matrix", [{"metric": {}, "values": values}])


def _answer(kind: str, result: list[dict[str, object]]) -> web.Response:
    return web.json_response({"status": "success", "data": {"resultType": kind, "result": result}})


@asynccontextmanager
async def flowing(kubelet: Kubelet) -> AsyncGenerator[Traffic]:
    """Customers at work, and their measurements served on a free port."""
    traffic = Traffic(kubelet)
    app = web.Application()
    app.router.add_get("/api/v1/query", traffic.instant)
    app.router.add_get("/api/v1/query_range", traffic.range)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    traffic.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    task = asyncio.create_task(traffic.buy())
    try:
        yield traffic
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await runner.cleanup()
