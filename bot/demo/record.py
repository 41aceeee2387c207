"""A process of its own that follows the record and tells it in lines of JSON, for the page's marks and path.

The page is up before the store's libraries would even be loaded; and the page cannot touch the record.
"""

import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.commands.serving import serve
from bot.demo import gate_guide, guide
from bot.domain.events import (
    Asked,
    Decided,
    Entry,
    ExecutionFinished,
    ExecutionStarted,
    ExecutionStopped,
    IncidentClosed,
    IncidentOpened,
    Outcome,
    PauseSet,
    PlanEnd,
    PlanEnded,
    PlanProposed,
    Verified,
)
from bot.domain.ids import IncidentId, PersonId
from bot.domain.teamwork import AutoApproved, ParametersEdited, UndoAsked
from bot.playground.page.values import Mark, MarkKind
from bot.ports.records import Incidents
from bot.settings import Settings
from bot.wiring.store import open_store

LOOK_SECONDS = 0.25
NAMES = "GREENLIGHT_DEMO_NAMES"


@dataclass(slots=True)
class Follower:
    """Reads what is new in the record; `names` turns people's ids into names."""

    incidents: Incidents
    names: dict[str, str]
    told: dict[IncidentId, int] = field(default_factory=dict[IncidentId, int])
    over: set[IncidentId] = field(default_factory=set[IncidentId])
    was_paused: bool = False

    async def look(self) -> list[str]:
        """Everything new as lines of JSON."""
        lines: list[str] = []
        for incident in await self.incidents.opened():
            self.told.setdefault(incident, 0)
        for incident, known in list(self.told.items()):
            if incident in self.over:
                continue
            entries = (await self.incidents.load(incident)).entries
            if entries and isinstance(entries[-1].event, IncidentClosed):
                self.over.add(incident)
            self.told[incident] = len(entries)
            for entry in entries[known:]:
                lines += self._lines(entry)
            lines += [done(gate_guide.BY_TWO)] if by_two(entries) else []
        lines += [done(guide.REFUSED)] if await self.incidents.refusals(1) else []
        return lines + await self._pauses()

    async def _pauses(self) -> list[str]:
        is_paused = bool(await self.incidents.pauses())
        before, self.was_paused = self.was_paused, is_paused
        if is_paused and not before:
            return [done(guide.PAUSED)]
        return [done(guide.RESUMED)] if before and not is_paused else []

    def _lines(self, entry: Entry) -> Iterator[str]:
        match entry.event:
            case IncidentOpened():
                yield done(guide.WATCH)
            case PlanProposed():
                yield done(guide.PLAN)
            case Asked():
                yield done(guide.ASKED)
            case Decided(approved=True, person=person):
                yield self._mark(MarkKind.APPROVAL, f"Approved by {self._name(person)}", entry)
                yield done(guide.APPROVED)
            case Decided(approved=False, person=person):
                yield self._mark(MarkKind.REJECTION, f"Rejected by {self._name(person)}", entry)
                yield done(guide.REJECTED)
            case _:
                yield from self._of_the_gate(entry)
                yield from self._of_execution(entry)

    def _of_the_gate(self, entry: Entry) -> Iterator[str]:
        match entry.event:
            case ParametersEdited():
                yield done(gate_guide.EDITED)
            case PauseSet(paused=False):
                yield done(gate_guide.STOPPED)
            case PlanEnded(how=PlanEnd.EXPIRED):
                yield done(gate_guide.EXPIRED)
            case PlanEnded(how=PlanEnd.DRIFTED):
                yield done(gate_guide.DRIFTED)
            case UndoAsked():
                yield done(gate_guide.UNDO)
            case AutoApproved():
                yield self._mark(MarkKind.APPROVAL, "Approved by the policy", entry)
                yield done(gate_guide.AUTO)
            case _:
                return

    def _of_execution(self, entry: Entry) -> Iterator[str]:
        match entry.event:
            case ExecutionStarted():
                yield self._mark(MarkKind.EXECUTION, "The approved plan begins", entry)
            case ExecutionFinished():
                yield self._mark(MarkKind.EXECUTION, "All steps done", entry)
            case ExecutionStopped(code="DRIFT", detail=detail):
                yield self._mark(MarkKind.EXECUTION, f"Stopped: {detail}"[:120], entry)
                yield done(gate_guide.DRIFTED)
            case ExecutionStopped(detail=detail):
                yield self._mark(MarkKind.EXECUTION, f"Stopped: {detail}"[:120], entry)
            case Verified(outcome=outcome):
                yield self._mark(MarkKind.VERIFICATION, f"Measured: {outcome.replace('_', ' ')}", entry)
                if outcome is Outcome.IMPROVED:
                    yield done(guide.VERIFIED)
            case _:
                return

    def _name(self, person: PersonId) -> str:
        return self.names.get(person, person).capitalize()

    def _mark(self, kind: MarkKind, text: str, entry: Entry) -> str:
        return json.dumps({"mark": dataclasses.asdict(Mark(kind, text, entry.at))})


def by_two(entries: tuple[Entry, ...]) -> bool:
    """Whether two people have approved the same plan."""
    words = (entry.event for entry in entries if isinstance(entry.event, Decided))
    approved = [word.digest for word in words if word.approved]
    return any(approved.count(digest) > 1 for digest in set(approved))


def done(step: str) -> str:
    """A step of the guided path was taken."""
    return json.dumps({"done": step})


async def follow(settings: Settings) -> None:
    """Tell until cancelled."""
    names: dict[str, str] = json.loads(os.environ.get(NAMES, "{}"))
    async with open_store(settings) as store:
        follower = Follower(store.incidents, names)
        while True:
            for line in await follower.look():
                print(line, flush=True)
            await asyncio.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    sys.exit(serve(follow, slack=False))
