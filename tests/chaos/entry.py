"""One process of Greenlight as this suite runs it: `python -m tests.chaos.entry NAME`, wired as shipped.

NAME is bot, think or act, with a number where there are several. Around the ports stand only those that kill
the process at a chosen moment, and in the hammer a team that proposes three steps.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from bot.adapters.queue import Pace
from bot.adapters.redis_cards import RedisCards
from bot.adapters.redis_incidents import RedisIncidents
from bot.commands.serving import serve
from bot.flow.table import table
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole
from bot.settings import Settings
from bot.slack import pacing
from bot.wiring.seams import Seams
from bot.wiring.slack_side import serve_slack
from bot.wiring.workers import serve_worker
from tests.chaos.hammering import ThreeSteps, rerunning
from tests.chaos.home import MANY
from tests.chaos.mortal import MortalCards, MortalIncidents, Reaper
from tests.chaos.standing import tell_on_request

HAMMER = "CHAOS_HAMMER"
MUTANT = "CHAOS_MUTANT"
PACED = "CHAOS_PACED"
"""Keeps Slack's budget of edits and posts, where a test minds it."""
PACE = Pace(reconcile=0.25, redelivery=2.0)


def main(name: str) -> int:
    """Run until a signal, or a death of our own making."""
    home = Path(os.environ["GREENLIGHT_HOME"])
    # Here an hour's incidents come within a minute, and the local workspace bears more than Slack does.
    if not os.environ.get(PACED):
        pacing.EDITS_A_MINUTE = pacing.CALM_EDITS_A_MINUTE = pacing.POSTS_AT_ONCE = MANY
        pacing.CALM_POSTS_AT_ONCE = MANY
    (home / "pids" / name).write_text(str(os.getpid()))
    tell_on_request()
    role = name.rstrip("0123456789")
    seams = Seams(
        alter=lambda ports: altered(ports, home),
        table=rerunning if os.environ.get(MUTANT) else table,
        pace=PACE,
    )

    async def bot(settings: Settings) -> None:
        await serve_slack(settings, seams)

    async def worker(settings: Settings) -> None:
        await serve_worker(settings, WorkerRole(role), seams)

    return serve(bot, slack=True) if role == "bot" else serve(worker, slack=False)


def altered(ports: Ports, home: Path) -> Ports:
    """The shipped ports with the reaper beside them."""
    assert isinstance(ports.incidents, RedisIncidents)
    assert isinstance(ports.cards, RedisCards)
    reaper = Reaper(home)
    incidents, cards = MortalIncidents(ports.incidents, reaper), MortalCards(ports.cards, reaper)
    return replace(
        ports,
        incidents=incidents,
        cards=cards,
        team=ThreeSteps() if os.environ.get(HAMMER) else ports.team,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
