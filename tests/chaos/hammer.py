"""Many plans of three steps, many clickers, and processes killed and stopped at random; then the count."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.errors import StoreUnavailableError
from bot.domain.events import Decided, OutcomeUnknown, StepStarted
from bot.domain.incident import Incident, Phase, PlanState, StepStatus
from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.model import Message
from tests.chaos.home import LEAD, ONCALL, SECOND
from tests.chaos.mortal import STORE, pid_of
from tests.chaos.stage import Stage, offers, staged
from tests.chaos.standing import told

CREW = ("bot1", "bot2", "think1", "think2", "act1", "act2", "act3")
CLICKERS = (ONCALL, SECOND, LEAD)
ENDED = frozenset(
    {Phase.CLOSED, Phase.STOPPED, Phase.UNKNOWN, Phase.ESCALATED, Phase.EXPIRED, Phase.INCONCLUSIVE}
)
"""Where an approved plan has been executed, was refused with a code, or all is in a human's hands."""
SEED = 20261122
STILL_SECONDS = 60
"""Where nothing at all is recorded for so long, what has found no end will find none."""
LONGEST = 4
"""How many times as long as the blows a slow machine may take for the rest."""
MANY_STANDING = 5


@dataclass(frozen=True, slots=True)
class Load:
    """How much, how long, and how often something is killed."""

    plans: int
    clickers: int
    seconds: float
    blow_seconds: float
    mutant: bool = False


@dataclass(slots=True)
class Count:
    """What one hammer came to."""

    plans: int = 0
    clickers: int = 0
    clicks: int = 0
    counted: int = 0
    twice_decided: int = 0
    starts: int = 0
    effects: int = 0
    doubles: int = 0
    ghosts: int = 0
    lost: int = 0
    unknown: int = 0
    unshown: int = 0
    broken_chains: int = 0
    seconds: float = 0.0
    blows: Counter[str] = field(default_factory=Counter[str])
    ends: Counter[str] = field(default_factory=Counter[str])
    standing: str = ""
    """What is known of the plans that found no end."""

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        bad = (self.doubles, self.ghosts, self.lost, self.twice_decided, self.unshown, self.broken_chains)
        return not any(bad)


async def hammer(home: Path, load: Load) -> Count:
    """Run it and count."""
    names = tuple(f"svc{number:04d}" for number in range(load.plans))
    variables = {"CHAOS_HAMMER": "1"} | ({"CHAOS_MUTANT": "1"} if load.mutant else {})
    count, began = Count(plans=load.plans, clickers=load.clickers), time.monotonic()
    dice = random.Random(SEED)
    alerts: list[Message] = []
    async with staged(home, CREW, names, variables) as stage, _clicking(stage, alerts, load, count):
        firing = asyncio.create_task(_fire(stage, names, alerts, load.seconds / 3))
        async with _beating(stage, load, count, dice):
            await _quiet(stage, load.plans, time.monotonic() + load.seconds)
        # No more blows; people go on clicking until every plan has found its end, or all stand still.
        await firing
        await _drained(stage, load, time.monotonic() + STILL_SECONDS + LONGEST * load.seconds)
        await _counted(stage, alerts, count)
    count.seconds = time.monotonic() - began
    return count


async def _fire(stage: Stage, names: tuple[str, ...], alerts: list[Message], seconds: float) -> None:
    for name in names:
        alerts.append(await stage.fires(name, f"Hang{name}"))
        await asyncio.sleep(seconds / len(names))


@asynccontextmanager
async def _beating(stage: Stage, load: Load, count: Count, dice: random.Random) -> AsyncGenerator[None]:
    beating = asyncio.create_task(_beat(stage, load, count, dice))
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        for name in CREW:
            stage.crew.signal(name, signal.SIGCONT)


async def _beat(stage: Stage, load: Load, count: Count, dice: random.Random) -> None:
    """Mostly the processes that act, since theirs is the dangerous moment; at times all others."""
    while True:
        await asyncio.sleep(dice.uniform(0.3, 1.7) * load.blow_seconds)
        victim = dice.choice((*CREW[4:], *CREW[4:], *CREW, STORE))
        if victim == STORE:
            count.blows["kill store"] += stage.crew.kill_pid(pid_of(stage.home, STORE))
        elif dice.random() < 0.2:
            count.blows[f"stop {victim.rstrip('123')}"] += stage.crew.signal(victim, signal.SIGSTOP)
            await asyncio.sleep(dice.uniform(3.0, 5.0))
            stage.crew.signal(victim, signal.SIGCONT)
        else:
            count.blows[f"kill {victim.rstrip('123')}"] += stage.crew.signal(victim, signal.SIGKILL)


@asynccontextmanager
async def _clicking(stage: Stage, alerts: list[Message], load: Load, count: Count) -> AsyncGenerator[None]:
    clickers = [
        asyncio.create_task(_click(stage, alerts, random.Random(SEED + number), count))
        for number in range(load.clickers)
    ]
    try:
        yield
    finally:
        for clicker in clickers:
            clicker.cancel()
        ends = await asyncio.gather(*clickers, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end


async def _click(stage: Stage, alerts: list[Message], dice: random.Random, count: Count) -> None:
    """Click whatever shows Approve, in the order of chance, also where somebody else just did."""
    while True:
        # many people are no quicker together than the machine that plays all of them
        await asyncio.sleep(dice.uniform(0.05, 0.4) * max(1, count.clickers / 25))
        if not alerts:
            continue
        card = next((c for c in stage.thread(dice.choice(alerts)) if offers(c, "decide_approve")), None)
        if card is None:
            continue
        person = stage.workspace.as_user(dice.choice(CLICKERS))
        count.clicks += 1
        try:
            await person.click(card, "decide_approve")
            if person.view is not None:
                await person.close(everything=True)
        except RefusedError:
            continue


async def _quiet(stage: Stage, plans: int, deadline: float) -> None:
    """Wait until every plan has ended, or the time is over; the index answers, as replaying is slow."""
    while time.monotonic() < deadline:
        with suppress(StoreUnavailableError):
            if await _all_ended(stage, plans):
                return
        await asyncio.sleep(0.5)


async def _drained(stage: Stage, load: Load, deadline: float) -> None:
    """Wait as long as anything goes on: a slow machine loses nothing, a plan that stands still is lost."""
    before, since = -1, time.monotonic()
    while time.monotonic() < min(deadline, since + STILL_SECONDS):
        with suppress(StoreUnavailableError):
            if await _all_ended(stage, load.plans):
                return
            now = await _recorded(stage)
            if now != before:
                before, since = now, time.monotonic()
        await asyncio.sleep(1.0)


async def _all_ended(stage: Stage, plans: int) -> bool:
    return sum([len(await stage.store.incidents.by_phase(phase)) for phase in ENDED]) >= plans


async def _recorded(stage: Stage) -> int:
    """How many entries all records have together."""
    link, total = stage.store.link, 0
    for key in await link.call("KEYS", f"{link.key('entries', '')}*"):
        total += await link.call("LLEN", key)
    return total


async def _counted(stage: Stage, alerts: list[Message], count: Count) -> None:
    # People click and workers act while this counts: what has happened by now began before it is read below.
    effects, starts = Counter(stage.target.effects), Counter[str]()
    standing: list[Incident] = []
    for alert in alerts:
        incident = await _found(stage, alert)
        if incident is None:
            count.lost += 1
            continue
        _count_one(incident, count, starts)
        if incident.phase not in ENDED:
            standing.append(incident)
        count.unshown += incident.phase is Phase.UNKNOWN and not await _asks(stage, alert)
        count.broken_chains += bool(await stage.store.incidents.verify(incident.id))
    count.starts = sum(starts.values())
    count.effects = sum(effects.values())
    count.doubles = sum(many - 1 for many in stage.target.effects.values() if many > 1)
    count.ghosts = sum(program not in starts for program in effects)
    if standing:
        count.standing = await told(stage, tuple(standing[:MANY_STANDING]))


async def _found(stage: Stage, alert: Message) -> Incident | None:
    for _ in range(100):
        try:
            return await stage.incident(alert)
        except StoreUnavailableError:
            await asyncio.sleep(0.1)
    return None


def _count_one(incident: Incident, count: Count, starts: Counter[str]) -> None:
    kinds = [entry.event for entry in incident.entries]
    decided = sum(isinstance(event, Decided) for event in kinds)
    count.counted += decided
    count.twice_decided += max(0, decided - len(incident.plans))
    count.unknown += sum(isinstance(event, OutcomeUnknown) for event in kinds)
    count.lost += sum(state.approved and not _found_its_end(state) for state in incident.plans)
    count.ends[_end(incident) if decided else f"{incident.phase}, nobody decided"] += 1
    for event in kinds:
        if isinstance(event, StepStarted):
            starts[event.target.replace("/", "-")] += 1
    state = incident.current
    if incident.phase is Phase.CLOSED and state is not None:
        count.lost += any(step.status is not StepStatus.DONE for step in state.steps)


def _found_its_end(state: PlanState) -> bool:
    """Whether an approved plan was carried out, was refused with a reason, or is in a human's hands."""
    return bool(state.executed_at or state.stopped or state.ended or state.in_doubt is not None)


def _end(incident: Incident) -> str:
    """Where an approved plan ended; one that was stopped with its code."""
    state = incident.current
    code = state.stopped[0] if state is not None and state.stopped is not None else ""
    return f"{incident.phase} ({code})" if code and incident.phase is Phase.STOPPED else str(incident.phase)


async def _asks(stage: Stage, alert: Message) -> bool:
    """Whether the thread shows the buttons that ask what happened."""
    try:
        await stage.button(alert, "record_applied", seconds=30)
    except TimeoutError:
        return False
    return True
