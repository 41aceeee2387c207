"""From a diagnosis to a frozen plan, or to the plain statement that there is none."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from bot.domain.action import UndoKind
from bot.domain.drafting import MORE_CARE, Desk
from bot.domain.errors import PlanRefusedError, SourceUnavailableError
from bot.domain.events import (
    Answered,
    Escalated,
    Event,
    NothingProposed,
    OptionChosen,
    PlanEnd,
    PlanEnded,
    PlanProposed,
)
from bot.domain.evidence import Observation, Sighting
from bot.domain.finding import Option, ProposedStep, Remediation, Verdict
from bot.domain.ids import PersonId, TargetId
from bot.domain.incident import Incident, Phase, PlanState, StepStatus
from bot.domain.plan import Plan, canonical, digest_of, same_steps_hash
from bot.domain.service import Service
from bot.flow.checked_plan import checked_plan
from bot.flow.conductor import Work
from bot.flow.handing_in import handed_in
from bot.ports.ports import Ports
from bot.ports.team import Case, Tried

MAX_OPTIONS = 4
REVISIONS = 2
"""How often a proposal that breaks the rules goes back to the team before a person is asked."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """An option that passed all checks, with its plan."""

    option: Option
    plan: Plan


async def planning(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Ask the team for ways to help, draft them, propose the first that passes every rule."""
    ports = work.ports
    stop = _nothing_to_plan(incident, ports)
    if stop is not None:
        yield stop
        return
    service = ports.content.inventory().service(incident.service)
    assert service is not None
    observations = await _observe(ports, service)
    undo = _undo_of_last(incident, observations)
    if isinstance(incident.wanted, OptionChosen):
        yield await _chosen(incident, ports, observations, incident.wanted)
        return
    case = await _case(ports, incident, service, observations)
    remediation, drafted, refusals = await _ways(ports, incident, case, observations, undo)
    for event in await handed_in(ports, case.worksheet):
        incident = yield event
    if drafted:
        yield _proposal(drafted)
        return
    yield _no_plan(incident, remediation, refusals)


async def _ways(
    ports: Ports,
    incident: Incident,
    case: Case,
    observations: dict[TargetId, Observation],
    undo: tuple[ProposedStep, ...],
) -> tuple[Remediation, tuple[Drafted, ...], tuple[str, ...]]:
    """Ask the team; where nothing of what it proposes passes, tell it why and ask again, twice at most."""
    remediation = await ports.team.remedy(case)
    for _ in range(REVISIONS):
        drafted, refusals = await _drafted(incident, ports, observations, remediation, undo)
        if drafted or not refusals:
            return remediation, drafted, refusals
        again = await ports.team.remedy(replace(case, refusals=refusals))
        if again.options == remediation.options:
            return remediation, drafted, refusals
        remediation = again
    return remediation, *await _drafted(incident, ports, observations, remediation, undo)


async def expiring(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """End a plan that nobody decided in time."""
    state = incident.current
    if state is not None and state.alive and work.ports.clock.now() >= state.plan.expires_at:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)


def _nothing_to_plan(incident: Incident, ports: Ports) -> Event | None:
    diagnosis = incident.diagnosis
    if incident.wanted is not None:
        return None
    if diagnosis is None or diagnosis.verdict is Verdict.INCONCLUSIVE:
        missing = "; ".join(diagnosis.missing) if diagnosis else ""
        return NothingProposed(Verdict.INCONCLUSIVE, missing or "No cause could be shown from the evidence.")
    if diagnosis.verdict is Verdict.HEALTHY:
        return NothingProposed(
            Verdict.HEALTHY, diagnosis.cause or "Everything measured is in its normal range."
        )
    limits = ports.content.policy().limits
    if len(incident.executions) >= limits.plans_per_incident:
        return Escalated(f"{len(incident.executions)} plans were executed and none helped.")
    rejected = sum(state.ended is PlanEnd.REJECTED for state in incident.plans)
    if rejected > limits.replans_after_rejection:
        return Escalated(f"{rejected} plans were rejected; the incident commander decides.")
    return None


async def _observe(ports: Ports, service: Service) -> dict[TargetId, Observation]:
    seen: dict[TargetId, Observation] = {}
    for target in service.targets:
        try:
            seen[target.id] = await ports.eyes.observe(service, target.id)
        except SourceUnavailableError:
            continue
    return seen


async def _case(
    ports: Ports, incident: Incident, service: Service, observations: dict[TargetId, Observation]
) -> Case:
    found = [await ports.blobs.get(evidence.id) for evidence in incident.evidence]
    sightings: tuple[Sighting, ...] = tuple(sighting for sighting in found if sighting is not None)
    return Case(
        incident=incident.id,
        alert=incident.alert,
        service=service,
        sightings=sightings,
        catalogue=ports.content.catalogue(),
        now=ports.clock.now(),
        observations=tuple(observations.values()),
        diagnosis=incident.diagnosis,
        tried=tuple(tried for state in incident.plans if (tried := _tried(state))),
    )


def _tried(state: PlanState) -> Tried | None:
    if state.ended is PlanEnd.REJECTED and state.rejection is not None:
        return Tried(state.plan.steps, "rejected", state.rejection.reason)
    if state.outcome is not None:
        return Tried(state.plan.steps, str(state.outcome), state.outcome_detail)
    if state.stopped is not None:
        return Tried(state.plan.steps, "stopped", state.stopped[1])
    return None


def _undo_of_last(incident: Incident, observations: dict[TargetId, Observation]) -> tuple[ProposedStep, ...]:
    """The undo of the ineffective steps, last first, where the target still shows what they left behind."""
    last = incident.executions[-1] if incident.executions else None
    if last is None or incident.phase is not Phase.VERIFIED:
        return ()
    return tuple(
        ProposedStep(state.step.undo.action, state.step.target, state.step.undo.parameters)
        for state in reversed(last.steps)
        if state.status is StepStatus.DONE
        and state.step.undo.kind is UndoKind.ACTION
        and state.step.undo.action is not None
        and _still_ours(state.step.changes, observations.get(state.step.target))
    )


def _still_ours(changes: tuple[tuple[str, str, str], ...], seen: Observation | None) -> bool:
    return (
        seen is not None and bool(changes) and all(seen.field(field) == after for field, _, after in changes)
    )


def _desk(ports: Ports, observations: dict[TargetId, Observation], originators: tuple[PersonId, ...]) -> Desk:
    return Desk(
        inventory=ports.content.inventory(),
        catalogue=ports.content.catalogue(),
        policy=ports.content.policy(),
        observations=observations,
        originators=originators,
        tripwire=ports.content.tripwire,
        raise_tier=False,
        now=ports.clock.now(),
    )


async def _drafted(
    incident: Incident,
    ports: Ports,
    observations: dict[TargetId, Observation],
    remediation: Remediation,
    undo: tuple[ProposedStep, ...],
) -> tuple[tuple[Drafted, ...], tuple[str, ...]]:
    desk = _desk(ports, observations, _originators(incident))
    rejected = {same_steps_hash(s.plan) for s in incident.plans if s.ended is PlanEnd.REJECTED}
    ran = {_essence(step) for state in incident.executions for step in _proposed_steps(state)}
    kept, refusals = list[Drafted](), list[str]()
    for option in remediation.options[:MAX_OPTIONS]:
        if option.steps and all(_essence(step) in ran for step in option.steps):
            refusals.append(f"{option.title}: it was run in this incident and did not help")
            continue
        steps = (*(step for step in undo if step not in option.steps), *option.steps)
        try:
            care = option.raise_tier or remediation.raise_tier
            plan = await checked_plan(ports, incident, steps, replace(desk, raise_tier=care))
        except PlanRefusedError as refused:
            refusals.append(f"{option.title}: {refused.code}: {refused.message}")
            continue
        if same_steps_hash(plan) in rejected:
            refusals.append(f"{option.title}: SAME_STEPS: these steps were rejected")
            continue
        kept.append(Drafted(replace(option, steps=steps, raise_tier=care), plan))
    return tuple(kept), tuple(refusals)


def _essence(step: ProposedStep) -> str:
    return f"{step.action} {step.target} {step.parameters!r}"


def _originators(incident: Incident) -> tuple[PersonId, ...]:
    """Who gave the rejection reason behind this revision (rule 11)."""
    last = incident.current
    if incident.phase is Phase.REJECTED and last is not None and last.rejection is not None:
        return (last.rejection.person,)
    return ()


def _proposal(drafted: tuple[Drafted, ...]) -> PlanProposed:
    first = drafted[0]
    body = canonical(first.plan)
    return PlanProposed(
        plan=first.plan.id,
        revision=first.plan.revision,
        digest=digest_of(body),
        body=body,
        explanation=first.option.explanation,
        options=tuple(other.option for other in drafted[1:]),
    )


async def _chosen(
    incident: Incident, ports: Ports, observations: dict[TargetId, Observation], wanted: OptionChosen
) -> Event:
    """The option that a person asked for, as a new revision whose originator that person is."""
    last = incident.current
    assert last is not None
    option = last.options[wanted.number - 1]
    desk = replace(_desk(ports, observations, (wanted.person,)), raise_tier=option.raise_tier)
    try:
        plan = await checked_plan(ports, incident, option.steps, desk)
    except PlanRefusedError as refused:
        return Answered(wanted.ts, f"Option {wanted.number} cannot be proposed now: {refused.message}")
    others = tuple(other for other in last.options if other is not option)
    care = last.plan.tier_rule == MORE_CARE
    mine = Option("the former proposal", _proposed_steps(last), last.explanation, care)
    return _proposal((Drafted(option, plan), *(Drafted(other, plan) for other in (mine, *others))))


def _proposed_steps(state: PlanState) -> tuple[ProposedStep, ...]:
    return tuple(ProposedStep(step.action, step.target, step.parameters) for step in state.plan.steps)


def _no_plan(incident: Incident, remediation: Remediation, refusals: tuple[str, ...]) -> Event:
    why = remediation.note or "No action of the catalogue fits."
    reason = " ".join((why, *refusals))
    cause = incident.diagnosis.cause if incident.diagnosis else ""
    return Escalated(f"{cause} {reason}".strip())
