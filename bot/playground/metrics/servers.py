"""The two metrics servers that the playground can run: its own store, or the real Prometheus."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from aiohttp import web

from bot.playground.metrics.api import Api, build
from bot.playground.metrics.evaluate import Evaluator
from bot.playground.metrics.functions import FUNCTIONS
from bot.playground.metrics.samples import Store
from bot.playground.metrics.scraping import Scraper, Target
from bot.playground.processes import free_port, spawn
from bot.playground.readiness import until_ready


@contextlib.asynccontextmanager
async def own_store(targets: Sequence[Target]) -> AsyncGenerator[str]:
    """Our store, scraping the targets; yields its address."""
    store = Store()
    app = build(Api(Evaluator(store, FUNCTIONS)))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    scraping = asyncio.create_task(Scraper(store, tuple(targets)).run())
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        scraping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await scraping
        await runner.cleanup()


def prometheus_configuration(targets: Sequence[Target]) -> str:
    """Prometheus' configuration for the same targets; JSON is YAML."""
    jobs = [
        {
            "job_name": f"target-{index}",
            "static_configs": [{"targets": [target.instance], "labels": dict(target.labels)}],
        }
        for index, target in enumerate(targets)
    ]
    timing = {"scrape_interval": "1s", "scrape_timeout": "900ms", "evaluation_interval": "1s"}
    return json.dumps({"global": timing, "scrape_configs": jobs}, indent=2)


@contextlib.asynccontextmanager
async def real_prometheus(targets: Sequence[Target], directory: Path) -> AsyncGenerator[str]:
    """The real Prometheus, scraping the targets; raises FileNotFoundError if it is not installed."""
    binary = shutil.which("prometheus")
    if binary is None:
        raise FileNotFoundError("prometheus is not on PATH")
    home = directory / "prometheus"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "prometheus.yml"
    config.write_text(prometheus_configuration(targets), encoding="utf-8")
    port = free_port()
    argv = (
        *(str(directory), "prometheus", binary, f"--config.file={config}"),
        *(f"--storage.tsdb.path={home / 'data'}", f"--web.listen-address=127.0.0.1:{port}"),
    )
    child = await spawn("prometheus", "bot.playground.processes", argv, output=home / "prometheus.out")
    url = f"http://127.0.0.1:{port}"
    try:
        await until_ready(f"{url}/-/ready", child)
        yield url
    finally:
        await child.stop()
