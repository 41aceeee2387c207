"""The site for real: faults that show in measurements, and what does and does not heal them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psutil
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.playground.readiness import NotReadyError
from bot.playground.service.layout import write_json
from bot.playground.site import Fault, Site, Snapshot
from tests.needs import need

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


async def until(site: Site, true: Callable[[Snapshot], bool], patience: float = PATIENCE) -> Snapshot:
    """The first snapshot for which something is true; fails with the last one."""
    now = await site.snapshot()
    try:
        async with asyncio.timeout(patience):
            while not true(now):
                await asyncio.sleep(0.2)
                now = await site.snapshot()
    except TimeoutError:
        pytest.fail(f"not reached: {now}")
    return now


async def eventually(true: Callable[[], bool | Awaitable[bool]], patience: float = PATIENCE) -> None:
    async with asyncio.timeout(patience):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.1)


def failing(now: Snapshot) -> bool:
    return (now.error_ratio or 0.0) > 0.5


def sound(now: Snapshot) -> bool:
    return now.error_ratio == 0.0 and (now.traffic or 0.0) > 10


@dataclass(frozen=True, slots=True)
class House:
    """A running site and the alert messages that its webhook received."""

    site: Site
    received: list[dict[str, object]]

    def titles(self) -> list[str]:
        attachments = [cast("list[dict[str, str]]", message["attachments"])[0] for message in self.received]
        return [attachment["title"] for attachment in attachments]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    received: list[dict[str, object]] = []

    async def take(request: web.Request) -> web.Response:
        received.append(await request.json())
        return web.Response(text="ok")

    app = web.Application()
    app.router.add_post("/services/T1/B1/x", take)
    async with (
        TestServer(app) as server,
        Site(tmp_path / "site", str(server.make_url("/services/T1/B1/x"))) as site,
    ):
        yield House(site, received)
    assert leftovers(tmp_path) == []


def leftovers(directory: Path) -> list[str]:
    """The command lines of living processes that belong to a directory."""
    found: list[str] = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(cast("list[str]", process.info["cmdline"] or []))
        if str(directory) in line and process.pid != os.getpid():
            found.append(line)
    return found


def log_lines(site: Site) -> list[dict[str, object]]:
    return [json.loads(line) for line in site.production.home.log.read_text().splitlines()]


@pytest.mark.slow
async def test_a_leak_is_only_hidden_by_a_larger_pool_and_healed_by_the_rollback(house: House) -> None:
    site = house.site
    await until(site, sound)
    await site.cause(Fault.LEAK)
    broken = await until(site, failing)
    assert (broken.version, broken.pool_in_use, broken.pool_size) == ("42", 20, 20)
    await eventually(lambda: len(house.received) == 1)
    assert house.titles() == ["[FIRING:1] CheckoutHighErrorRate checkout (production critical)"]

    write_json(site.production.home.config, {"pool_size": 50})
    better = await until(site, sound)
    assert better.pool_size == 50
    again = await until(site, failing)
    assert (again.pool_in_use, again.pool_size) == (50, 50)

    await site.supervisor.restart("checkout")
    await until(site, sound)
    await until(site, failing)

    await site.deploy("41")
    await until(site, sound)
    await eventually(lambda: house.titles()[-1].startswith("[RESOLVED]"))
    healed = await site.snapshot()
    assert healed.version == "41"
    assert (healed.pool_in_use or 0) < 10

    messages = {str(line["msg"]) for line in log_lines(site)}
    assert (
        "PoolTimeout: connection pool exhausted: timeout waiting for connection (in_use=20 max=20)"
        in messages
    )
    assert "pool size changed from 20 to 50" in messages
    deployed = [json.loads(line) for line in site.deploy_log.read_text().splitlines()]
    assert [(each["from"], each["to"]) for each in deployed] == [("40", "41"), ("41", "42"), ("42", "41")]


@pytest.mark.slow
async def test_nothing_that_we_control_heals_an_unreachable_payment_provider(house: House) -> None:
    site = house.site
    await until(site, sound)
    await site.cause(Fault.UNFIXABLE)
    await until(site, failing)
    write_json(site.production.home.config, {"pool_size": 60})
    await until(site, lambda now: now.pool_size == 60)
    await site.supervisor.restart("checkout")
    await site.deploy("41")
    still = await until(site, lambda now: (now.traffic or 0.0) > 20)
    assert (still.error_ratio or 0.0) > 0.9
    assert (still.pool_in_use or 0.0) < 20
    words = "payment gateway unreachable: connection refused"
    assert any(str(line["msg"]).startswith(words) for line in log_lines(site))
    await site.reset()
    await until(site, sound)


@pytest.mark.slow
async def test_a_rush_raises_an_alert_for_a_service_that_is_healthy_when_one_looks(house: House) -> None:
    site = house.site
    await until(site, sound)
    await site.cause(Fault.HEALTHY)
    await eventually(lambda: len(house.received) > 0)
    after = await site.snapshot()
    assert after.error_ratio == 0.0
    assert (after.version, after.pool_size, after.gateway_up) == ("41", 20, True)
    await eventually(lambda: house.titles()[-1].startswith("[RESOLVED]"))
    # a machine that is short of processors lets a few time out; a fault would let most
    messages = [str(line["msg"]) for line in log_lines(site)]
    assert sum("PoolTimeout" in message for message in messages) < len(messages) / 20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is not enforced on this system")
async def test_version_43_runs_into_its_memory_limit_again_and_again(house: House) -> None:
    site = house.site
    await site.cause(Fault.OOM)

    def died() -> int:
        return sum("out of memory" in str(line["msg"]) for line in log_lines(site))

    await eventually(lambda: died() > 1, patience=100)
    refused = [line for line in log_lines(site) if "warming up" in str(line["msg"])]
    assert refused


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
async def test_the_end_of_the_playground_leaves_no_process(tmp_path: Path, sign: signal.Signals) -> None:
    parent = await start_in_process(tmp_path)
    assert len(leftovers(tmp_path)) >= 5
    parent.send_signal(sign)
    await parent.wait()
    await eventually(lambda: leftovers(tmp_path) == [], patience=30)


async def test_a_later_start_reaps_what_an_earlier_one_left(tmp_path: Path) -> None:
    """The customers' parent is gone in a way that they cannot see: the later start ends them by pid file."""
    orphan = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import time; time.sleep(300)", str(tmp_path / "site")),
        stdin=subprocess.DEVNULL,
    )
    stranger = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "import time; time.sleep(300)", "elsewhere"), stdin=subprocess.DEVNULL
    )
    pids = tmp_path / "site" / "pids"
    pids.mkdir(parents=True)
    (pids / "orphan.pid").write_text(f"{orphan.pid}\n")
    (pids / "reused.pid").write_text(f"{stranger.pid}\n")
    try:
        async with Site(tmp_path / "site", None):
            assert await asyncio.wait_for(orphan.wait(), 10) < 0
            assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


async def start_in_process(directory: Path) -> asyncio.subprocess.Process:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "bot.playground.site", "--directory", str(directory / "site")),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert parent.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while b"req/s" not in await parent.stdout.readline():
            pass
    return parent


async def test_the_real_prometheus_can_take_the_place_of_our_store(tmp_path: Path) -> None:
    need("prometheus")
    async with Site(tmp_path / "a 100% site", None, real_prometheus=True) as site:
        seen = await until(site, sound)
        assert (seen.version, seen.pool_size) == ("41", 20)
        assert any("prometheus --config" in line for line in leftovers(tmp_path))
    assert leftovers(tmp_path) == []


async def test_a_start_that_cannot_succeed_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", None)
    taken = await asyncio.start_server(lambda _, __: None, "127.0.0.1", site.supervisor.port)
    async with taken:
        with pytest.raises(NotReadyError, match="supervisord ended"):
            await site.__aenter__()
    assert leftovers(tmp_path) == []


@pytest.mark.slow
async def test_a_staging_twin_runs_beside_production_and_is_not_touched_by_its_faults(tmp_path: Path) -> None:
    async with Site(tmp_path / "site", None, staging=True) as site:
        await site.cause(Fault.LEAK)
        await until(site, failing)
        assert site.staging is not None
        twin = await site.snapshot(site.staging)
        assert (twin.version, twin.error_ratio, twin.alert) == ("41", 0.0, "none")
        assert await site.supervisor.state("checkout-staging") == "RUNNING"
