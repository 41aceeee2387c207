"""A worker process: think looks and plans, act changes; each has only the ports of its role."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from bot.adapters import queue
from bot.adapters.absent import NoHands, NoPeople, NoTeam
from bot.adapters.announcements import Announced
from bot.adapters.condenser import Condenser
from bot.adapters.eyes import SourceEyes
from bot.adapters.hands import ApprovedHands
from bot.adapters.memory import KIND, MemoryEyes
from bot.adapters.pager import HttpPager
from bot.adapters.proven import ProvenRecords
from bot.adapters.redis_client import require_durable
from bot.adapters.rosters import PolicyRosters
from bot.adapters.store import Store
from bot.adapters.web import http_client
from bot.domain.errors import UnknownIncidentError
from bot.domain.ids import IncidentId
from bot.flow.conductor import load, nudge, walk
from bot.flow.followup import answering
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole
from bot.settings import Settings, environment
from bot.wiring.memory import memory_of
from bot.wiring.parts import Parts, common_parts
from bot.wiring.seams import Seams
from bot.wiring.store import open_store
from bot.wiring.team import with_team
from bot.wiring.tell import Teller


async def serve_worker(settings: Settings, role: WorkerRole, seams: Seams | None = None) -> None:
    """Walk incidents until cancelled; raises ContentError, StoreUnavailableError, NotDurableError."""
    seams = seams or Seams()
    parts = common_parts(settings, role)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(settings))
        client = await stack.enter_async_context(http_client())
        if role is WorkerRole.ACT:
            await require_durable(store.link)
        heard = {"deploy_channel": Announced(store.seen)}
        eyes = SourceEyes(parts.clock, parts.redactor, client, Condenser, parts.content.catalogue, heard)
        ports = _ports(parts, store, eyes, role)
        if role is WorkerRole.THINK:
            ports = await stack.enter_async_context(with_team(ports, parts, store, eyes))
            ports = replace(ports, pager=HttpPager(client, environment(), parts.redactor))
        ports = seams.alter(ports)

        async def walked(incident: IncidentId) -> None:
            try:
                await walk(ports, incident, role, seams.table)
                if role is WorkerRole.THINK:
                    await answering(ports, incident)
            except UnknownIncidentError:
                return

        async def nudged(incident: IncidentId) -> None:
            await nudge(ports, await load(ports, incident), seams.table)

        await asyncio.gather(
            queue.run_worker(role, walked, store.url, pace=seams.pace),
            queue.reconcile(store.incidents.waiting, nudged, parts.clock.now, seams.pace),
            eyes.keep_looking(lambda: parts.content.inventory().services),
        )


def _ports(parts: Parts, store: Store, eyes: SourceEyes, role: WorkerRole) -> Ports:
    thinks = role is WorkerRole.THINK
    memory = memory_of(parts.settings, store.link)
    own = {KIND: {"memory.edit": memory.edit}}
    hands = ApprovedHands(ProvenRecords(store.incidents), parts.content, parts.clock, parts.redactor, own)
    return Ports(
        incidents=store.incidents,
        queue=store.queue,
        cards=store.cards,
        seen=store.seen,
        blobs=store.blobs,
        line=store.line,
        content=parts.content,
        people=NoPeople(),
        roster=PolicyRosters(parts.content, parts.clock),
        team=NoTeam(),
        eyes=MemoryEyes(eyes, memory, parts.clock),
        hands=NoHands() if thinks else hands,
        clock=parts.clock,
        told=Teller(parts.metrics),
        memory=memory,
    )
