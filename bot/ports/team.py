"""Those who find the likely cause and propose what to do."""

from dataclasses import dataclass
from typing import Protocol

from bot.domain.action import Catalogue
from bot.domain.alert import Alert
from bot.domain.evidence import Observation, Sighting
from bot.domain.finding import Diagnosis, Remediation
from bot.domain.ids import At, IncidentId
from bot.domain.plan import Step
from bot.domain.service import Service


@dataclass(frozen=True, slots=True)
class Tried:
    """A plan of this incident that did not help, or that a person rejected with a reason."""

    steps: tuple[Step, ...]
    outcome: str
    reason: str = ""


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


class Team(Protocol):
    """Those who find the likely cause and propose what to do; they can change nothing."""

    async def diagnose(self, case: Case) -> Diagnosis:
        """Find the likely cause; the answer is checked by code afterwards."""
        ...

    async def remedy(self, case: Case) -> Remediation:
        """Propose steps from the catalogue; none where nothing fits."""
        ...
