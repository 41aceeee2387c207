"""A whole house of twins: every port a fake over one shelf, and workers that walk until nothing is due."""

from collections import deque
from dataclasses import dataclass, field, replace

from bot.domain.alert import Alert, AlertStatus, Place, Sighted
from bot.domain.apply import replay
from bot.domain.decision import Click, Refused
from bot.domain.events import Decided
from bot.domain.evidence import Change, EvidenceKind, LogPattern, MetricReading
from bot.domain.finding import Claim, Confidence, Diagnosis, Option, ProposedStep, Remediation, Verdict
from bot.domain.ids import MINUTE, ActionId, At, EvidenceId, Fingerprint, IncidentId, PersonId
from bot.domain.incident import Incident, PlanState
from bot.domain.verification import number
from bot.flow.approval import judge
from bot.flow.conductor import load, walk
from bot.flow.followup import answering
from bot.flow.intake import alert_seen
from bot.flow.table import table
from bot.ports.cards import MessageRef, SentCard
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole
from bot.ports.team import Case
from tests.fakes.content import (
    EXAMPLE_STATE,
    ONCALL,
    PROCESS,
    WORKSPACE,
    FixedContent,
    example_content,
    example_persons,
)
from tests.fakes.line import MemoryLine
from tests.fakes.store import MemoryStore, memory_store
from tests.fakes.world import (
    FakeClock,
    FakeEyes,
    FakeHands,
    FakePeople,
    FakeRoster,
    ScriptedTeam,
    checkout_effect,
)

CHANNEL = "C0ALERTS"
PLACE = Place(WORKSPACE, CHANNEL, "1790000000.000100")
QUOTE = "connection pool exhausted: timeout waiting for connection"
RAISE = Option(
    "Raise the pool",
    (ProposedStep(ActionId("increase_pool_size"), PROCESS, (("pool_size", 50),)),),
    "The pool is too small for what holds connections.",
)
ROLLBACK = Option(
    "Roll back",
    (ProposedStep(ActionId("rollback_deployment"), PROCESS, (("version", "41"),)),),
    "The deploy of 42 came first.",
)


def alert(
    fingerprint: str = "fp-1", status: AlertStatus = AlertStatus.FIRING, service: str = "checkout"
) -> Alert:
    """A firing alert of checkout."""
    return Alert(
        source="alertmanager",
        status=status,
        severity="critical",
        service=service,
        title="CheckoutHighErrorRate",
        labels=(("service", service),),
        fingerprint=Fingerprint(fingerprint),
        started_at=At(1_790_000_000_000 - MINUTE),
    )


def pool_diagnosis() -> Diagnosis:
    """A cause with two kinds of evidence, as a team gives it; ids are those of the first look."""
    return Diagnosis(
        verdict=Verdict.CAUSE,
        cause="checkout's connection pool is exhausted since the deploy of 42",
        mode="pool-exhaustion",
        confidence=Confidence.HIGH,
        claims=(
            Claim("the pool times out", (EvidenceId("ev-000001"),), QUOTE),
            Claim("20 of 20 connections are in use", (EvidenceId("ev-000002"),)),
        ),
        team="scripted",
    )


class CitingTeam(ScriptedTeam):
    """Cites the evidence of the look that it was given: logs first, then metrics."""

    async def diagnose(self, case: Case) -> Diagnosis:
        scripted = await super().diagnose(case)
        ids = [sighting.evidence.id for sighting in case.sightings]
        claims = tuple(replace(claim, evidence=(ids[i],)) for i, claim in enumerate(scripted.claims))
        return replace(scripted, claims=claims)


@dataclass(slots=True)
class House:
    """Ports over twins, with the means to play alerts, clicks and workers."""

    clock: FakeClock
    store: MemoryStore
    content: FixedContent
    people: FakePeople
    roster: FakeRoster
    team: ScriptedTeam
    eyes: FakeEyes
    hands: FakeHands
    ports: Ports
    walks: int = field(default=0)

    async def fires(self, seen: Alert | None = None, place: Place = PLACE) -> IncidentId:
        """An alert comes in; returns its incident."""
        incident = await alert_seen(self.ports, Sighted(seen or alert(), place, None))
        assert incident is not None
        return incident

    async def work(self, *roles: WorkerRole) -> None:
        """Let workers of these roles (all by default) walk until nothing more is due now."""
        for _ in range(200):
            before = self._versions()
            for incident, _ in await self.store.incidents.due(self.clock.now(), 100):
                for role in roles or tuple(WorkerRole):
                    self.walks += 1
                    await walk(self.ports, incident, role, table)
                    if role is WorkerRole.THINK:
                        await answering(self.ports, incident)
            if self._versions() == before:
                return
        raise AssertionError("the workers never came to rest")

    async def pass_time(self, seconds: int, step: int = 1) -> None:
        """Let time pass second by second, with workers at work."""
        for _ in range(0, seconds, step):
            self.clock.advance(step)
            await self.work()

    async def incident(self, incident: IncidentId) -> Incident:
        """The incident as it is now."""
        return await load(self.ports, incident)

    async def plan(self, incident: IncidentId) -> PlanState:
        """The current plan."""
        state = (await self.incident(incident)).current
        assert state is not None
        return state

    async def posted(self, incident: IncidentId) -> MessageRef:
        """Play the publisher: the current plan's card was posted."""
        state = await self.plan(incident)
        ref = MessageRef(CHANNEL, f"1790000000.9{state.plan.revision:05d}")
        await self.store.cards.record(incident, f"plan:{state.plan.revision}", SentCard(ref, "shown"))
        return ref

    async def click(
        self, incident: IncidentId, person: PersonId = ONCALL, *, approve: bool = True, reason: str = ""
    ) -> Decided | Refused:
        """Somebody clicks on the current plan's card."""
        state = await self.plan(incident)
        ref = await self.posted(incident)
        click = Click(
            approve, state.plan.id, state.plan.revision, state.digest[:12], ref.channel, ref.ts, reason
        )
        return await judge(self.ports, table, click, person)

    def stored(self, incident: IncidentId) -> Incident:
        """The incident as the shelf has it."""
        found = replay(self.store.shelf.entries[incident])
        assert found is not None
        return found

    def _versions(self) -> dict[IncidentId, int]:
        return {name: len(entries) for name, entries in self.store.shelf.entries.items()}


def house() -> House:
    """A house in which checkout 42 leaks connections and the team knows two ways to help."""
    clock = FakeClock()
    store = memory_store(clock)
    content = example_content()
    eyes = FakeEyes(clock)
    eyes.set_state(PROCESS, **EXAMPLE_STATE)
    hands = FakeHands(store.incidents, effect=checkout_effect(eyes))
    people = FakePeople(example_persons())
    roster = FakeRoster(content.policy(), clock)
    team = CitingTeam(deque([pool_diagnosis()]), deque([Remediation((RAISE, ROLLBACK))]))
    see_exhaustion(eyes, clock.now())
    ports = Ports(
        incidents=store.incidents,
        queue=store.queue,
        cards=store.cards,
        seen=store.seen,
        blobs=store.blobs,
        line=MemoryLine(clock),
        content=content,
        people=people,
        roster=roster,
        team=team,
        eyes=eyes,
        hands=hands,
        clock=clock,
    )
    return House(clock, store, content, people, roster, team, eyes, hands, ports)


def see_exhaustion(eyes: FakeEyes, now: At) -> None:
    """Logs, metrics and changes of an exhausted pool after a deploy."""
    line = f"PoolTimeout {QUOTE} (in_use=20 max=20)"
    eyes.set_facts(
        EvidenceKind.LOGS, LogPattern(line, 40, At(now - MINUTE), now, "error", line, new=True), text=line
    )
    reading = MetricReading(
        "pool_in_use", "connections", "q", number("20"), number("6"), number("20"), None, number("15"), now
    )
    eyes.set_facts(EvidenceKind.METRICS, reading)
    deploy = Change(At(now - 2 * MINUTE), "dora", "deploy", "41", "42", "checkout")
    eyes.set_facts(EvidenceKind.CHANGES, deploy)
    eyes.set_samples("error_rate", "0.5")
