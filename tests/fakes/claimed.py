"""Incidents brought to the point where a step of an approved plan is claimed, event by event."""

from dataclasses import dataclass, replace

from bot.domain.alert import Alert, AlertStatus, Place
from bot.domain.apply import replay
from bot.domain.claims import index_of
from bot.domain.decision import Order
from bot.domain.drafting import Desk, draft
from bot.domain.events import (
    Decided,
    Diagnosed,
    Entry,
    Event,
    ExecutionStarted,
    IncidentOpened,
    PlanProposed,
    StepStarted,
)
from bot.domain.evidence import Observation
from bot.domain.finding import Confidence, Diagnosis, ProposedStep, Verdict
from bot.domain.ids import Fence, Fingerprint, IncidentId, PlanId, TargetId
from bot.domain.incident import Incident
from bot.domain.plan import canonical, digest_of
from bot.ports.records import Incidents
from bot.ports.world import Clock
from tests.fakes.content import CHECKOUT, EXAMPLE_STATE, ONCALL, SENIOR, WORKSPACE, FixedContent

FENCE = Fence(7)


@dataclass(frozen=True, slots=True)
class Case:
    """The events up to the claim of the first step, and the order for it."""

    incident: IncidentId
    events: tuple[Event, ...]
    order: Order

    def entries(self, clock: Clock) -> tuple[Entry, ...]:
        """The events as they are kept."""
        return tuple(Entry(n, clock.now(), FENCE, event) for n, event in enumerate(self.events, 1))


def claimed(
    content: FixedContent,
    clock: Clock,
    *steps: ProposedStep,
    state: dict[TargetId, dict[str, str]] | None = None,
    number: int = 1,
) -> Case:
    """An approved plan of these steps whose first step is claimed."""
    incident = IncidentId(f"inc-{number:06d}")
    opened = IncidentOpened(
        incident, _alert(clock, number), Place(WORKSPACE, "C0ALERTS", f"{number}.0"), CHECKOUT
    )
    first = replay((Entry(1, clock.now(), FENCE, opened),))
    assert first is not None
    drafted = draft(first, PlanId(f"plan-{number:06d}"), steps, _desk(content, clock, steps, state))
    body, plan = canonical(drafted), drafted.id
    digest = digest_of(body)
    diagnosis = Diagnosis(Verdict.CAUSE, "the pool is exhausted", None, Confidence.MEDIUM, (), "scripted")
    people = (ONCALL, SENIOR)[: drafted.approvals]
    events: tuple[Event, ...] = (
        opened,
        Diagnosed(diagnosis),
        PlanProposed(plan, 1, digest, body, "because"),
        *(Decided(plan, 1, digest, True, person, ("oncall",), ()) for person in people),
        ExecutionStarted(digest),
        StepStarted(digest, 0, steps[0].target, f"{digest[:12]}:0", FENCE, ()),
    )
    return Case(incident, events, Order(digest, 0, FENCE))


async def kept(incidents: Incidents, case: Case, clock: Clock, events: int | None = None) -> Incident:
    """Append the first events of a case (all of them by default)."""
    entries = case.entries(clock)[:events]
    found = replay(entries)
    assert found is not None
    await incidents.append(case.incident, 0, entries, (), index_of(found))
    return found


def another_digest(case: Case) -> Order:
    """An order for a plan that is nowhere."""
    return replace(case.order, digest=digest_of("{}"))


def _desk(
    content: FixedContent,
    clock: Clock,
    steps: tuple[ProposedStep, ...],
    state: dict[TargetId, dict[str, str]] | None,
) -> Desk:
    seen = {
        step.target: Observation(
            step.target, clock.now(), tuple((state or {}).get(step.target, EXAMPLE_STATE).items())
        )
        for step in steps
    }
    return Desk(
        inventory=content.inventory(),
        catalogue=content.catalogue(),
        policy=content.policy(),
        observations=seen,
        originators=(),
        tripwire=content.tripwire,
        raise_tier=False,
        now=clock.now(),
    )


def _alert(clock: Clock, number: int) -> Alert:
    return Alert(
        source="alertmanager",
        status=AlertStatus.FIRING,
        severity="critical",
        service="checkout",
        title="CheckoutHighErrorRate",
        labels=(),
        fingerprint=Fingerprint(f"fp-{number}"),
        started_at=clock.now(),
    )
