"""Those who find the likely cause, propose what to do, and answer questions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from bot.domain.action import Catalogue
from bot.domain.alert import Alert
from bot.domain.events import TeamWorked
from bot.domain.evidence import Observation, Sighting
from bot.domain.finding import Diagnosis, Remediation
from bot.domain.ids import At, EvidenceId, IncidentId
from bot.domain.plan import Step
from bot.domain.service import Service
from bot.domain.spoken import Spoken
from bot.domain.teamwork import AlertJoined, DraftKind

NOT_RUN = "not run"
"""The outcome of a plan that says nothing of whether its steps help."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan of this incident that did not help, that a person rejected, or that could not be begun."""

    steps: tuple[Step, ...]
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MemoryWish:
    """An edit of the team's memory as an agent proposes it: the whole text afterwards, and why; untrusted."""

    after: str
    reason: str


@dataclass(slots=True)
class Worksheet:
    """What a team hands in beside its answer: what its tools saw, and what it used."""

    sightings: list[Sighting] = field(default_factory=list[Sighting])
    worked: list[TeamWorked] = field(default_factory=list[TeamWorked])
    edits: list[MemoryWish] = field(default_factory=list[MemoryWish])
    spoken: list[Spoken] = field(default_factory=list[Spoken])


@dataclass(frozen=True, slots=True)
class Case:
    """All that a team is given."""

    incident: IncidentId
    alert: Alert
    service: Service | None
    sightings: tuple[Sighting, ...]
    catalogue: Catalogue
    now: At
    observations: tuple[Observation, ...] = ()
    diagnosis: Diagnosis | None = None
    tried: tuple[Tried, ...] = ()
    refusals: tuple[str, ...] = ()
    """Why the team's last proposal broke the rules of plans, each with its code."""
    wish: str = ""
    """What a person asks the plan to be, in the person's own words: data, not an instruction."""
    related: tuple[AlertJoined, ...] = ()
    """Other alerts that belong to this incident, each with its tie."""
    record: tuple[str, ...] = ()
    """What has happened so far, one line each."""
    worksheet: Worksheet = field(default_factory=Worksheet, compare=False)


class Team(Protocol):
    """Those who find the likely cause and propose what to do; they can change nothing."""

    async def diagnose(self, case: Case) -> Diagnosis:
        """Find the likely cause; the answer is checked by code afterwards."""
        ...

    async def remedy(self, case: Case) -> Remediation:
        """Propose steps from the catalogue; none where nothing fits."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a person's question, and the evidence that it cites."""

    text: str
    evidence: tuple[EvidenceId, ...] = ()
    offers: bool = False
    """The person seems to want another plan; only a button asks for it."""


Hear = Callable[[str], Awaitable[None]]
"""Is given the answer as far as it is written and checked, from its beginning, each time it grows."""


async def unheard(text: str) -> None:
    """Nobody listens while the answer is being written."""
    del text


class Speaker(Protocol):
    """Who answers questions that the record alone does not; can change nothing."""

    async def answer(self, case: Case, question: str, hear: Hear = unheard) -> Reply | None:
        """The answer, or nothing where no model can be reached; what is heard before it is not the answer."""
        ...

    async def draft(self, case: Case, kind: DraftKind) -> str | None:
        """A text for people outside of the thread, to be checked; nothing where no model can be reached."""
        ...


class Silent:
    """The speaker of a house without a model."""

    async def answer(self, case: Case, question: str, hear: Hear = unheard) -> Reply | None:
        """Nothing."""
        del case, question, hear

    async def draft(self, case: Case, kind: DraftKind) -> str | None:
        """Nothing."""
        del case, kind
