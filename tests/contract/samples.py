"""Small incidents for the contract suite."""

import uuid
from dataclasses import dataclass, field

from bot.domain.alert import Alert, AlertStatus, Place
from bot.domain.claims import Claim, ClaimKind, Index, fingerprint_key
from bot.domain.events import Asked, Entry, Event, IncidentOpened, PlanProposed
from bot.domain.ids import At, Digest, Fence, Fingerprint, IncidentId, PersonId, PlanId
from bot.domain.incident import Phase

NOW = At(1_790_000_000_000)


@dataclass(frozen=True, slots=True)
class Sample:
    """An incident in a thread of its own."""

    id: IncidentId = field(default_factory=lambda: IncidentId(f"inc-{uuid.uuid4().hex[:8]}"))
    thread: str = "1790000000.000100"
    fingerprint: str = "fp-1"

    @property
    def place(self) -> Place:
        return Place("T1", "C1", self.thread)

    @property
    def opened(self) -> Entry:
        alert = Alert(
            source="alertmanager",
            status=AlertStatus.FIRING,
            severity="critical",
            service="checkout",
            title="Errors: 7 % ünïcode \u2028",
            labels=(("job", "checkout"),),
            fingerprint=Fingerprint(self.fingerprint),
            started_at=NOW,
        )
        return Entry(1, NOW, None, IncidentOpened(self.id, alert, self.place, None))

    def index(self, phase: Phase = Phase.DETECTED, due: int | None = None, *, is_open: bool = True) -> Index:
        return Index(
            phase=phase,
            due=None if due is None else At(due),
            open=is_open,
            workspace="T1",
            channel="C1",
            thread=self.thread,
            fingerprints=(self.fingerprint,),
        )

    @property
    def unique(self) -> Claim:
        return Claim(ClaimKind.TAKE, fingerprint_key(self.fingerprint), self.id, "DUPLICATE")


def entry(number: int, event: Event | None = None, fence: Fence | None = None, at: int = NOW) -> Entry:
    return Entry(number, At(at), fence, event or Asked(PersonId("U1"), f"ts-{number}", "why?"))


def proposed(plan: str) -> PlanProposed:
    return PlanProposed(PlanId(plan), 1, Digest("ab" * 32), '{"schema":1}', "because")
