"""The only writer: appends events, walks incidents through their verbs, and decides without a lease."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from bot.domain.apply import apply, replay
from bot.domain.claims import Claim, claims_of, index_of
from bot.domain.due import due
from bot.domain.errors import (
    ClaimRefusedError,
    ConflictError,
    FencedError,
    IllegalEventError,
    NotDurableError,
    UnknownIncidentError,
)
from bot.domain.events import (
    AlertFiredAgain,
    AlertResolved,
    Answered,
    Asked,
    Entry,
    Escalated,
    Event,
    EvidenceGathered,
    ExecutionStopped,
    OutcomeUnknown,
    PauseSet,
    Probed,
    SampleTaken,
    StepStarted,
    TeamWorked,
)
from bot.domain.ids import At, Fence, IncidentId
from bot.domain.incident import Incident, Phase
from bot.domain.paging import NOBODY
from bot.domain.teamwork import (
    AlertJoined,
    DraftEdited,
    DraftMade,
    DraftSent,
    FeedbackGiven,
    InvestigationStopped,
    Muted,
    OwnerSet,
    Paged,
    PageReason,
)
from bot.flow.ending_tasks import beside
from bot.ports.ports import Ports
from bot.ports.records import Lease, WorkerRole

TRIES = 20
LEASE_SECONDS = 8
"""How long an incident stands still at most after its worker was killed; renewed at a third."""
LEASE_WAIT_SECONDS = 2.0
LEASE_POLL_SECONDS = 0.02
MAX_ATTEMPTS = 3
MAX_STAGES = 50
WITHIN_A_STAGE = (
    EvidenceGathered,
    TeamWorked,
    SampleTaken,
    Probed,
    Asked,
    Answered,
    AlertResolved,
    AlertFiredAgain,
    PauseSet,
    AlertJoined,
    OwnerSet,
    Muted,
    FeedbackGiven,
    Paged,
    DraftMade,
    DraftEdited,
    DraftSent,
)
"""What does not end a stage: a stage that writes one of these and dies begins again."""

Events = tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """What a verb is given beside the incident."""

    ports: Ports
    fence: Fence


Verb = Callable[[Incident, Work], AsyncGenerator[Event, Incident]]


@dataclass(frozen=True, slots=True)
class Move:
    """The verb that moves an incident on, and the role of the process that may run it."""

    verb: Verb
    role: WorkerRole


Table = Callable[[Incident], Move | None]


async def load(ports: Ports, incident: IncidentId) -> Incident:
    """The incident as its events add up now; raises UnknownIncidentError, StoreUnavailableError."""
    found = replay((await ports.incidents.load(incident)).entries)
    if found is None:
        raise UnknownIncidentError
    return found


async def append(
    ports: Ports, before: Incident | None, incident: IncidentId, events: Events, fence: Fence | None = None
) -> tuple[Incident, bool]:
    """Append events to the incident as it was read; returns it afterwards and whether that is durable.

    Raises IllegalEventError, ConflictError, ClaimRefusedError, FencedError, StoreUnavailableError.
    """
    limits = ports.content.policy().limits
    after, entries, claims = before, list[Entry](), list[Claim]()
    moment = max(ports.clock.now(), before.updated_at if before else At(0))
    for event in events:
        claims.extend(claims_of(after, (event,), limits))
        entry = Entry(after.version + 1 if after else 1, moment, fence, event)
        after = apply(after, entry)
        entries.append(entry)
    if after is None:
        raise IllegalEventError("There is nothing to append.")
    version = before.version if before else 0
    done = await ports.incidents.append(incident, version, entries, claims, index_of(after), fence)
    for entry in entries:
        ports.told(incident, entry)
    return after, done.durable


Judge = Callable[[Incident], Events]


async def decide(ports: Ports, incident: IncidentId, judge: Judge) -> Incident:
    """Read, judge purely, append; again after a lost race, up to 20 times; no events append nothing."""
    for _ in range(TRIES):
        before = await load(ports, incident)
        events = judge(before)
        if not events:
            return before
        try:
            after, _ = await append(ports, before, incident, events)
        except ConflictError:
            continue
        return after
    raise ConflictError


async def nudge(ports: Ports, incident: Incident, table: Table) -> None:
    """Queue the incident's next stage where it has one that is due, and whoever answers its questions."""
    move = table(incident)
    when = due(incident)
    if move is not None and when is not None and when <= ports.clock.now():
        await ports.queue.add(move.role, incident.id, incident.version)
    if incident.unanswered:
        await ports.queue.add(WorkerRole.THINK, incident.id, incident.version)


async def walk(ports: Ports, incident_id: IncidentId, role: WorkerRole, table: Table) -> None:
    """Run the verbs that this role may run until the incident waits for somebody else."""
    async with leased(ports, incident_id, LEASE_WAIT_SECONDS) as lease:
        if lease is None:
            return
        for _ in range(MAX_STAGES):
            incident = await load(ports, incident_id)
            if not _is_ours(ports, incident, role, table):
                break
            if not await _one_stage(ports, incident, table, lease):
                if (await load(ports, incident_id)).version == incident.version:
                    # it stands in line: asking again at once would only spin
                    return
                break
    await nudge(ports, await load(ports, incident_id), table)


def _is_ours(ports: Ports, incident: Incident, role: WorkerRole, table: Table) -> bool:
    move, when = table(incident), due(incident)
    return move is not None and move.role is role and when is not None and when <= ports.clock.now()


async def _one_stage(ports: Ports, incident: Incident, table: Table, lease: Lease) -> bool:
    """Whether something was done and there may be more to do."""
    move = table(incident)
    assert move is not None
    began = stage_of(incident)
    if await ports.incidents.attempt(incident.id, began) > MAX_ATTEMPTS:
        return await _give_up(ports, incident, lease)
    after = await _run(move.verb, incident, Work(ports, lease.fence))
    await ports.incidents.attempt_ended(incident.id, began)
    return after is not None and after.version > incident.version


def stage_of(incident: Incident) -> int:
    """The version at which the stage that is due began; attempts count from there, whatever it wrote."""
    ended = (entry.number for entry in reversed(incident.entries) if _ends_a_stage(entry))
    return next(ended, 1)


def _ends_a_stage(entry: Entry) -> bool:
    return not isinstance(entry.event, WITHIN_A_STAGE)


async def _give_up(ports: Ports, incident: Incident, lease: Lease) -> bool:
    """A stage that killed its worker again and again is given to a human (remedy R5)."""
    reason = f"The stage after {incident.phase} was tried {MAX_ATTEMPTS} times without an end."
    try:
        await append(ports, incident, incident.id, (_surrender(incident, reason),), lease.fence)
    except (IllegalEventError, ConflictError, FencedError):
        return False
    return True


def _surrender(incident: Incident, reason: str) -> Event:
    state = incident.current
    if incident.phase is Phase.EXECUTING and state is not None and state.unfinished is not None:
        return OutcomeUnknown(state.digest, state.unfinished, reason)
    if incident.phase is Phase.UNKNOWN and state is not None and state.in_doubt is not None:
        # An escalation would leave nobody able to record the truth, and the target locked for ever.
        return Probed(state.digest, state.in_doubt, None, reason)
    if incident.phase is Phase.EXECUTING and state is not None:
        return ExecutionStopped(state.digest, "GIVEN_UP", reason)
    if incident.phase is Phase.ESCALATED:
        return Paged(NOBODY, PageReason.ESCALATED, ok=False, detail=reason)
    return Escalated(reason)


async def _run(verb: Verb, incident: Incident, work: Work) -> Incident | None:
    """Append each event before the verb goes on; nothing where the incident moved on under it."""
    async with aclosing(verb(incident, work)) as events:
        try:
            event = await anext(events)
            while True:
                try:
                    incident = await _keep(incident, event, work)
                except (ClaimRefusedError, NotDurableError) as refused:
                    if isinstance(refused, NotDurableError):
                        incident = await load(work.ports, incident.id)
                    event = await events.athrow(refused)
                else:
                    event = await events.asend(incident)
        except StopAsyncIteration:
            return incident
        except (IllegalEventError, FencedError):
            return None


async def _keep(incident: Incident, event: Event, work: Work) -> Incident:
    before = incident
    for _ in range(TRIES):
        try:
            after, durable = await append(work.ports, before, before.id, (event,), work.fence)
        except ConflictError:
            before = await load(work.ports, before.id)
            if _broken_off(before, incident.version):
                raise IllegalEventError("A person stopped this investigation.") from None
            continue
        if isinstance(event, StepStarted) and not durable:
            raise NotDurableError
        return after
    raise ConflictError


def _broken_off(incident: Incident, since: int) -> bool:
    """Whether a person stopped the investigation after this version: nothing that it found is added then."""
    return any(isinstance(entry.event, InvestigationStopped) for entry in incident.entries[since:])


@asynccontextmanager
async def leased(ports: Ports, incident: IncidentId, wait: float) -> AsyncGenerator[Lease | None]:
    """The lease, held and renewed as long as the block lasts; nothing where another has it for so long."""
    lease = await _take(ports, incident, wait)
    if lease is None:
        yield None
        return
    try:
        async with beside(_renew(ports, lease)):
            yield lease
    finally:
        await ports.incidents.release(lease)


async def _take(ports: Ports, incident: IncidentId, wait: float) -> Lease | None:
    """Wait a moment for the lease: whoever has it is usually about to hand over."""
    for _ in range(1 + int(wait / LEASE_POLL_SECONDS)):
        lease = await ports.incidents.lease(incident, LEASE_SECONDS)
        if lease is not None:
            return lease
        await asyncio.sleep(LEASE_POLL_SECONDS)
    return None


async def _renew(ports: Ports, lease: Lease) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        if not await ports.incidents.renew(lease, LEASE_SECONDS):
            return
