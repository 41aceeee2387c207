"""Looks at the service every second, and marks what it sees change: the deployed version, the alert."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.playground.page.shop import Shop
from bot.playground.page.values import Mark, MarkKind, Sample
from bot.playground.workspace.model import Json

EVERY_SECONDS: Final = 1.0
KEPT: Final = 600
"""Ten minutes of samples."""
KEPT_MARKS: Final = 200


@dataclass(slots=True)
class Pulse:
    """The history of samples and marks; `tell` hears of each new one."""

    tell: Callable[[str, Json], None]
    convert: Callable[[Mark | Sample], Json]
    samples: deque[Sample] = field(default_factory=lambda: deque[Sample](maxlen=KEPT))
    marks: deque[Mark] = field(default_factory=lambda: deque[Mark](maxlen=KEPT_MARKS))

    async def run(self, shop: Shop) -> None:
        """Sample until cancelled."""
        while True:
            self.add(await shop.sample(), shop)
            await asyncio.sleep(EVERY_SECONDS)

    def add(self, sample: Sample, shop: Shop) -> None:
        """Keep a sample and mark what is different from the one before."""
        before = self.samples[-1] if self.samples else None
        known = next((one.version for one in reversed(self.samples) if one.version), None)
        self.samples.append(sample)
        self.tell("sample", self.convert(sample))
        if known and sample.version and sample.version != known:
            self.mark(Mark(MarkKind.DEPLOY, shop.deployed(sample.version), sample.at))
        was, now = (before.alert if before else "none"), sample.alert
        if now == "firing" and was != "firing":
            self.mark(Mark(MarkKind.ALERT, "The alert fires", sample.at))
        elif was == "firing" and now != "firing":
            self.mark(Mark(MarkKind.RESOLVED, "The alert stops firing", sample.at))

    def mark(self, mark: Mark) -> None:
        """Keep a mark."""
        self.marks.append(mark)
        self.tell("mark", self.convert(mark))
