"""Incidents for tests, told event by event: `story().opened().diagnosed().proposed().approved()`."""

from dataclasses import dataclass, field, replace

from bot.domain.action import Tier
from bot.domain.alert import Alert, Place
from bot.domain.apply import apply
from bot.domain.drafting import Desk, draft
from bot.domain.events import (
    AlertFiredAgain,
    AlertResolved,
    Answered,
    Asked,
    Closing,
    Decided,
    Diagnosed,
    Entry,
    Escalated,
    Event,
    EvidenceGathered,
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
    RosterRead,
    SampleTaken,
    StepFinished,
    StepNotRun,
    StepStarted,
    Verified,
)
from bot.domain.evidence import Evidence, EvidenceKind, Observation
from bot.domain.finding import Diagnosis, Option, Verdict
from bot.domain.ids import MINUTE, SECOND, At, EvidenceId, Fence, IncidentId, PersonId, PlanId, ServiceName
from bot.domain.incident import Incident, PlanState
from bot.domain.plan import canonical, digest_of
from tests.fakes.content import CHECKOUT, EXAMPLE_STATE, ONCALL, PROCESS, FixedContent, example_content
from tests.fakes.house import PLACE, RAISE, ROLLBACK, alert, pool_diagnosis
from tests.fakes.world import START

INCIDENT = IncidentId("inc-000001")
FENCE = Fence(1)


def example_evidence() -> tuple[Evidence, ...]:
    """Logs, metrics, changes and state as the first look finds them."""
    rows = (
        (EvidenceKind.LOGS, "/var/log/checkout.log", "all lines", "40 x PoolTimeout, first seen 13:32"),
        (EvidenceKind.METRICS, "prometheus", "checkout_pool_in_use", "pool_in_use 20 (normal up to 15)"),
        (EvidenceKind.CHANGES, "/var/log/deploys.jsonl", "checkout", "dora deployed 42 over 41"),
        (EvidenceKind.STATE, "checkout/process", "observe checkout/process", "version 42, pool_size 20"),
    )
    return tuple(
        Evidence(
            id=EvidenceId(f"ev-{number:06d}"),
            kind=kind,
            source=source,
            query=query,
            start=At(START - 30 * MINUTE),
            end=START,
            sha256=f"{number}" * 64,
            summary=summary,
        )
        for number, (kind, source, query, summary) in enumerate(rows, 1)
    )


@dataclass(slots=True)
class Story:
    """Real events applied one by one; every step takes two seconds unless time is made to pass."""

    content: FixedContent
    now: At = START
    entries: list[Entry] = field(default_factory=list[Entry])
    told: Incident | None = None
    observed: dict[str, str] = field(default_factory=lambda: dict(EXAMPLE_STATE))

    @property
    def incident(self) -> Incident:
        """The incident so far."""
        assert self.told is not None
        return self.told

    @property
    def plan(self) -> PlanState:
        """The current plan."""
        state = self.incident.current
        assert state is not None
        return state

    def then(self, *events: Event, seconds: int = 2) -> "Story":
        """Any events, one after the other."""
        for event in events:
            entry = Entry(len(self.entries) + 1, self.now, None, event)
            self.told = apply(self.told, entry)
            self.entries.append(entry)
            self.now = At(self.now + seconds * SECOND)
        return self

    def later(self, seconds: int) -> "Story":
        """Time passes."""
        self.now = At(self.now + seconds * SECOND)
        return self

    def opened(
        self, seen: Alert | None = None, place: Place = PLACE, service: ServiceName | None = CHECKOUT
    ) -> "Story":
        """An alert comes in."""
        return self.then(IncidentOpened(INCIDENT, seen or alert(), place, service))

    def gathered(self, *evidence: Evidence) -> "Story":
        """Evidence is made: logs, metrics, changes and state by default."""
        return self.then(EvidenceGathered(evidence or example_evidence()))

    def diagnosed(self, diagnosis: Diagnosis | None = None) -> "Story":
        """A team finds an exhausted pool, or what is given; gathers first where nothing was gathered."""
        if not self.incident.evidence:
            self.gathered()
        return self.then(Diagnosed(diagnosis or pool_diagnosis()))

    def proposed(
        self,
        *options: Option,
        tier: Tier | None = None,
        originators: tuple[PersonId, ...] = (),
        hold: int = 0,
        simulated: bool = False,
        explanation: str | None = None,
    ) -> "Story":
        """The first option becomes a plan, the others stay open; by default the pool is raised."""
        chosen = options or (RAISE, ROLLBACK)
        desk = Desk(
            self.content.inventory(),
            self.content.catalogue(),
            self.content.policy(),
            {PROCESS: Observation(PROCESS, self.now, tuple(self.observed.items()))},
            originators,
            self.content.tripwire,
            raise_tier=False,
            now=self.now,
        )
        plan_id = PlanId(f"plan-{len(self.entries):06d}")
        plan = draft(self.incident, plan_id, chosen[0].steps, desk)
        plan = replace(plan, hold_seconds=hold)
        if tier is not None:
            rule = self.content.policy().rule(tier)
            plan = replace(plan, tier=tier, approvals=rule.approvals, tier_rule=f"a test says {tier}")
        if simulated:
            plan = replace(plan, steps=tuple(replace(step, executor="simulator") for step in plan.steps))
        body = canonical(plan)
        text = chosen[0].explanation if explanation is None else explanation
        return self.then(PlanProposed(plan.id, plan.revision, digest_of(body), body, text, chosen[1:]))

    def approved(self, person: PersonId = ONCALL, *roles: str) -> "Story":
        """A person approves the current plan."""
        return self.then(self._decided(person, roles or ("oncall",), approved=True, reason=""))

    def rejected(self, person: PersonId = ONCALL, reason: str = "Roll back instead.") -> "Story":
        """A person rejects the current plan."""
        return self.then(self._decided(person, ("oncall",), approved=False, reason=reason))

    def _decided(self, person: PersonId, roles: tuple[str, ...], *, approved: bool, reason: str) -> Decided:
        state = self.plan
        return Decided(
            plan=state.plan.id,
            revision=state.plan.revision,
            digest=state.digest,
            approved=approved,
            person=person,
            roles=roles,
            rosters=(RosterRead("checkout-oncall", "list", (ONCALL,), self.now),),
            reason=reason,
            originator=person in state.plan.originators,
        )

    def ended(self, how: PlanEnd) -> "Story":
        """The plan ends without being executed."""
        return self.then(PlanEnded(self.plan.plan.id, self.plan.plan.revision, how))

    def expired(self) -> "Story":
        """Nobody decides in time."""
        self.now = max(self.now, self.plan.plan.expires_at)
        return self.ended(PlanEnd.EXPIRED)

    def started(self, measured: str | None = "0.5") -> "Story":
        """The approved plan begins."""
        self.now = max(self.now, self.plan.hold_until or self.now)
        return self.then(ExecutionStarted(self.plan.digest, measured))

    def step_started(self, step: int = 0) -> "Story":
        """A step begins."""
        what = self.plan.plan.steps[step]
        key = f"{self.plan.digest[:12]}:{step}"
        return self.then(StepStarted(self.plan.digest, step, what.target, key, FENCE, what.before))

    def step_done(self, step: int = 0, detail: str = "done") -> "Story":
        """A step ends well."""
        what = self.plan.plan.steps[step]
        after = {**dict(what.before), **{name: value for name, _, value in what.changes}}
        self.observed.update(after)
        return self.then(
            StepFinished(self.plan.digest, step, ok=True, detail=detail, observed=tuple(after.items()))
        )

    def step_failed(self, step: int = 0, detail: str = "exit status 1") -> "Story":
        """A step ends badly."""
        return self.then(StepFinished(self.plan.digest, step, ok=False, detail=detail, observed=()))

    def step_refused(
        self, step: int = 0, code: str = "DRIFT", detail: str = "pool_size was 20, is 30"
    ) -> "Story":
        """A step does not run."""
        return self.then(StepNotRun(self.plan.digest, step, code, detail))

    def stopped(self, code: str = "FAILED", detail: str = "exit status 1") -> "Story":
        """The plan stops before its end."""
        return self.then(ExecutionStopped(self.plan.digest, code, detail))

    def executed(self) -> "Story":
        """The plan begins and every step is done."""
        self.started()
        for step in range(len(self.plan.steps)):
            self.step_started(step).step_done(step)
        return self.then(ExecutionFinished(self.plan.digest))

    def unknown(self, step: int = 0, detail: str = "No answer within 10 s.") -> "Story":
        """Nobody knows how a started step ended."""
        return self.then(OutcomeUnknown(self.plan.digest, step, detail))

    def probed(self, applied: bool | None = None, step: int = 0, detail: str = "pool_size is 35") -> "Story":  # noqa: FBT001
        """A read-only look."""
        return self.then(Probed(self.plan.digest, step, applied, detail), seconds=5)

    def recorded(self, person: PersonId = ONCALL, step: int = 0, *, applied: bool = True) -> "Story":
        """A person says how the step ended."""
        return self.then(OutcomeRecorded(self.plan.digest, step, applied, person, "I looked at the host."))

    def verified(self, outcome: Outcome = Outcome.IMPROVED) -> "Story":
        """Three samples and what they say."""
        good = outcome is Outcome.IMPROVED
        value = None if outcome is Outcome.NO_DATA else "0.002" if good else "0.5"
        for _ in range(3):
            self.then(SampleTaken(self.plan.digest, value, holds=good))
        detail = f"error_rate: {3 if good else 0} of 3 samples below 0.01"
        return self.then(Verified(self.plan.digest, outcome, detail))

    def escalated(self, reason: str = "3 plans were executed and none helped.") -> "Story":
        """Greenlight cannot go on by itself."""
        return self.then(Escalated(reason))

    def nothing(
        self, verdict: Verdict = Verdict.INCONCLUSIVE, reason: str = "Logs were not readable."
    ) -> "Story":
        """Planning ends without a plan."""
        return self.then(NothingProposed(verdict, reason))

    def paused(self, person: PersonId = ONCALL) -> "Story":
        """A person stops the incident."""
        return self.then(PauseSet(paused=True, person=person, reason=""))

    def alert_resolved(self) -> "Story":
        """The sender says that it is over."""
        return self.then(AlertResolved("alertmanager"))

    def alert_fired_again(self) -> "Story":
        """The sender says that it is back."""
        return self.then(AlertFiredAgain("alertmanager"))

    def asked(self, text: str = "why?", ts: str = "1790000050.000100", person: PersonId = ONCALL) -> "Story":
        """A person asks in the thread."""
        return self.then(Asked(person, ts, text))

    def answered(self, text: str, ts: str = "1790000050.000100", *evidence: str) -> "Story":
        """The question is answered."""
        return self.then(Answered(ts, text, evidence))

    def closed(
        self, closing: Closing = Closing.VERIFIED, person: PersonId | None = None, note: str = ""
    ) -> "Story":
        """The incident is over."""
        return self.then(IncidentClosed(closing, person, note))


def story(content: FixedContent | None = None) -> Story:
    """A story about checkout."""
    return Story(content or example_content())
