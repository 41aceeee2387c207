"""The whole playground site: service, supervisor, customers, payment provider, metrics and alerts."""

import argparse
import asyncio
import contextlib
import secrets
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from bot.playground.instance import Instance, Snapshot, high_error_rate
from bot.playground.metrics.client import MetricsClient, MetricsError
from bot.playground.metrics.servers import own_store, real_prometheus
from bot.playground.metrics.watch import Watch
from bot.playground.processes import Child, free_port, reap, spawn
from bot.playground.readiness import until_listening, until_ready
from bot.playground.service import deploys
from bot.playground.service.layout import ServiceHome, point_current_at, prepare, release, write_json
from bot.playground.service.load import Demand
from bot.playground.service.supervision import Program, Supervisor, configuration

POOL_SIZE = 20
STAGING_POOL_SIZE = 10
BY_HAND_POOL_SIZE = 30
MEMORY_LIMIT_MB = 160
QUIET_RATE = 1.0


class Fault(StrEnum):
    """What can go wrong with the site."""

    LEAK = "leak"
    UNFIXABLE = "unfixable"
    HEALTHY = "healthy"
    OOM = "oom"
    STAGING = "staging"
    BY_HAND = "by_hand"


class Site:
    """The site; `async with Site(directory, webhook_url) as site:` runs it; leaving ends all of it."""

    def __init__(
        self,
        directory: Path,
        webhook_url: str | None,
        real_prometheus: bool = False,  # noqa: FBT001, FBT002 - named by its callers
        staging: bool = False,  # noqa: FBT001, FBT002 - same
        version: str = "41",
    ) -> None:
        self.version = version
        self.directory = directory.resolve()
        self.webhook_url = webhook_url
        self.deploy_log = self.directory / "deploys.jsonl"
        self.supervisor = Supervisor(free_port(), "playground", secrets.token_urlsafe(12))
        self.gateway_port = free_port()
        self.production = self._instance("checkout", "production", Demand())
        self.staging = self._instance("checkout-staging", "staging", Demand(rate=5.0)) if staging else None
        self.metrics_url = ""
        self._real = real_prometheus
        self._stack = contextlib.AsyncExitStack()
        self._gateway: Child | None = None
        self._metrics: MetricsClient | None = None
        self._watch: Watch | None = None

    def _instance(self, name: str, environment: str, demand: Demand) -> Instance:
        home = ServiceHome(self.directory / name, name)
        return Instance(home, environment, free_port(), self.directory / f"demand-{name}.json", demand)

    @property
    def instances(self) -> tuple[Instance, ...]:
        return (self.production,) if self.staging is None else (self.production, self.staging)

    @property
    def gateway_url(self) -> str:
        """The payment provider; nobody on call can reach it otherwise than by HTTP."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def posted(self) -> tuple[dict[str, object], ...]:
        """Every alert message so far, oldest first."""
        return tuple(self._watch.posted) if self._watch else ()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(reap, self.directory)
        await asyncio.to_thread(self._lay_out)
        self._stack.push_async_callback(self._stop_gateway)
        await self._start_gateway()
        supervisord = await self._start_supervisor()
        for instance in self.instances:
            await until_ready(f"{instance.url}/healthz", supervisord)
        await self._start_metrics()
        for instance in self.instances:
            await self._start_customers(instance)

    def _lay_out(self) -> None:
        (self.directory / "supervisor").mkdir(exist_ok=True)
        (self.directory / "output").mkdir(exist_ok=True)
        self.deploy_log.unlink(missing_ok=True)
        for instance in self.instances:
            prepare(instance.home, {"pool_size": POOL_SIZE})
            _write_demand(instance, instance.demand)
            # The site is made anew at each start; in its story the sound version is two days old.
            two_days_ago = datetime.now(UTC) - timedelta(days=2)
            deploys.record(self.deploy_log, instance.home, "40", release("41"), two_days_ago)
        if self.version != "41":
            self._lay_out_version()

    def _lay_out_version(self) -> None:
        """Another version in production for a day and a half of this story, with a limit, in a quiet hour."""
        home = self.production.home
        point_current_at(home, self.version)
        then = datetime.now(UTC) - timedelta(hours=36)
        deploys.record(self.deploy_log, home, "41", release(self.version), then)
        write_json(home.config, {"pool_size": POOL_SIZE, "memory_limit_mb": MEMORY_LIMIT_MB})
        _write_demand(self.production, replace(self.production.demand, rate=QUIET_RATE))

    async def _spawn(self, name: str, module: str, *args: str) -> Child:
        output = self.directory / "output" / f"{name}.out"
        return await spawn(
            name, f"bot.playground.service.{module}", (str(self.directory), *args), output=output
        )

    async def _start_gateway(self) -> None:
        self._gateway = await self._spawn("gateway", "gateway", "--port", str(self.gateway_port))

    async def _stop_gateway(self) -> None:
        if self._gateway is not None:
            await self._gateway.stop()
            self._gateway = None

    async def _start_supervisor(self) -> Child:
        path = self.directory / "supervisor" / "supervisord.conf"
        programs = [Program(each.home, each.port, self.gateway_url) for each in self.instances]
        path.write_text(configuration(self.directory, self.supervisor, programs), encoding="utf-8")
        path.chmod(0o600)
        child = await self._spawn("supervisord", "supervisord", str(path))
        self._stack.push_async_callback(child.stop, 8.0)
        return child

    async def _start_metrics(self) -> None:
        targets = [each.target for each in self.instances]
        server = real_prometheus(targets, self.directory) if self._real else own_store(targets)
        self.metrics_url = await self._stack.enter_async_context(server)
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._metrics = MetricsClient(session, self.metrics_url)
        rules = [high_error_rate(each.environment) for each in self.instances]
        self._watch = Watch(self._metrics, rules, self.webhook_url)
        watching = asyncio.create_task(self._watch.run())
        self._stack.push_async_callback(_cancelled, watching)

    async def _start_customers(self, instance: Instance) -> None:
        name = instance.home.name
        control = str(instance.demand_path)
        words = ("--name", name, "--url", instance.url, "--control", control)
        child = await self._spawn(f"load-{name}", "load", *words)
        self._stack.push_async_callback(child.stop)

    async def deploy(self, version: str, instance: Instance | None = None) -> None:
        """Deploys a version for real: link, log, restart."""
        home = (instance or self.production).home
        await deploys.deploy(home, version, self.supervisor, self.deploy_log)

    async def cause(self, fault: Fault | str) -> None:
        """Makes something go wrong, in production where nothing else is said."""
        match Fault(fault):
            case Fault.LEAK:
                await self.deploy("42")
            case Fault.UNFIXABLE:
                await self._stop_gateway()
            case Fault.HEALTHY:
                _rush(self.production)
            case Fault.OOM:
                await self._run_out_of_memory()
            case Fault.STAGING:
                await self._break_staging()
            case Fault.BY_HAND:
                self.configure(pool_size=BY_HAND_POOL_SIZE)

    async def _run_out_of_memory(self) -> None:
        """More orders than version 43 has memory for; it goes live with a limit where it is not yet."""
        if self.production.home.version() == "43":
            _write_demand(self.production, self.production.demand)
            return
        self.configure(pool_size=POOL_SIZE, memory_limit_mb=MEMORY_LIMIT_MB)
        await self.deploy("43")

    async def _break_staging(self) -> None:
        """The leaking version, with a pool so small that it fills within half a minute."""
        if self.staging is not None:
            write_json(self.staging.home.config, {"pool_size": STAGING_POOL_SIZE})
            await self.deploy("42", self.staging)

    async def reset(self) -> None:
        """Puts right whatever was caused: provider up, first settings, version 41 running afresh."""
        if self._gateway is None or not self._gateway.alive:
            await self._start_gateway()
            await until_listening(self.gateway_port)
        self.configure(pool_size=POOL_SIZE)
        _write_demand(self.production, self.production.demand)
        if self.production.home.version() != "41":
            await self.deploy("41")
        else:
            await self.supervisor.restart(self.production.home.name)
        await until_ready(f"{self.production.url}/healthz")
        if self.staging is not None and self.staging.home.version() != "41":
            write_json(self.staging.home.config, {"pool_size": POOL_SIZE})
            await self.deploy("41", self.staging)

    def configure(self, **settings: int) -> None:
        """Replaces the settings file of production; the running service follows by itself."""
        write_json(self.production.home.config, settings)

    async def snapshot(self, instance: Instance | None = None) -> Snapshot:
        """Live numbers of an instance, from the metrics."""
        asked = instance or self.production
        ask = asked.queries
        numbers = await asyncio.gather(
            *(
                self._number(query)
                for query in (
                    ask.traffic,
                    ask.error_rate,
                    ask.latency_p95,
                    ask.pool_in_use,
                    ask.pool_size,
                    ask.memory,
                )
            )
        )
        version = await self._version(ask.version)
        alerts = self._watch.alerts() if self._watch else ()
        mine = [a.state.value for a in alerts if ("environment", asked.environment) in a.labels]
        up = self._gateway is not None and self._gateway.alive
        return Snapshot(version, *numbers, alert=mine[0] if mine else "none", gateway_up=up)

    async def _version(self, query: str) -> str | None:
        try:
            found = await self._metrics.vector(query) if self._metrics else []
        except MetricsError:
            return None
        return found[0][0].get("version") if found else None

    async def _number(self, query: str) -> float | None:
        try:
            return await self._metrics.number(query) if self._metrics else None
        except MetricsError:
            return None


def _write_demand(instance: Instance, demand: Demand) -> None:
    content = {"rate": demand.rate, "declined": demand.declined, "rush": demand.rush}
    write_json(instance.demand_path, content)


def _rush(instance: Instance) -> None:
    _write_demand(instance, replace(instance.demand, rush=time.time_ns()))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _line(seconds: float, now: Snapshot) -> str:
    def show(value: float | None, form: str, scale: float = 1.0) -> str:
        return "-" if value is None else format(value * scale, form)

    return (
        f"{seconds:6.1f}s  v{now.version or '--'}  {show(now.traffic, '5.1f')} req/s  "
        f"errors {show(now.error_ratio, '5.1f', 100)}%  p95 {show(now.latency_p95, '.3f')} s  "
        f"pool {show(now.pool_in_use, '.0f')}/{show(now.pool_size, '.0f')}  "
        f"memory {show(now.memory, '.0f', 1 / 1_048_576)} MiB  alert {now.alert}  "
        f"payment provider {'up' if now.gateway_up else 'down'}"
    )


async def show(site: Site, fault: str | None, stop: asyncio.Event) -> None:
    """Prints where everything is, then a line of numbers each second, until told to stop."""
    print(f"service     {site.production.url}\nmetrics     {site.metrics_url}")
    print(f"supervisor  {site.supervisor.url}  {site.supervisor.username}:{site.supervisor.password}")
    print(f"log         {site.production.home.log}\nsettings    {site.production.home.config}")
    print(f"deploys     {site.deploy_log}\ncurrent     {site.production.home.current}", flush=True)
    began, due = time.monotonic(), 4.0
    told = 0
    while not stop.is_set():
        if fault is not None and time.monotonic() - began > due:
            print(f"--- causing {fault}", flush=True)
            await site.cause(fault)
            fault = None
        print(_line(time.monotonic() - began, await site.snapshot()), flush=True)
        for message in site.posted[told:]:
            told += 1
            print(f"--- alert posted: {message['attachments']}", flush=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await stop.wait()


async def run(args: argparse.Namespace) -> None:
    """Runs the site until Ctrl-C."""
    stop = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    async with Site(args.directory, args.webhook, args.prometheus, args.staging) as site:
        await show(site, args.fault, stop)


def main() -> None:
    """Runs the site for a person to look at: `python -m bot.playground.site --fault leak`."""
    parser = argparse.ArgumentParser(prog="python -m bot.playground.site")
    parser.add_argument("--directory", type=Path, default=Path(".greenlight/playground"))
    parser.add_argument("--fault", choices=[fault.value for fault in Fault])
    parser.add_argument("--webhook", help="post the alerts to this incoming webhook")
    parser.add_argument("--prometheus", action="store_true", help="use the real Prometheus")
    parser.add_argument("--staging", action="store_true", help="run a staging twin as well")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
