"""A click: gather what the gate needs, judge, append; refusals are told and recorded, never silent."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.domain.decision import UNREADABLE, UNSURE, Click, Code, Refused, RosterAnswer, World
from bot.domain.decision import decide as judge_click
from bot.domain.errors import (
    ClaimRefusedError,
    ConflictError,
    IllegalEventError,
    StoreUnavailableError,
    UnknownIncidentError,
)
from bot.domain.events import Decided, Event
from bot.domain.ids import IncidentId, PersonId, RosterName
from bot.domain.incident import Incident, PlanState
from bot.domain.limits import approval_claims, limit_words
from bot.domain.pausing import in_force
from bot.domain.policy import Role
from bot.domain.service import Service
from bot.flow.conductor import Table, decide, load, nudge
from bot.ports.cards import MessageRef
from bot.ports.ports import Ports
from bot.ports.records import Refusal

ROSTER_SECONDS = 2
NO_PLAN = "-"
"""In the record of refusals, what stands for a click that names no plan that could be read."""


@dataclass(slots=True)
class _Verdict:
    """What the last judgement said, read after the append that it went into."""

    said: Decided | Refused


async def judge(ports: Ports, table: Table, click: Click | Refused, person: PersonId) -> Decided | Refused:
    """Judge a click and append the decision; a refusal comes back with its code and is recorded.

    One that the door could make nothing of is refused already, and is recorded all the same.
    """
    if isinstance(click, Refused):
        await _record(ports, None, NO_PLAN, person, click)
        return click
    try:
        incident = await ports.incidents.by_plan(click.plan)
        said = await _judged(ports, table, incident, click, person)
        if isinstance(said, Refused) and said.code is not Code.STORE_UNAVAILABLE:
            await _record(ports, incident, f"{click.plan}:{click.revision}", person, said)
    except (StoreUnavailableError, ConflictError):
        return Refused(Code.STORE_UNAVAILABLE)
    return said


async def _judged(
    ports: Ports, table: Table, incident: IncidentId | None, click: Click, person: PersonId
) -> Decided | Refused:
    if incident is None:
        return await _unknown(ports, click)
    try:
        world = await _world(ports, await load(ports, incident), click, person)
    except UnknownIncidentError:
        return Refused(Code.UNKNOWN_PLAN)
    verdict = _Verdict(Refused(Code.STORE_UNAVAILABLE))

    token = ports.clock.new_id("click")

    def judgement(found: Incident) -> tuple[Event, ...]:
        # after a lost race or a slow store the clock has gone on: what was fresh, open or unfrozen may not be
        verdict.said = judge_click(found, click, replace(world, now=ports.clock.now()))
        return (replace(verdict.said, click=token),) if isinstance(verdict.said, Decided) else ()

    try:
        after = await decide(ports, incident, judgement)
    except IllegalEventError:
        return Refused(Code.DECIDED)
    except ClaimRefusedError as full:
        return Refused(Code.RATE_LIMIT, detail=limit_words(full))
    except StoreUnavailableError:
        if isinstance(verdict.said, Refused):
            raise
        return await _found(ports, incident, token)
    if isinstance(verdict.said, Decided):
        # it is on record: where the queue is away, the reconciler finds what is due
        with suppress(StoreUnavailableError):
            await nudge(ports, after, table)
    return verdict.said


async def _found(ports: Ports, incident: IncidentId, token: str) -> Decided | Refused:
    """What became of a decision whose append had no answer; the store may have taken it all the same."""
    with suppress(StoreUnavailableError):
        written = _written(await load(ports, incident), token)
        if written is not None:
            return written
    return Refused(Code.STORE_UNAVAILABLE, detail=UNSURE)


def _written(incident: Incident, token: str) -> Decided | None:
    events = (entry.event for entry in reversed(incident.entries))
    return next((event for event in events if isinstance(event, Decided) and event.click == token), None)


async def standing(ports: Ports, incident: Incident, person: PersonId) -> Refused | None:
    """Why this person's approval of the current plan would not count now; nothing where it would.

    It is the gate's own judgement of a click that nobody made; nothing is recorded.
    """
    state = incident.current
    if state is None or not state.open:
        return Refused(Code.UNKNOWN_PLAN)
    posted = (await ports.cards.sent(incident.id)).get(f"plan:{state.plan.revision}")
    ref = posted.ref if posted and posted.ref else MessageRef("", "")
    plan = state.plan
    click = Click(True, plan.id, plan.revision, state.digest[:12], ref.channel, ref.ts)
    said = judge_click(incident, click, await _world(ports, incident, click, person))
    if isinstance(said, Refused):
        return said
    claims = approval_claims(incident, ports.content.policy().limits)
    full = await ports.incidents.refusing(incident.id, claims)
    return None if full is None else Refused(Code.RATE_LIMIT, limit_words(full))


async def _unknown(ports: Ports, click: Click) -> Refused:
    """A plan that nobody knows: on a card of ours the plan is wrong, elsewhere the message is."""
    ours = await ports.cards.find(MessageRef(click.channel, click.message))
    return Refused(Code.UNKNOWN_PLAN if ours else Code.WRONG_MESSAGE)


async def _world(ports: Ports, incident: Incident, click: Click, person: PersonId) -> World:
    """Everything slow, read before the append loop: person, rosters, channel, pause, the stored message."""
    service = ports.content.inventory().service(incident.service)
    who, rosters, shared, paused, message = await asyncio.gather(
        ports.people.person(person),
        read_rosters(ports, service),
        ports.people.shared(incident.place.channel),
        _paused(ports, _named(incident, click)),
        _message(ports, incident, click),
    )
    return World(
        policy=ports.content.policy(),
        catalogue_sha256=ports.content.catalogue().sha256,
        person=who,
        rosters=rosters,
        message=message,
        paused=paused,
        shared_channel=shared,
        now=ports.clock.now(),
    )


def _named(incident: Incident, click: Click) -> PlanState | None:
    return next((state for state in incident.plans if state.plan.id == click.plan), None)


async def read_rosters(ports: Ports, service: Service | None) -> tuple[RosterAnswer, ...]:
    """The rosters of the owning service, live, each with two seconds; an error is an answer that denies."""
    if service is None:
        return ()
    return tuple(await asyncio.gather(*(_read(ports, name, Role(role)) for role, name in service.rosters)))


async def _read(ports: Ports, name: RosterName, role: Role) -> RosterAnswer:
    try:
        async with asyncio.timeout(ROSTER_SECONDS):
            return await ports.roster.read(name, role)
    except TimeoutError:
        return RosterAnswer(role, name, "", (), ports.clock.now(), error="no answer within 2 s")


async def _paused(ports: Ports, state: PlanState | None) -> str | None:
    """The wider pause in force; what cannot be read counts as paused (rule 14)."""
    try:
        pauses = await ports.incidents.pauses()
    except StoreUnavailableError:
        return UNREADABLE
    hit = in_force(pauses, *((state.plan.environment,) if state else ()))
    return hit.scope if hit else None


async def _message(ports: Ports, incident: Incident, click: Click) -> tuple[str, str] | None:
    """The message of this plan's card as the store knows it, never as Slack tells it."""
    sent = (await ports.cards.sent(incident.id)).get(f"plan:{click.revision}")
    return (sent.ref.channel, sent.ref.ts) if sent and sent.ref else None


async def _record(
    ports: Ports, incident: IncidentId | None, plan: str, person: PersonId, refused: Refused
) -> None:
    # The person is told why it did not count, also where the store is lost by now.
    with suppress(StoreUnavailableError):
        await ports.incidents.refuse(Refusal(incident, plan, person, refused.code, ports.clock.now()))
