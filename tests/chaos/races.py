"""Two people click at once: from two processes many times on the gate, and a few times over the full wire."""

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from bot.domain.alert import Place
from bot.domain.decision import Click
from bot.domain.events import Decided
from bot.domain.incident import Incident, Phase
from bot.flow.conductor import load, walk
from bot.flow.table import table
from bot.ports.cards import MessageRef, SentCard
from bot.ports.records import WorkerRole
from tests.chaos.crew import ROOT
from tests.chaos.home import ONCALL, SECOND
from tests.chaos.racer import BOTH, Race, keep, racing_house
from tests.chaos.stage import Stage, staged
from tests.fakes.content import WORKSPACE
from tests.fakes.house import CHANNEL, House, alert


@dataclass(frozen=True, slots=True)
class Races:
    """How many races there were, how many had not exactly one winner, and how many losers were not told."""

    number: int
    wrong: int
    untold: int

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not self.wrong and not self.untold


async def gate_races(data: Path, number: int) -> Races:
    """Two processes judge a click each on the same plan, over one real store."""
    async with racing_house(data) as (home, _):
        races = [await _prepared(home, index) for index in range(number)]
        assert len({each.incident for each in races}) == number
        await asyncio.to_thread(keep, data, races)
        told = await asyncio.gather(*(_racer(data, person) for person in BOTH))
        wrong = untold = 0
        for index, each in enumerate(races):
            winners = [BOTH[side] for side in (0, 1) if told[side][index]["won"]]
            incident = await load(home.ports, each.incident)
            wrong += len(winners) != 1 or [one.person for one in _decisions(incident)] != winners
            said = [told[side][index]["told"] for side in (0, 1) if not told[side][index]["won"]]
            untold += said != [f"DECIDED {winner}" for winner in winners]
        return Races(number, wrong, untold)


async def wire_races(home: Path, number: int) -> Races:
    """Two people click the same card at once; two bot processes, one connection each."""
    async with staged(home, ("bot1", "bot2", "think", "act")) as stage:
        results = [await _on_the_wire(stage) for _ in range(number)]
    return Races(number, sum(not one for one, _ in results), sum(not told for _, told in results))


async def _on_the_wire(stage: Stage) -> tuple[bool, bool]:
    stage.breaks()
    message = await stage.fires()
    card = await stage.button(message, "decide_approve")
    actors = [stage.workspace.as_user(person) for person in (ONCALL, SECOND)]
    await asyncio.gather(*(actor.click(card, "decide_approve") for actor in actors))
    found = await stage.reaches(message, Phase.CLOSED)
    decided = _decisions(found)
    loser = SECOND if decided[0].person == ONCALL else ONCALL
    views = await stage.workspace.wait_until(lambda: stage.workspace.views(loser))
    told = f"<@{decided[0].person}>" in json.dumps(views[-1].body)
    await stage.workspace.as_user(loser).close(everything=True)
    return len(decided) == 1 and stage.target.pool > 0 and not stage.doubled(message), told


def _decisions(incident: Incident) -> list[Decided]:
    return [entry.event for entry in incident.entries if isinstance(entry.event, Decided)]


async def _prepared(home: House, index: int) -> Race:
    place = Place(WORKSPACE, CHANNEL, f"1790000000.{index:06d}")
    incident = await home.fires(alert(f"fp-{index}"), place)
    await walk(home.ports, incident, WorkerRole.THINK, table)
    state = (await load(home.ports, incident)).current
    assert state is not None
    ref = MessageRef(CHANNEL, f"1790000001.{index:06d}")
    await home.ports.cards.record(incident, f"plan:{state.plan.revision}", SentCard(ref, "shown"))
    click = Click(True, state.plan.id, state.plan.revision, state.digest[:12], ref.channel, ref.ts)
    return Race(incident, click)


async def _racer(data: Path, person: str) -> list[dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chaos.racer",
        str(data),
        person,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    return [json.loads(line) for line in out.decode().splitlines()]
