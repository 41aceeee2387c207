"""Why something stands still: what each task of a process waits for, what the store knows of an incident."""

import asyncio
import gc
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from bot.domain.due import due
from bot.domain.incident import Incident
from tests.chaos.stage import Stage, card_name

TELL = signal.SIGUSR1
TELLING_SECONDS = 2.0
LOG_LINES = 200


def tell_on_request() -> None:
    """From now on this process writes what its tasks wait for whenever it is asked to."""
    signal.signal(TELL, _tell)


def _tell(_number: int, _frame: FrameType | None) -> None:
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return
    for task in tasks:
        asks = f", cancelled {task.cancelling()} times" if task.cancelling() else ""
        print(f"task {task.get_name()}{asks}: {' < '.join(reversed(list(_where(task.get_coro()))))}")
    sys.stdout.flush()


def _where(waits: Any) -> Iterator[str]:
    """The places from the outermost coroutine to what it waits for."""
    while waits is not None:
        frame = _first(waits, "cr_frame", "ag_frame", "gi_frame")
        if frame is not None:
            yield f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno} {frame.f_code.co_name}"
            waits = _first(waits, "cr_await", "ag_await", "gi_yieldfrom")
        else:
            # what drives an asynchronous generator does not say which one
            waits = next((one for one in gc.get_referents(waits) if hasattr(one, "ag_frame")), None)


def _first(waits: Any, *names: str) -> Any:
    """The first of these attributes that is there and not empty."""
    return next((found for name in names if (found := getattr(waits, name, None))), None)


async def told(stage: Stage, incidents: tuple[Incident, ...]) -> str:
    """Everything about incidents that stand still, and what every process does now."""
    lines = [await _about(stage, incident) for incident in incidents]
    for name in stage.crew.running:
        stage.crew.signal(name, TELL)
    await asyncio.sleep(TELLING_SECONDS)
    for name in stage.crew.running:
        said = stage.crew.log(name).splitlines()[-LOG_LINES:]
        lines += [f"== {name}", *said]
    return "\n".join(lines)


async def _about(stage: Stage, incident: Incident) -> str:
    link, key = stage.store.link, stage.store.link.key
    lease = key("lease", incident.id)
    facts = {
        "lease": await link.call("GET", lease),
        "lease ends in ms": await link.call("PTTL", lease),
        "due in the store": await link.call("ZSCORE", key("due"), incident.id),
        "due by the record": due(incident),
        "now": incident.updated_at,
        "attempts": await link.call("HGETALL", key("attempts", incident.id)),
        "dirty": incident.id in await stage.store.cards.dirty(10_000),
        "cards": list(await stage.store.cards.sent(incident.id)),
    }
    place = incident.place
    shown = [card_name(one) for one in stage.workspace.thread(place.channel, place.thread)[1:]]
    events = [
        f"    {entry.number} {entry.at} {entry.fence} {entry.event!r}"[:400]
        for entry in incident.entries[-8:]
    ]
    return "\n".join([f"{incident.id} is {incident.phase}: {facts}; in the thread: {shown}", *events])
