"""One of two processes that click on the same plans at the same moment: `python -m tests.chaos.racer …`."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bot.adapters.store import Store, StorePlan, opened
from bot.domain.decision import Click
from bot.domain.events import Decided
from bot.domain.ids import IncidentId, PersonId
from bot.flow.approval import judge
from bot.flow.table import table
from tests.fakes.content import LEAD, ONCALL
from tests.fakes.house import House, house

BOTH = (ONCALL, LEAD)


@dataclass(frozen=True, slots=True)
class Race:
    """A plan that waits, and the message of its card."""

    incident: IncidentId
    click: Click


@asynccontextmanager
async def racing_house(data: Path) -> AsyncGenerator[tuple[House, Store]]:
    """The house of twins over a real store; both racers are on call, and every alert is an incident."""
    home = house()
    home.content.fixed_alert_rules = replace(home.content.fixed_alert_rules, group_seconds=0)
    home.roster.members["checkout-oncall"] = BOTH
    async with opened(StorePlan(data)) as store:
        home.ports = replace(
            home.ports, incidents=store.incidents, queue=store.queue, cards=store.cards, blobs=store.blobs
        )
        yield home, store


async def race(data: Path, person: PersonId) -> None:
    """Click in every race once both are there, and print what each click came to."""
    races = await asyncio.to_thread(_races, data)
    async with racing_house(data) as (home, store):
        for number, (incident, given) in enumerate(races):
            # In every other race the two want different things.
            approve = number % 2 == 0 or person == ONCALL
            click = replace(given, approve=approve, reason="" if approve else "not now")
            await store.incidents.load(incident)
            await store.link.call("INCR", store.link.key("race", str(number)))
            while int(await store.link.call("GET", store.link.key("race", str(number)))) < len(BOTH):
                pass
            said = await judge(home.ports, table, click, person)
            won = isinstance(said, Decided)
            told = person if isinstance(said, Decided) else f"{said.code} {said.by}"
            print(json.dumps({"race": number, "won": won, "told": told}), flush=True)


def keep(data: Path, races: list[Race]) -> None:
    """Leave the races where the racers find them."""
    rows = [{"incident": one.incident, "click": asdict(one.click)} for one in races]
    (data / "races.json").write_text(json.dumps(rows))


def _races(data: Path) -> list[tuple[IncidentId, Click]]:
    rows = json.loads((data / "races.json").read_text())
    return [(IncidentId(row["incident"]), Click(**row["click"])) for row in rows]


if __name__ == "__main__":
    asyncio.run(race(Path(sys.argv[1]), PersonId(sys.argv[2])))
