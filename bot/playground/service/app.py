"""The HTTP face of the service: POST /checkout, /healthz, /metrics."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.playground.service import instruments as metering
from bot.playground.service.config import BadConfigError, Config, read_config
from bot.playground.service.logs import fields
from bot.playground.service.memory import die_of_memory, memory_is_left
from bot.playground.service.pool import ConnectionPool, PoolTimeout
from bot.playground.service.shop import (
    BadOrderError,
    GatewayUnreachableError,
    HttpGateway,
    Order,
    Outcome,
    Shop,
    parse_order,
)

RELOAD_SECONDS = 0.25
Checkout = Callable[[Order, Shop], Awaitable[Outcome]]


@dataclass(slots=True)
class Service:
    """A running service and what it needs to answer."""

    version: str
    checkout: Checkout
    shop: Shop
    config_path: Path
    config: Config
    log: logging.Logger
    in_flight: int = 0
    ready: bool = False
    meters: metering.Instruments = field(init=False)

    def __post_init__(self) -> None:
        self.meters = metering.build(self.shop.pool, lambda: self.config, self.version)

    async def answer(self, request: web.Request) -> web.Response:
        """Answers POST /checkout, counting and logging the outcome."""
        started = time.monotonic()
        outcome = await self._outcome(await request.read())
        self.meters.requests.labels(status=str(outcome.status)).inc()
        self.meters.latency.observe(time.monotonic() - started)
        return web.json_response({"message": outcome.message}, status=outcome.status)

    async def _outcome(self, body: bytes) -> Outcome:
        if not self.ready:
            return self._refuse("warming up: connection pool is being opened")
        if self.in_flight >= self.config.max_in_flight:
            return self._refuse(f"shedding load: {self.in_flight} requests in flight", logging.WARNING)
        self.in_flight += 1
        try:
            return await self._attempt(body)
        finally:
            self.in_flight -= 1

    async def _attempt(self, body: bytes) -> Outcome:
        try:
            order = parse_order(body)
            outcome = await self.checkout(order, self.shop)
        except BadOrderError as error:
            return Outcome(400, str(error))
        except PoolTimeout as error:
            return self._refuse(f"PoolTimeout: {error}")
        except GatewayUnreachableError as error:
            self.log.error("%s", error, extra=fields(path="/checkout", status=502))  # noqa: TRY400
            return Outcome(502, "payment gateway unreachable")
        except MemoryError:
            die_of_memory(self.log, self.config.memory_limit_mb)
        self.log.info(
            "%s", outcome.message, extra=fields(path="/checkout", status=outcome.status, cents=order.cents)
        )
        return outcome

    def _refuse(self, why: str, level: int = logging.ERROR) -> Outcome:
        self.log.log(level, "%s", why, extra=fields(path="/checkout", status=503))
        return Outcome(503, why)

    async def healthz(self, _: web.Request) -> web.Response:
        """Says whether the process answers and is ready; a full pool does not show here, as so often."""
        return web.json_response(
            {"version": self.version, "ready": self.ready}, status=200 if self.ready else 503
        )

    async def metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self.meters.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def warm_up(self, pause: float) -> None:
        """Opens the whole pool, `pause` seconds for each connection, then starts to serve."""
        for _ in range(self.shop.pool.size):
            await self.shop.pool.fill()
            await asyncio.sleep(pause)
        self.ready = True
        self.log.info("service started", extra=fields(pool_size=self.shop.pool.size, version=self.version))

    async def watch(self) -> None:
        """Applies changes of the settings file (a broken one changes nothing) and watches the memory."""
        seen = self.config_path.stat().st_mtime_ns
        while True:
            await asyncio.sleep(RELOAD_SECONDS)
            if not memory_is_left():
                die_of_memory(self.log, self.config.memory_limit_mb)
            try:
                stamp = self.config_path.stat().st_mtime_ns
                if stamp != seen:
                    seen = stamp
                    self._apply(read_config(self.config_path))
            except (OSError, BadConfigError) as error:
                self.log.warning("settings not applied: %s", error, extra=fields())

    def _apply(self, fresh: Config) -> None:
        before, self.config = self.config, fresh
        self.shop.pool.timeout = fresh.acquire_timeout
        if fresh.pool_size != before.pool_size:
            self.shop.pool.resize(fresh.pool_size)
            self.log.info(
                "pool size changed from %s to %s",
                before.pool_size,
                fresh.pool_size,
                extra=fields(setting="pool_size", before=before.pool_size, after=fresh.pool_size),
            )


SERVICE = web.AppKey("service", Service)


@dataclass(frozen=True, slots=True)
class Start:
    """What a start needs to know; `pause` is the seconds that opening one connection takes."""

    version: str
    checkout: Checkout
    config_path: Path
    database: Path
    gateway_url: str
    log: logging.Logger
    pause: float


def build(start: Start) -> web.Application:
    """The web application of a service."""
    app = web.Application(client_max_size=16_384)

    async def lifetime(_: web.Application) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            config = read_config(start.config_path)
            pool = ConnectionPool(start.database, config.pool_size, config.acquire_timeout)
            shop = Shop(pool, HttpGateway(session, start.gateway_url))
            service = Service(start.version, start.checkout, shop, start.config_path, config, start.log)
            app[SERVICE] = service
            # A slow start answers, and refuses, while the pool opens; a quick one opens it before it listens.
            warming = asyncio.create_task(service.warm_up(start.pause))
            if start.pause == 0:
                await warming
            following = asyncio.create_task(service.watch())
            yield
            for task in (warming, following):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            pool.close()
            start.log.info("service stopped", extra=fields())

    app.cleanup_ctx.append(lifetime)
    app.router.add_post("/checkout", lambda request: request.app[SERVICE].answer(request))
    app.router.add_get("/healthz", lambda request: request.app[SERVICE].healthz(request))
    app.router.add_get("/metrics", lambda request: request.app[SERVICE].metrics(request))
    return app
