"""A process is killed at a boundary of the road; the incident must end as it would have."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.domain.events import Answered, Asked, Closing, Decided, Entry, OutcomeUnknown, Probed, StepStarted
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.model import Message
from tests.chaos.home import COLLEAGUE, ONCALL
from tests.chaos.mortal import STORE, STRUCK, Boundary, pid_of
from tests.chaos.stage import LOOK_SECONDS, PATIENCE, Stage, offers

ROAD = (
    "IncidentOpened", "EvidenceGathered", "Diagnosed", "PlanProposed", "Decided", "ExecutionStarted",
    "StepStarted", "StepFinished", "ExecutionFinished", "SampleTaken", "Verified", "IncidentClosed",
)  # fmt: skip
BOT, THINK, ACT = "bot", "think", "act"
WRITERS = {
    "IncidentOpened": BOT, "EvidenceGathered": THINK, "Diagnosed": THINK, "PlanProposed": THINK, "Asked": BOT,
    "Decided": BOT, "ExecutionStarted": ACT, "StepStarted": ACT, "StepFinished": ACT,
    "ExecutionFinished": ACT, "SampleTaken": THINK, "Verified": THINK, "IncidentClosed": THINK,
    "begin incident": BOT, "record incident": BOT, "begin plan:1": BOT, "record plan:1": BOT,
    "begin report": BOT, "record report": BOT,
}  # fmt: skip
WHEN = ("before", "after")
IN_DOUBT = {("StepStarted", "after"), ("StepFinished", "before")}
ACTIONS = ("restart",)
"""Only the restart, since its effect is counted where it happens."""


class BrokenPromiseError(Exception):
    """The incident did not end as it would have."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one incident whose process was killed."""

    boundary: Boundary
    unknown: bool
    phase: str
    seconds: float


def of_writers() -> Iterator[Boundary]:
    """Every boundary, with the process that writes there as the victim."""
    return (Boundary(what, when, victim) for what, victim in WRITERS.items() for when in WHEN)


def of_all() -> Iterator[Boundary]:
    """Every boundary with every process as the victim, the store as well."""
    victims = (BOT, THINK, ACT, STORE)
    return (Boundary(what, when, victim) for what in WRITERS for when in WHEN for victim in victims)


async def survive(stage: Stage, boundary: Boundary) -> Told:
    """Play the road with a death at this boundary; raises BrokenPromiseError."""
    began = time.monotonic()
    stage.breaks()
    pid = pid_of(stage.home, boundary.victim)
    boundary.arm(stage.home)
    alert = await stage.fires()
    await _approved(stage, alert)
    found = await stage.until(alert, lambda one: one.phase in {Phase.CLOSED, Phase.UNKNOWN})
    unknown = found.phase is Phase.UNKNOWN
    if unknown:
        found = await _recorded(stage, alert)
    await stage.settled(alert)
    found = await stage.until(alert, lambda _: True)
    await _back(stage, boundary, pid)
    await _judge(stage, boundary, alert, found, unknown=unknown)
    return Told(boundary, unknown, str(found.phase), time.monotonic() - began)


async def _approved(stage: Stage, alert: Message) -> None:
    """A question by a colleague, then clicks by whoever is on call until the record has the decision."""
    await stage.button(alert, "decide_approve")
    asked = await stage.asks(alert, "why?", COLLEAGUE)
    deadline = time.monotonic() + PATIENCE
    while not _decided(await stage.incident(alert)):
        if time.monotonic() > deadline:
            raise BrokenPromiseError("no click was ever counted")
        await _click_once(stage, alert)
        await asyncio.sleep(0.2)
    await stage.workspace.wait_until(lambda: f"answer:{asked.ts}" in stage.cards(alert), seconds=PATIENCE)


def _decided(incident: Incident | None) -> bool:
    return incident is not None and any(isinstance(entry.event, Decided) for entry in incident.entries)


async def _click_once(stage: Stage, alert: Message) -> None:
    card = next((one for one in stage.thread(alert) if offers(one, "decide_approve")), None)
    if card is None:
        return
    await stage.connected()
    try:
        await stage.workspace.as_user(ONCALL).click(card, "decide_approve")
    except RefusedError:
        return


async def _recorded(stage: Stage, alert: Message) -> Incident:
    """The bot asks what happened; a person looks at the target and says it."""
    applied = stage.target.effects["checkout"] > 0
    action = "record_applied" if applied else "record_not_applied"
    await stage.asks(alert, "status", COLLEAGUE)
    await stage.button(alert, action)
    await stage.clicks(alert, ONCALL, action)
    await stage.workspace.wait_until(lambda: stage.workspace.views(ONCALL))
    await stage.workspace.as_user(ONCALL).submit(values={"note": "looked at the target"})
    return await stage.until(alert, lambda one: one.phase in {Phase.CLOSED, Phase.STOPPED})


async def _back(stage: Stage, boundary: Boundary, pid: int) -> None:
    """The blow was struck, and the victim lives again."""
    deadline = time.monotonic() + PATIENCE
    struck = stage.home / STRUCK
    while not await asyncio.to_thread(struck.exists) or not _reborn(stage, boundary, pid):
        if time.monotonic() > deadline:
            raise BrokenPromiseError(f"{boundary}: it was never struck or never came back")
        await asyncio.sleep(LOOK_SECONDS)
    await stage.connected()


def _reborn(stage: Stage, boundary: Boundary, pid: int) -> bool:
    try:
        return pid_of(stage.home, boundary.victim) != pid
    except (FileNotFoundError, ValueError):
        return False


async def _judge(
    stage: Stage, boundary: Boundary, alert: Message, incident: Incident, *, unknown: bool
) -> None:
    effects = stage.target.effects["checkout"]
    starts = [entry for entry in incident.entries if isinstance(entry.event, StepStarted)]
    doubt = (boundary.what, boundary.when) in IN_DOUBT and boundary.victim in {ACT, STORE}
    broken = {
        f"cards posted twice: {stage.doubled(alert)}": bool(stage.doubled(alert)),
        f"{effects} effects": effects > 1,
        f"{len(starts)} starts of one step": len(starts) != 1,
        "a step in doubt was not shown as unknown": doubt and boundary.victim == ACT and not unknown,
        "unknown without a step in doubt": unknown and not doubt,
        f"it ended as {incident.phase}": incident.phase is Phase.STOPPED and not (unknown and effects == 0),
        "closed otherwise than by measurement": not unknown and not _verified(incident, effects),
        f"another road: {_kinds(incident)}": not unknown and _kinds(incident) != ROAD,
        "the chain is broken": bool(await stage.store.incidents.verify(incident.id)),
    }
    found = [name for name, is_broken in broken.items() if is_broken]
    if found:
        raise BrokenPromiseError(f"{boundary}: {'; '.join(found)}")


def _verified(incident: Incident, effects: int) -> bool:
    return incident.closed is not None and incident.closed.closing is Closing.VERIFIED and effects == 1


def _kinds(incident: Incident) -> tuple[str, ...]:
    """The kinds of events without questions; what is repeated in a row stands once."""
    kinds = (type(entry.event).__name__ for entry in incident.entries if not _aside(entry))
    return tuple(kind for kind, _ in groupby(kinds))


def _aside(entry: Entry) -> bool:
    return isinstance(entry.event, Asked | Answered | Probed | OutcomeUnknown)
