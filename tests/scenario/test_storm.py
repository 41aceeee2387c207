"""A storm over the wire: 500 messages of 40 alerts in ten seconds, Slack's rate limits in force."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

import pytest
import pytest_asyncio
import yaml

from bot.domain.ids import At, IncidentId
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.model import Message
from tests.chaos.entry import PACED
from tests.chaos.home import COLLEAGUE
from tests.chaos.stage import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

SERVICES = tuple(f"shop{number}" for number in range(8))
ALERTS = tuple((service, f"{service}Symptom{number}") for service in SERVICES for number in range(5))
MESSAGES = 500
SECONDS = 10.0
AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured during the storm: acknowledgements in seconds, slots in use."""

    acks: tuple[float, ...]
    slots: tuple[int, ...]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Stage]:
    home, paced = tmp_path_factory.mktemp("home"), {PACED: "1"}
    async with staged(home, programs=SERVICES, variables=paced) as one:
        rules = {"grouping": {"window_minutes": 30}, "investigations": {"at_once": AT_ONCE}}
        (one.home / "runbooks" / "alerts.yaml").write_text(yaml.safe_dump(rules))
        one.workspace.change_options(rate_limits=True)
        yield one


async def test_a_storm_becomes_one_incident_per_service_and_no_limit_is_broken(stage: Stage) -> None:
    first = await stage.fires()
    button = await stage.button(first, "decide_approve")
    stage.target.slow_seconds = 1.0
    storm = asyncio.create_task(_storm(stage))
    seen = await _watched(stage, storm, button)
    await storm
    incidents = await _settled(stage)
    grouped = [one for one in incidents if one.service != "checkout"]
    assert sorted(str(one.service) for one in grouped) == sorted(SERVICES)
    for one in grouped:
        titles = {one.alert.title, *(joined.alert.title for joined in one.joined)}
        assert titles == {name for service, name in ALERTS if service == one.service}
    repeats = [await stage.store.incidents.duplicates(one.id) for one in grouped]
    assert sum(repeats) + sum(1 + len(one.joined) for one in grouped) == MESSAGES
    assert max(seen.slots) == AT_ONCE
    calls = stage.workspace.calls("chat.update")
    times = [call.at for call in calls]
    most = max((sum(t <= u < t + 60 for u in times) for t in times), default=0)
    assert stage.workspace.limited() == {}, f"{len(times)} edits, at most {most} in a minute"
    ranked = sorted(seen.acks)
    p99 = ranked[int(len(ranked) * 0.99) - 1]
    print(
        f"\nstorm: {len(ranked)} clicks, acknowledged p50 {ranked[len(ranked) // 2] * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms; investigations at once: {max(seen.slots)}"
    )


async def _storm(stage: Stage) -> None:
    began = time.monotonic()
    posts: list[asyncio.Task[Message]] = []
    for number, (service, name) in enumerate(islice(cycle(ALERTS), MESSAGES)):
        await asyncio.sleep(max(0.0, began + number * SECONDS / MESSAGES - time.monotonic()))
        posts.append(asyncio.create_task(stage.fires(service, name)))
    await asyncio.gather(*posts)


async def _watched(stage: Stage, storm: "asyncio.Task[None]", button: Message) -> Seen:
    """Somebody who may not approve keeps clicking, and the slots of the line are counted."""
    acks: list[float] = []
    slots: list[int] = []
    link = stage.store.link
    while not storm.done():
        began = time.monotonic()
        assert (await stage.workspace.as_user(COLLEAGUE).click(button, "decide_approve")).acked
        acks.append(time.monotonic() - began)
        slots.append(int(await link.call("ZCARD", link.key("line", "slots"))))
        if stage.workspace.views(COLLEAGUE):
            await stage.workspace.as_user(COLLEAGUE).close(everything=True)
        # a refusal opens a dialog, and Slack takes a hundred of them a minute
        await asyncio.sleep(0.13)
    return Seen(tuple(acks), tuple(slots))


async def _settled(stage: Stage) -> Sequence[Incident]:
    """Every incident once each has been investigated."""
    deadline = time.monotonic() + 60
    while True:
        names: tuple[IncidentId, ...] = await stage.store.incidents.opened()
        found = [await stage.load(name) for name in names]
        waiting = await stage.store.seen.unfinished(At(2**60), MESSAGES)
        if not waiting and all(one.phase is not Phase.DETECTED for one in found):
            return found
        assert time.monotonic() < deadline, [(one.service, one.phase) for one in found]
        await asyncio.sleep(0.1)
