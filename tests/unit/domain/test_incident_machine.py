"""A state machine throws every event at `apply`; whatever is legal must keep the promises."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.action import Tier
from bot.domain.apply import apply, replay
from bot.domain.drafting import Desk, draft
from bot.domain.errors import IllegalEventError, PlanRefusedError
from bot.domain.events import (
    AlertFiredAgain,
    AlertResolved,
    Asked,
    Closing,
    Decided,
    Diagnosed,
    Entry,
    Escalated,
    Event,
    ExecutionFinished,
    ExecutionStarted,
    ExecutionStopped,
    IncidentClosed,
    IncidentOpened,
    NothingProposed,
    Outcome,
    OutcomeRecorded,
    OutcomeUnknown,
    PauseSet,
    PlanEnd,
    PlanEnded,
    PlanProposed,
    Probed,
    SampleTaken,
    StepFinished,
    StepNotRun,
    StepStarted,
    Verified,
)
from bot.domain.evidence import Observation
from bot.domain.finding import Verdict
from bot.domain.ids import SECOND, At, Digest, Fence, IncidentId, PersonId, PlanId
from bot.domain.incident import Incident, Phase, PlanState, StepStatus
from bot.domain.plan import canonical, digest_of
from tests.fakes.content import CHECKOUT, EXAMPLE_STATE, LEAD, ONCALL, PROCESS, SENIOR, example_content
from tests.fakes.house import PLACE, RAISE, ROLLBACK, alert, pool_diagnosis
from tests.fakes.world import START

WRONG = Digest("0" * 64)
PERSONS = (ONCALL, LEAD, SENIOR, PersonId("U0NOBODY"))
CONTENT = example_content()


def proposal(incident: Incident, originators: tuple[PersonId, ...], now: At, tier: Tier) -> PlanProposed:
    """A proposal as planning makes it, at a tier."""
    seen = Observation(PROCESS, now, tuple(EXAMPLE_STATE.items()))
    desk = Desk(
        CONTENT.inventory(),
        CONTENT.catalogue(),
        CONTENT.policy(),
        {PROCESS: seen},
        originators,
        CONTENT.tripwire,
        raise_tier=False,
        now=now,
    )
    steps = (*RAISE.steps, *ROLLBACK.steps)
    plan = draft(incident, PlanId(f"plan-{incident.version}"), steps, desk)
    plan = replace(plan, tier=tier, approvals=2 if tier is Tier.HIGH else 1)
    body = canonical(plan)
    return PlanProposed(plan.id, plan.revision, digest_of(body), body, "because", (RAISE, ROLLBACK))


class Machine(RuleBasedStateMachine):
    """Every event at every moment, with right and wrong digests, steps and persons."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.incident: Incident | None = None
        self.now = START

    @property
    def current(self) -> PlanState | None:
        return self.incident.current if self.incident else None

    def throw(self, event: Event) -> None:
        """Try an event; an illegal one must change nothing."""
        before = self.incident
        entry = Entry(len(self.entries) + 1, self.now, Fence(1), event)
        try:
            self.incident = apply(before, entry)
        except (IllegalEventError, PlanRefusedError):
            assert self.incident is before
            return
        self.entries.append(entry)

    @initialize()
    def opened(self) -> None:
        self.throw(IncidentOpened(IncidentId("inc-1"), alert(), PLACE, CHECKOUT))

    @rule(seconds=st.integers(0, 2000))
    def time_passes(self, seconds: int) -> None:
        self.now = At(self.now + seconds * SECOND)

    @rule()
    def diagnosed(self) -> None:
        self.throw(Diagnosed(pool_diagnosis()))

    @rule(tier=st.sampled_from(tuple(Tier)), originators=st.sampled_from([(), (ONCALL,)]))
    def proposed(self, tier: Tier, originators: tuple[PersonId, ...]) -> None:
        assert self.incident is not None
        self.throw(proposal(self.incident, originators, self.now, tier))

    @precondition(lambda self: self.current is not None)
    @rule(
        person=st.sampled_from(PERSONS),
        approved=st.sampled_from([True, True, True, False]),
        right=st.sampled_from([True, True, False]),
        newest=st.sampled_from([True, True, False]),
    )
    def decided(self, person: PersonId, *, approved: bool, right: bool, newest: bool) -> None:
        assert self.incident is not None
        state = self.incident.plans[-1 if newest else 0]
        digest = state.digest if right else WRONG
        self.throw(Decided(state.plan.id, state.plan.revision, digest, approved, person, (), ()))

    @rule(
        tier=st.sampled_from(tuple(Tier)),
        person=st.sampled_from(PERSONS),
        times=st.integers(1, 4),
        eager=st.booleans(),
    )
    def forward(self, tier: Tier, person: PersonId, times: int, *, eager: bool) -> None:
        """What would naturally happen next, so that runs get deep; eager ones try to skip a step."""
        for _ in range(times):
            assert self.incident is not None
            if self.incident.current is None or self.incident.phase in {Phase.DETECTED, Phase.TRIAGED}:
                self.diagnosed()
                self.proposed(tier, ())
                continue
            state = self.incident.current
            index = next((i for i, s in enumerate(state.steps) if s.status is not StepStatus.DONE), 0)
            if self.incident.phase is Phase.PROPOSED:
                self.decided(person, approved=True, right=True, newest=True)
            self.throw(ExecutionStarted(state.digest))
            self.throw(StepStarted(state.digest, index + eager, PROCESS, "key", Fence(1), ()))
            self.throw(StepFinished(state.digest, index, ok=True, detail="", observed=()))

    @precondition(lambda self: self.current is not None)
    @rule(how=st.sampled_from(tuple(PlanEnd)))
    def ended(self, how: PlanEnd) -> None:
        assert self.current is not None
        self.throw(PlanEnded(self.current.plan.id, self.current.plan.revision, how))

    @precondition(lambda self: self.current is not None)
    @rule(
        right=st.sampled_from([True, True, True, False]),
        step=st.integers(-1, 2),
        ok=st.booleans(),
        kind=st.sampled_from(range(10)),
    )
    def executed(self, step: int, kind: int, *, right: bool, ok: bool) -> None:
        assert self.current is not None
        digest = self.current.digest if right else WRONG
        events: tuple[Event, ...] = (
            ExecutionStarted(digest),
            StepStarted(digest, step, PROCESS, "key", Fence(1), ()),
            StepFinished(digest, step, ok, "", ()),
            StepNotRun(digest, step, "DRIFT", ""),
            OutcomeUnknown(digest, step, "lost"),
            Probed(digest, step, ok, ""),
            OutcomeRecorded(digest, step, ok, ONCALL, "looked"),
            ExecutionFinished(digest),
            ExecutionStopped(digest, "FAILED", ""),
            SampleTaken(digest, "0.5", ok),
        )
        self.throw(events[kind])

    @precondition(lambda self: self.current is not None)
    @rule(outcome=st.sampled_from(tuple(Outcome)))
    def verified(self, outcome: Outcome) -> None:
        assert self.current is not None
        self.throw(Verified(self.current.digest, outcome, ""))

    @rule(kind=st.sampled_from(range(8)), paused=st.booleans())
    def other(self, kind: int, *, paused: bool) -> None:
        events: tuple[Event, ...] = (
            AlertResolved("alertmanager"),
            AlertFiredAgain("alertmanager"),
            NothingProposed(Verdict.INCONCLUSIVE, ""),
            Escalated("stuck"),
            PauseSet(paused, ONCALL, ""),
            Asked(ONCALL, str(len(self.entries)), "why?"),
            IncidentClosed(Closing.NOISE, ONCALL, ""),
            IncidentOpened(IncidentId("inc-2"), alert(), PLACE, CHECKOUT),
        )
        self.throw(events[kind])

    @invariant()
    def no_step_started_without_enough_approvals_of_its_digest(self) -> None:
        """Counted from the raw entries, not from what `apply` derived."""
        for index, entry in enumerate(self.entries):
            if isinstance(entry.event, StepStarted):
                assert _approved_by_then(self.entries[:index], entry.event.digest)

    @invariant()
    def steps_start_once_and_in_order(self) -> None:
        started = [(e.event.digest, e.event.step) for e in self.entries if isinstance(e.event, StepStarted)]
        assert len(started) == len(set(started))
        for digest in {digest for digest, _ in started}:
            steps = [step for known, step in started if known == digest]
            assert steps == list(range(len(steps)))

    @invariant()
    def nothing_is_lost_or_reordered(self) -> None:
        if self.incident is not None:
            assert list(self.incident.entries) == self.entries
            assert self.incident.version == len(self.entries)

    @invariant()
    def at_most_one_plan_can_still_start(self) -> None:
        if self.incident is not None:
            assert not any(state.alive for state in self.incident.plans[:-1])

    def teardown(self) -> None:
        """Replaying any prefix gives what stood there at the time."""
        incident: Incident | None = None
        for number, entry in enumerate(self.entries, start=1):
            incident = apply(incident, entry)
            if number % 5 == 0 or number == len(self.entries):
                assert replay(self.entries[:number]) == incident


def _approved_by_then(entries: list[Entry], digest: Digest) -> bool:
    needed, persons, rejected = 0, set[PersonId](), False
    for entry in entries:
        match entry.event:
            case PlanProposed(_, _, proposed, body) if proposed == digest:
                needed = 2 if '"tier":"high"' in body else 1
            case Decided(_, _, decided, approved, person) if decided == digest:
                rejected = rejected or not approved
                persons.add(person)
            case _:
                continue
    return needed > 0 and not rejected and len(persons) >= needed


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


def test_the_machine_would_notice_a_step_without_an_approval() -> None:
    incident = replay([Entry(1, START, None, IncidentOpened(IncidentId("inc-1"), alert(), PLACE, CHECKOUT))])
    assert incident is not None
    incident = apply(incident, Entry(2, START, None, Diagnosed(pool_diagnosis())))
    proposed = proposal(incident, (), START, Tier.LOW)
    entries = [*incident.entries, Entry(3, START, None, proposed)]
    assert not _approved_by_then(entries, proposed.digest)
    incident = apply(incident, entries[-1])
    with pytest.raises(IllegalEventError):
        apply(incident, Entry(4, START, None, StepStarted(proposed.digest, 0, PROCESS, "", Fence(1), ())))
