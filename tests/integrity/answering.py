"""It answers: clicks over a real socket to real processes, with the store up and with the store hung."""

import os
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from bot.domain.events import Decided
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.model import Message
from tests.chaos.home import COLLEAGUE, LEAD, ONCALL, SECOND
from tests.chaos.mortal import STORE, pid_of
from tests.chaos.stage import Stage, said, staged

CLICKERS = (ONCALL, SECOND, LEAD, COLLEAGUE)
TOLD_SECONDS = 40.0
"""A hung store is given up after three tries of five seconds each."""


@dataclass(slots=True)
class Answered:
    """Milliseconds until the acknowledgement and until the card shows it; and what was not answered."""

    up: list[float] = field(default_factory=list[float])
    hung: list[float] = field(default_factory=list[float])
    visible: list[float] = field(default_factory=list[float])
    wrong: list[str] = field(default_factory=list[str])


async def answered(home: Path, up: int, hung: int) -> Answered:
    """So many incidents clicked through, then so many clicks while the store's server stands still."""
    result = Answered()
    async with staged(home) as stage:
        for _ in range(up):
            await _clicked_through(stage, result)
        await _while_hung(stage, hung, result)
    return result


async def _clicked_through(stage: Stage, result: Answered) -> None:
    stage.breaks()
    alert = await stage.fires()
    card = await stage.button(alert, "decide_approve")
    began = time.perf_counter()
    await _click(stage, card, ONCALL, result.up, result.wrong)
    await stage.card(alert, "plan:1", "Plan (approved|running|done)")
    result.visible.append(1000 * (time.perf_counter() - began))
    await stage.reaches(alert, Phase.CLOSED)


async def _while_hung(stage: Stage, clicks: int, result: Answered) -> None:
    """Everybody is acknowledged and told; nothing is counted; afterwards the same button works."""
    stage.breaks()
    alert = await stage.fires()
    card = await stage.button(alert, "decide_approve")
    server = pid_of(stage.home, STORE)
    os.kill(server, signal.SIGSTOP)
    try:
        for number in range(clicks):
            await _click(stage, card, CLICKERS[number % len(CLICKERS)], result.hung, result.wrong)
        for person in CLICKERS[:clicks]:
            if not await _told(stage, person):
                result.wrong.append(f"{person} was not told that the store is away")
    finally:
        os.kill(server, signal.SIGCONT)
    decisions = _decisions(await stage.until(alert, lambda _: True))
    if decisions:
        result.wrong.append(f"{len(decisions)} clicks were counted after all")
    if not await stage.clicks(alert, ONCALL, "decide_approve"):
        result.wrong.append("the button was dead afterwards")
    await stage.reaches(alert, Phase.CLOSED)


async def _click(stage: Stage, card: Message, person: str, into: list[float], wrong: list[str]) -> None:
    began = time.perf_counter()
    ack = await stage.workspace.as_user(person).click_stale(card, "decide_approve")
    into.append(1000 * (time.perf_counter() - began))
    if not ack.acked:
        wrong.append(f"a click by {person} was not acknowledged")


async def _told(stage: Stage, person: str) -> bool:
    def found() -> bool:
        shown = [str(view.body) for view in stage.workspace.views(person)]
        shown += [said(one) for one in stage.workspace.ephemerals(person) if isinstance(one, Message)]
        shown += [one.text for one in stage.workspace.ephemerals(person)]
        return any(re.search("STORE_UNAVAILABLE|store does not answer", one) for one in shown)

    try:
        await stage.workspace.wait_until(found, seconds=TOLD_SECONDS)
    except (TimeoutError, AssertionError):
        return False
    return True


def _decisions(incident: Incident) -> list[Decided]:
    return [entry.event for entry in incident.entries if isinstance(entry.event, Decided)]


def high(values: list[float], percent: int) -> float:
    """That percentile, or the highest of few."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
