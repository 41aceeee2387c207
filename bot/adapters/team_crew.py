"""The team as its files describe it now: read again for each new incident, kept for the whole of it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import final

from agents.errors import ConfigurationError
from agents.journal import digest
from agents.load import Known, roster_of
from agents.members import Roster
from agents.model import Model
from agents.pace import Pace, RealPace
from agents.providers import TABLE, connect, open_providers
from agents.providers.settings import ProviderSettings
from agents.roster_files import SHIPPED, read_files
from agents.team import Team
from bot.adapters.team_answers import ANSWERS
from bot.adapters.team_tools import NAMES
from bot.domain.errors import ContentError
from bot.domain.ids import IncidentId

VARIABLE = "GREENLIGHT_MODEL"
LOGS, DIAGNOSIS, REMEDIATION = "log_analysis", "diagnosis", "remediation"
PINNED = 256
MAX_MEMORY = 16_000

Over = Callable[[str], Awaitable[str]]
"""From AGENTS.md as it is on disk to the text in force."""


async def as_it_is(text: str) -> str:
    """The file itself."""
    return text


Connect = Callable[[Iterable[str]], Mapping[str, Model]]


@dataclass(frozen=True, slots=True)
class Files:
    """Where the team's files are: roster folders (later over earlier), and AGENTS.md of this place."""

    folders: tuple[Path, ...] = (SHIPPED,)
    memory: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Crew:
    """One reading of the files, ready to work; `note` says why newer files are not in force."""

    team: Team
    memory: str
    digests: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def roster(self) -> Roster:
        """Its members."""
        return self.team.roster

    def before_remediation(self) -> tuple[str, ...]:
        """The stages that find the cause, in the order of the file."""
        return tuple(stage for stage in self.roster.stages() if stage != REMEDIATION)


def connector(providers: Mapping[str, ProviderSettings], pace: Pace) -> Connect:
    """Models by name with these settings."""
    return lambda names: connect(names, providers, pace)


@final
class Crews:
    """The crews of all incidents under way; raises ContentError where the first reading fails."""

    def __init__(
        self,
        files: Files,
        providers: Mapping[str, ProviderSettings],
        pace: Pace | None = None,
        connected: Connect | None = None,
        more_tools: Iterable[str] = (),
        over: Over = as_it_is,
    ) -> None:
        self._over = over
        self._files = files
        self._pace = pace or RealPace()
        self._connect = connected or connector(providers, self._pace)
        self._known = Known(
            NAMES | frozenset(more_tools),
            frozenset(ANSWERS.shapes),
            frozenset({LOGS, DIAGNOSIS, REMEDIATION}),
            frozenset(TABLE),
            open_providers(providers),
        )
        self._pinned: OrderedDict[IncidentId, Crew] = OrderedDict()
        self._retired: list[Team] = []
        try:
            self._newest = self._made(*self._read())
        except ConfigurationError as error:
            raise ContentError(error.problems) from error

    async def of(self, incident: IncidentId) -> Crew:
        """The crew of an incident: the newest files when it began, the same ones to its end."""
        if incident not in self._pinned:
            self._pinned[incident] = await self._remembering(await self._now())
            while len(self._pinned) > PINNED:
                self._pinned.popitem(last=False)
        self._pinned.move_to_end(incident)
        return self._pinned[incident]

    def price_age(self, today: date) -> str:
        """How old the prices of the newest files are."""
        return self._newest.roster.prices.age(today)

    async def aclose(self) -> None:
        """Close all connections."""
        for team in (*self._retired, self._newest.team):
            await team.aclose()

    async def _remembering(self, crew: Crew) -> Crew:
        """The crew with the memory that people approved; the hash says which one it was."""
        memory = await self._over(crew.memory)
        said = ("AGENTS.md (in force)", digest(memory.encode()))
        return replace(crew, memory=memory, digests=tuple(sorted({*crew.digests, said})))

    async def _now(self) -> Crew:
        try:
            roster, memory = await asyncio.to_thread(self._read, self._newest.roster)
        except ConfigurationError as error:
            note = f"the team's files were changed and cannot be used: {error.problems[0]}"
            return Crew(self._newest.team, self._newest.memory, self._newest.digests, note)
        made = self._newest
        if (roster.digests, memory) != (self._newest.roster.digests, self._newest.memory):
            made = self._made(roster, memory)
            self._retired.append(self._newest.team)
            self._newest = made
        return made

    def _read(self, last: Roster | None = None) -> tuple[Roster, str]:
        """The files as they are; where none has changed, what they gave the last time."""
        files = read_files(self._files.folders)
        same = last is not None and not files.problems and files.digests() == last.digests
        roster = last if same else None
        if roster is None:
            roster = roster_of(files, self._known, self._files.environment, VARIABLE)
        place = self._files.memory
        own = place is not None and place.is_file()
        memory = _text(place) if own and place is not None else roster.memory
        return roster, memory

    def _made(self, roster: Roster, memory: str) -> Crew:
        team = Team(roster, self._connect(roster.models()), ANSWERS, self._pace)
        return Crew(team, memory, tuple(sorted(roster.digests.items())))


def _text(place: Path) -> str:
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError((f"{place}: cannot be read: {type(error).__name__}",)) from error
    if len(text) > MAX_MEMORY:
        raise ConfigurationError((f"{place}: expected at most {MAX_MEMORY} characters",))
    return text
