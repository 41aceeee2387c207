"""The customers: a steady stream of orders, and a rush when asked for."""

import argparse
import asyncio
import contextlib
import json
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiohttp

from bot.playground.processes import live_under_parent
from bot.playground.service.gateway import DECLINED_CARD, GOOD_CARD

TIMEOUT = aiohttp.ClientTimeout(total=4)
RUSH_PAUSE = 0.35
MAX_OPEN = 1_000


@dataclass(frozen=True, slots=True)
class Demand:
    """What the customers do: orders a second, the share of declined cards, and the last rush's number."""

    rate: float = 30.0
    declined: float = 0.11
    rush: int = 0
    waves: int = 3
    wave_size: int = 200


def read_demand(path: Path, before: Demand) -> Demand:
    """The demand in a file; the one before if the file cannot be read."""
    try:
        parsed: object = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return before
    if not isinstance(parsed, dict):
        return before
    table = cast("dict[str, float]", parsed)
    return Demand(
        rate=max(0.1, float(table.get("rate", before.rate))),
        declined=float(table.get("declined", before.declined)),
        rush=int(table.get("rush", before.rush)),
        waves=int(table.get("waves", before.waves)),
        wave_size=int(table.get("wave_size", before.wave_size)),
    )


class Customers:
    """Sends orders on a fixed beat, whatever becomes of them: real customers do not wait for each other."""

    def __init__(self, session: aiohttp.ClientSession, url: str, seed: int) -> None:
        self._session = session
        self._url = f"{url}/checkout"
        self._dice = random.Random(seed)
        self._run = f"{seed}-{time.time_ns():x}"
        self._sent = 0
        self._open: set[asyncio.Task[None]] = set()

    def send(self, demand: Demand) -> None:
        """Sends one order and does not wait for the answer."""
        if len(self._open) >= MAX_OPEN:
            return
        self._sent += 1
        declined = self._dice.random() < demand.declined
        order = {
            "id": f"o-{self._run}-{self._sent}",
            "cents": self._dice.randrange(500, 20_000),
            "card": DECLINED_CARD if declined else GOOD_CARD,
        }
        task = asyncio.create_task(self._order(order))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _order(self, order: Mapping[str, object]) -> None:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with self._session.post(self._url, json=order, timeout=TIMEOUT) as answer:
                await answer.read()

    async def rush(self, demand: Demand) -> None:
        """Many orders at once, in waves, paid with good cards; over within seconds."""
        calm = Demand(declined=0.0)
        for _ in range(demand.waves):
            for _ in range(demand.wave_size):
                self.send(calm)
            await asyncio.sleep(RUSH_PAUSE)

    async def run(self, control: Path) -> None:
        """Follows the demand file until cancelled."""
        demand = read_demand(control, Demand())
        seen, rushing = demand.rush, set[asyncio.Task[None]]()
        beat = looked = time.monotonic()
        while True:
            now = time.monotonic()
            if now - looked > 0.2:  # noqa: PLR2004 - seconds between two looks at the file
                looked, demand = now, read_demand(control, demand)
            if demand.rush != seen:
                seen = demand.rush
                task = asyncio.create_task(self.rush(demand))
                rushing.add(task)
                task.add_done_callback(rushing.discard)
            self.send(demand)
            beat = max(beat + 1 / demand.rate, now - 1)
            await asyncio.sleep(max(0.0, beat - time.monotonic()))


async def customers(url: str, control: Path, seed: int) -> None:
    """Runs the customers until the process is told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=5)
    async with aiohttp.ClientSession(connector=connector) as session:
        running = asyncio.create_task(Customers(session, url, seed).run(control))
        await stop.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def main() -> None:
    """Sends load until told to stop, or until the playground is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("--name", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=41)
    args = parser.parse_args()
    live_under_parent(args.directory, f"load-{args.name}")
    asyncio.run(customers(args.url, args.control, args.seed))


if __name__ == "__main__":
    main()
