"""`greenlight init` asks a real Prometheus, and what it drafts answers."""

import asyncio
from pathlib import Path

from bot.adapters.clock import SystemClock
from bot.adapters.condenser import Condenser
from bot.adapters.content_services import inventory
from bot.adapters.eyes import SourceEyes
from bot.adapters.web import http_client
from bot.adapters.yaml_door import load
from bot.cli import run
from bot.playground.metrics.scraping import Target
from bot.playground.metrics.servers import real_prometheus
from tests.fakes.backends import Asked, response, scripted
from tests.needs import need
from tests.waiting import eventually


def page(number: int) -> bytes:
    """Counters that grow with each look."""
    return f"""# TYPE http_requests_total counter
http_requests_total{{status="200"}} {100 * number}
http_requests_total{{status="503"}} {number}
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 1e6
""".encode()


async def test_a_draft_from_the_real_prometheus_loads_and_its_queries_answer(tmp_path: Path) -> None:
    need("prometheus")
    asked: list[Asked] = []

    def script(request: Asked) -> object:
        asked.append(request)
        return response(page(len(asked)), content_type="text/plain; version=0.0.4")

    async with scripted(script) as server:
        target = Target(server.url.removeprefix("http://"), {"app": "basket"})
        async with real_prometheus([target], tmp_path / "prometheus") as url, http_client() as client:

            async def scraped() -> bool:
                return len(asked) >= 4

            await eventually(scraped, within=30)
            into = tmp_path / "services.yaml"
            assert await asyncio.to_thread(run, ["init", "--prometheus", url, "--into", str(into)]) == 0
            problems: list[str] = []
            found = inventory(load(into.read_bytes(), "services.yaml"), "0" * 64, {}, problems)
            assert (found is not None, problems) == (True, [])
            assert found is not None
            (basket,) = found.services
            assert basket.name == "basket"
            eyes = SourceEyes(SystemClock(), str, client, Condenser)
            values = {metric.name: await eyes.sample(basket, metric) for metric in basket.metrics}
    assert set(values) == {"error_rate", "traffic", "memory", "up"}
    assert all(values.values()), values
    assert values["error_rate"] is not None
    assert values["error_rate"].startswith("0.0099")
