"""A new service and a new action over HTTP, by YAML alone: alert, plan, click, one request, verified."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
from aiohttp import web

from bot.adapters.clock import SystemClock
from bot.adapters.hands import ApprovedHands
from bot.adapters.web import http_client
from bot.domain.events import Decided, OutcomeUnknown
from bot.domain.evidence import Observation
from bot.domain.finding import Option, ProposedStep, Remediation
from bot.domain.ids import ActionId, TargetId
from bot.domain.incident import Phase
from bot.domain.plan import Step, idempotency_key
from bot.domain.rehearsal import DryRun
from bot.domain.service import Service
from bot.ports.world import Probe
from tests.fakes.homes import TARGET, Room, written
from tests.fakes.house import House, house
from tests.fakes.world import FakeEyes

ACTION = """\
resize_pool:
  version: 1
  title: Resize the pool through its own service
  tier: low
  how: http.call
  parameters:
    size: {kind: integer, minimum: 1, maximum: 90, observed: size}
  observes: [size]
  preconditions: [size]
  undo: {kind: action, action: resize_pool, parameters: {size: size}, text: Set it back.}
  check: {metric: symptom, comparison: below, threshold: normal,
    settle_seconds: 1, every_seconds: 1, samples: 3, needed: 3}
  timeout_seconds: 3
  http:
    start: {method: PUT, path: "/pools/{target.pool}", body: {size: "{size}"}}
    probe: {path: "/changes/{key}", where: /key, state: /state, done: [done], failed: [failed]}
"""


@dataclass(slots=True)
class PoolService:
    """A small service of its own that keeps the size of a pool, and who changed it."""

    size: int = 20
    lost: bool = False
    url: str = ""
    puts: list[tuple[str, str, object]] = field(default_factory=list[tuple[str, str, object]])
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.method == "PUT":
            body = await request.json()
            self.puts.append((request.path, request.headers["Idempotency-Key"], body))
            self.size = body["size"]
            if self.lost:
                await self.closing.wait()
            return web.json_response({"ok": True})
        if request.path.startswith("/changes/"):
            key = request.path.rpartition("/")[2]
            known = any(key == one[1] for one in self.puts)
            return web.json_response({"key": key, "state": "done"}, status=200 if known else 404)
        return web.json_response({"pool": {"size": self.size}})


@asynccontextmanager
async def pool_service() -> AsyncGenerator[PoolService]:
    service = PoolService()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        service.closing.set()
        await runner.cleanup()


@dataclass(slots=True)
class RealTargets(FakeEyes):
    """Sees targets over the wire; logs, metrics and changes are as they were set."""

    room: Room | None = None
    client: httpx2.AsyncClient | None = None

    async def observe(self, service: Service, target: TargetId) -> Observation:
        assert self.room is not None
        seen = await self.room.eyes(self.client).observe(service, target)
        return replace(seen, at=self.clock.now())

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        assert self.room is not None
        return await self.room.eyes(self.client).dry_run(service, step)

    async def probe(self, service: Service, step: Step, key: str) -> Probe | None:
        assert self.room is not None
        return await self.room.eyes(self.client).probe(service, step, key)


def home_over(room: Room, client: httpx2.AsyncClient) -> House:
    """The house of twins, with real hands and real eyes for what the home's YAML names."""
    home = house()
    eyes = RealTargets(home.clock, home.eyes.facts, home.eyes.texts, room=room, client=client)
    eyes.set_samples("error_rate", "0.5")
    content = room.fixed()
    resize = ProposedStep(ActionId("resize_pool"), TARGET, (("size", 50),))
    home.team.remediations = deque([Remediation((Option("Resize", (resize,), "It is too small."),))])
    hands = ApprovedHands(home.store.incidents, content, SystemClock(), str)
    home.roster.policy = content.policy()
    home.ports = replace(home.ports, content=content, eyes=eyes, hands=hands)
    home.eyes = eyes
    return home


def room_of(folder: Path, service: PoolService) -> Room:
    look = '"/pools/main#/pool/size"'
    target = {"executor": "http", "url": service.url, "name.pool": "main", "look.size": look}
    return Room(written(folder, target, ("resize_pool",), ACTION))


async def test_an_action_of_yaml_alone_goes_the_whole_road(tmp_path: Path) -> None:
    async with pool_service() as service, http_client() as client:
        home = home_over(room_of(tmp_path, service), client)
        incident = await home.fires()
        await home.work()
        state = await home.plan(incident)
        step = state.plan.steps[0]
        assert step.changes == (("size", "20", "50"),)
        assert step.dry_run == ("PUT /pools/main", '{"size": 50}')
        assert service.puts == []
        assert isinstance(await home.click(incident), Decided)
        home.eyes.set_samples("error_rate", "0.0")
        await home.pass_time(10)
        key = idempotency_key(state.digest, 0)
        assert service.puts == [("/pools/main", key, {"size": 50})]
        done = await home.incident(incident)
        assert done.phase is Phase.CLOSED


async def test_a_lost_answer_is_found_by_its_key_and_never_sent_again(tmp_path: Path) -> None:
    async with pool_service() as service, http_client() as client:
        home = home_over(room_of(tmp_path, service), client)
        incident = await home.fires()
        await home.work()
        service.lost = True
        assert isinstance(await home.click(incident), Decided)
        home.eyes.set_samples("error_rate", "0.0")
        await home.work()
        events = [entry.event for entry in home.store.shelf.entries[incident]]
        assert any(isinstance(event, OutcomeUnknown) for event in events)
        assert (await home.incident(incident)).phase is Phase.UNKNOWN
        await home.pass_time(20)
        assert (await home.incident(incident)).phase is Phase.CLOSED
        assert len(service.puts) == 1


async def test_a_world_that_changed_after_the_approval_gets_no_request(tmp_path: Path) -> None:
    async with pool_service() as service, http_client() as client:
        home = home_over(room_of(tmp_path, service), client)
        incident = await home.fires()
        await home.work()
        service.size = 30
        assert isinstance(await home.click(incident), Decided)
        await home.work()
        state = (await home.incident(incident)).plans[0]
        assert state.steps[0].code == "DRIFT"
        assert service.puts == []
