"""Twins of the ports to the outside world: clock, people, rosters, eyes and hands, all settable."""

import hashlib
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.domain.apply import replay
from bot.domain.decision import Order, Person, RosterAnswer, permitted
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.evidence import Change, Evidence, EvidenceKind, Fact, Observation, Sighting
from bot.domain.finding import Confidence, Diagnosis, Remediation, Verdict
from bot.domain.ids import SECOND, At, EvidenceId, IncidentId, PersonId, RosterName, TargetId
from bot.domain.plan import Step
from bot.domain.policy import Policy, Role
from bot.domain.rehearsal import DryRun
from bot.domain.service import MetricSpec, Service
from bot.ports.records import Incidents
from bot.ports.team import Case
from bot.ports.world import Clock, Done, Probe, Window

T = TypeVar("T")
START = At(1_790_000_000_000)


@dataclass(slots=True)
class FakeClock:
    """A clock that only moves when told to; ids count up per prefix."""

    at: At = START
    counters: dict[str, Iterator[int]] = field(default_factory=dict[str, Iterator[int]])

    def now(self) -> At:
        return self.at

    def new_id(self, prefix: str) -> str:
        counter = self.counters.setdefault(prefix, itertools.count(1))
        return f"{prefix}-{next(counter):06d}"

    def advance(self, seconds: float) -> At:
        """Move forward and say what time it is."""
        self.at = At(self.at + round(seconds * SECOND))
        return self.at


@dataclass(slots=True)
class FakePeople:
    """Slack accounts by id; channels are private to the workspace unless listed as shared."""

    persons: dict[PersonId, Person] = field(default_factory=dict[PersonId, Person])
    shared_channels: set[str] = field(default_factory=set[str])
    reachable: bool = True

    async def person(self, person: PersonId) -> Person | None:
        return self.persons.get(person) if self.reachable else None

    async def shared(self, channel: str) -> bool:
        return not self.reachable or channel in self.shared_channels


@dataclass(slots=True)
class FakeRoster:
    """The lists of a policy, unless a name is set to fail or to answer something else."""

    policy: Policy
    clock: Clock
    errors: dict[str, str] = field(default_factory=dict[str, str])
    members: dict[str, tuple[PersonId, ...]] = field(default_factory=dict[str, tuple[PersonId, ...]])

    async def read(self, name: RosterName, role: Role) -> RosterAnswer:
        spec = self.policy.roster(name)
        error = self.errors.get(name, "" if spec else "no such roster")
        listed = self.members.get(name, spec.members if spec else ())
        return RosterAnswer(role, name, "list", () if error else listed, self.clock.now(), error)


@dataclass(slots=True)
class FakeEyes:
    """Sees what it was set to see; a kind or target in `blind` fails the way the real eyes fail."""

    clock: Clock
    facts: dict[EvidenceKind, tuple[Fact, ...]] = field(default_factory=dict[EvidenceKind, tuple[Fact, ...]])
    texts: dict[EvidenceKind, str] = field(default_factory=dict[EvidenceKind, str])
    samples: dict[str, deque[str | None]] = field(default_factory=dict[str, deque[str | None]])
    state: dict[TargetId, dict[str, str]] = field(default_factory=dict[TargetId, dict[str, str]])
    probes: dict[TargetId, Probe] = field(default_factory=dict[TargetId, Probe])
    blind: set[str] = field(default_factory=set[str])
    looked: list[str] = field(default_factory=list[str])
    identities: dict[TargetId, str | Exception] = field(default_factory=dict[TargetId, str | Exception])
    """Where targets are live; one that is not here has an executor that cannot tell."""
    dry_runs: dict[TargetId, DryRun | Exception] = field(default_factory=dict[TargetId, DryRun | Exception])
    """What a dry run on a target says; one that is not here has an executor without dry runs."""

    def set_samples(self, metric: str, *values: str | None) -> None:
        """The next answers of one metric; the last one stays for ever."""
        self.samples[metric] = deque(values)

    def set_state(self, target: TargetId, **fields: str) -> None:
        """Set observed fields of a target and keep its others."""
        self.state.setdefault(target, {}).update(fields)

    def set_facts(self, kind: EvidenceKind, *facts: Fact, text: str = "") -> None:
        """What a look of this kind finds, and the text that quotes are checked against."""
        self.facts[kind] = facts
        self.texts[kind] = text or "\n".join(str(fact) for fact in facts)

    async def logs(self, service: Service, window: Window) -> Sighting:
        return self._sighting(EvidenceKind.LOGS, service, window)

    async def metrics(self, service: Service, window: Window) -> Sighting:
        return self._sighting(EvidenceKind.METRICS, service, window)

    async def changes(self, service: Service, window: Window) -> Sighting:
        return self._sighting(EvidenceKind.CHANGES, service, window)

    async def sample(self, service: Service, metric: MetricSpec) -> str | None:
        self.looked.append(f"sample:{service.name}:{metric.name}")
        values = self.samples.get(metric.name)
        if not values:
            return None
        return values.popleft() if len(values) > 1 else values[0]

    async def observe(self, service: Service, target: TargetId) -> Observation:
        self.looked.append(f"observe:{service.name}:{target}")
        if target in self.blind or target not in self.state:
            raise SourceUnavailableError(f"{target} cannot be observed.")
        return Observation(target, self.clock.now(), tuple(sorted(self.state[target].items())))

    async def probe(self, service: Service, step: Step, key: str) -> Probe | None:
        self.looked.append(f"probe:{service.name}:{step.target}:{key}")
        return self.probes.get(step.target)

    async def recent_changes(self, service: Service, window: Window) -> tuple[Change, ...]:
        found = self.facts.get(EvidenceKind.CHANGES, ())
        return tuple(
            fact
            for fact in found
            if isinstance(fact, Change)
            and fact.service == service.name
            and window.start <= fact.at <= window.end
        )

    async def identity(self, service: Service, target: TargetId) -> str | None:
        self.looked.append(f"identity:{service.name}:{target}")
        found = self.identities.get(target)
        return None if found is None else _answer(found)

    async def dry_run(self, service: Service, step: Step) -> DryRun | None:
        self.looked.append(f"dry_run:{service.name}:{step.target}")
        found = self.dry_runs.get(step.target)
        return None if found is None else _answer(found)

    def _sighting(self, kind: EvidenceKind, service: Service, window: Window) -> Sighting:
        self.looked.append(f"{kind}:{service.name}")
        failed = kind in self.blind
        text = f"The source of {kind} did not answer." if failed else self.texts.get(kind, "")
        facts = () if failed else self.facts.get(kind, ())
        evidence = Evidence(
            id=EvidenceId(self.clock.new_id("ev")),
            kind=kind,
            source=f"fake {kind}",
            query=service.name,
            start=window.start,
            end=window.end,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            summary=text.partition("\n")[0][:120] or f"no {kind}",
            failed=failed,
        )
        return Sighting(evidence, text, facts)


@dataclass(frozen=True, slots=True)
class Performed:
    """A step that the fake hands ran."""

    incident: IncidentId
    order: Order
    step: Step


@dataclass(slots=True)
class FakeHands:
    """Runs what `permitted` allows by the incidents it was given, records it, then answers as scripted.

    `answers` are taken in turn, afterwards everything succeeds; an exception is raised after the effect,
    which is what a lost answer looks like, or instead of it with `lost_before_effect`.
    """

    incidents: Incidents
    effect: Callable[[Step], None] = lambda _: None
    answers: deque[Done | Exception] = field(default_factory=deque[Done | Exception])
    lost_before_effect: bool = False
    performed: list[Performed] = field(default_factory=list[Performed])
    refused: list[tuple[IncidentId, Order, str]] = field(default_factory=list[tuple[IncidentId, Order, str]])

    async def perform(self, incident: IncidentId, order: Order) -> Done:
        loaded = await self.incidents.load(incident)
        step = permitted(replay(loaded.entries), order)
        if isinstance(step, str):
            self.refused.append((incident, order, step))
            raise ExecutorRefusedError("NOT_APPROVED", step)
        self.performed.append(Performed(incident, order, step))
        answer = self.answers.popleft() if self.answers else Done(ok=True, detail=f"{step.action} done")
        failed = isinstance(answer, Exception)
        if not (failed and self.lost_before_effect) and not (isinstance(answer, Done) and not answer.ok):
            self.effect(step)
        if isinstance(answer, Exception):
            raise answer
        return answer


def checkout_effect(eyes: FakeEyes) -> Callable[[Step], None]:
    """What the actions of the example catalogue do to the state that these eyes see."""

    def act(step: Step) -> None:
        parameters: Mapping[str, str | int] = dict(step.parameters)
        now = eyes.state.setdefault(step.target, {})
        started = str(int(now.get("pid_start", "0")) + 1)
        match step.action:
            case "restart":
                now["pid_start"] = started
            case "increase_pool_size":
                now["pool_size"] = str(parameters["pool_size"])
            case "rollback_deployment":
                now["previous_version"] = now.get("version", "")
                now["version"] = str(parameters["version"])
                now["pid_start"] = started
            case other:
                raise AssertionError(f"no effect written for {other}")

    return act


@dataclass(slots=True)
class ScriptedTeam:
    """A team with queued answers; the last one stays, and without any it knows and proposes nothing."""

    diagnoses: deque[Diagnosis | Exception] = field(default_factory=deque[Diagnosis | Exception])
    remediations: deque[Remediation | Exception] = field(default_factory=deque[Remediation | Exception])
    cases: list[Case] = field(default_factory=list[Case])

    async def diagnose(self, case: Case) -> Diagnosis:
        self.cases.append(case)
        unsure = Diagnosis(Verdict.INCONCLUSIVE, "", None, Confidence.LOW, (), "scripted")
        return _answer(_next(self.diagnoses, unsure))

    async def remedy(self, case: Case) -> Remediation:
        self.cases.append(case)
        return _answer(_next(self.remediations, Remediation(())))


def _next(queued: deque[T], default: T) -> T:
    if not queued:
        return default
    return queued.popleft() if len(queued) > 1 else queued[0]


def _answer(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
