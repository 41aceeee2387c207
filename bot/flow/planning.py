"""From a diagnosis to a frozen plan, or to the plain statement that there is none."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

from bot.domain.errors import ClaimRefusedError, PlanRefusedError
from bot.domain.events import (
    Answered,
    Closing,
    Escalated,
    Event,
    IncidentClosed,
    NothingProposed,
    OptionChosen,
    Outcome,
    PlanEnd,
)
from bot.domain.evidence import Observation, Sighting
from bot.domain.finding import ProposedStep, Remediation, Verdict
from bot.domain.ids import PersonId, TargetId
from bot.domain.incident import Incident, Phase, PlanState
from bot.domain.limits import limit_words
from bot.domain.service import Service
from bot.domain.teamwork import ParametersEdited, PlanAsked, UndoAsked
from bot.flow.auto_apply import auto_approved
from bot.flow.checked_plan import checked_plan
from bot.flow.conductor import Work
from bot.flow.drafts import (
    Drafted,
    Seen,
    desk_of,
    moved_on,
    observed,
    proposal,
    proposed_steps,
    undo_step,
    undoable,
)
from bot.flow.handing_in import edits_proposed, handed_in
from bot.flow.revisions import chosen, edited, undone
from bot.ports.ports import Ports
from bot.ports.team import NOT_RUN, Case, Tried

MAX_OPTIONS = 4
REVISIONS = 2
"""How often a proposal that breaks the rules goes back to the team before a person is asked."""


async def planning(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Ask the team for ways to help, draft them, propose the first that passes every rule."""
    ports = work.ports
    stop = _nothing_to_plan(incident, ports)
    if stop is not None:
        yield stop
        return
    service = ports.content.inventory().service(incident.service)
    assert service is not None
    observations = await observed(ports, service)
    undo = _undo_of_last(incident, observations)
    revised = await _wanted(incident, ports, observations)
    if revised is not None:
        try:
            yield revised
        except ClaimRefusedError as full:
            assert incident.wanted is not None
            yield Answered(incident.wanted.ts, f"That cannot be proposed now: {limit_words(full)}.")
        return
    case = await _case(ports, incident, service, observations)
    remediation, drafted, refusals = await _ways(ports, incident, case, observations, undo)
    for event in await handed_in(ports, case.worksheet):
        incident = yield event
    await edits_proposed(ports, incident, case.worksheet, next(iter(_originators(incident)), None))
    if drafted:
        try:
            incident = yield proposal(drafted)
        except ClaimRefusedError as full:
            yield _no_plan(incident, remediation, (*refusals, f"{full.code}: {limit_words(full)}."))
            return
        auto = await auto_approved(ports, incident)
        if auto is not None:
            # over a limit it simply waits for a person, like every other plan
            with suppress(ClaimRefusedError):
                yield auto
        return
    yield _no_plan(incident, remediation, refusals)


async def _wanted(incident: Incident, ports: Ports, seen: Seen) -> Event | None:
    """What a person wants the next plan to be, drafted; nothing where the team has to find one."""
    match incident.wanted:
        case OptionChosen():
            return await chosen(incident, ports, seen, incident.wanted)
        case ParametersEdited():
            return await edited(incident, ports, seen, incident.wanted)
        case UndoAsked():
            return await undone(incident, ports, seen, incident.wanted)
        case _:
            return None


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
        remediation = await ports.team.remedy(replace(case, refusals=refusals))
    return remediation, *await _drafted(incident, ports, observations, remediation, undo)


def _nothing_to_plan(incident: Incident, ports: Ports) -> Event | None:
    diagnosis = incident.diagnosis
    if incident.wanted is not None:
        return None
    if _undo_declined(incident):
        return IncidentClosed(Closing.VERIFIED, None, "The undo was rejected; nothing was taken back.")
    if diagnosis is None or diagnosis.verdict is Verdict.INCONCLUSIVE:
        missing = "; ".join(diagnosis.missing) if diagnosis else ""
        by = ports.content.policy().paging.cause_by(incident.opened_at)
        why = missing or "No cause could be shown from the evidence."
        return NothingProposed(Verdict.INCONCLUSIVE, why, by)
    if diagnosis.verdict is Verdict.HEALTHY:
        return NothingProposed(
            Verdict.HEALTHY, diagnosis.cause or "Everything measured is in its normal range."
        )
    limits = ports.content.policy().limits
    if len(incident.acted) >= limits.plans_per_incident:
        return Escalated(f"{len(incident.acted)} plans were executed and none helped.")
    rejected = sum(state.ended is PlanEnd.REJECTED for state in incident.plans)
    if rejected > limits.replans_after_rejection:
        return Escalated(f"{rejected} plans were rejected; the incident commander decides.", commander=True)
    own = sum(not state.asked for state in incident.plans)
    if own >= limits.plans_per_incident:
        return Escalated(f"{own} plans were proposed in this incident; a person has to ask for another one.")
    return None


def _undo_declined(incident: Incident) -> bool:
    """Whether somebody rejected the undo of a plan that helped: then all is as it was before that wish."""
    state = incident.current
    if state is None or state.undo_of is None or state.ended is not PlanEnd.REJECTED:
        return False
    helped = incident.plan(state.undo_of)
    return helped is not None and helped.outcome is Outcome.IMPROVED


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
        related=incident.joined,
        tried=tuple(tried for state in incident.plans if (tried := _tried(state))),
        wish=incident.wanted.text if isinstance(incident.wanted, PlanAsked) else "",
    )


def _tried(state: PlanState) -> Tried | None:
    if state.ended is PlanEnd.REJECTED and state.rejection is not None:
        return Tried(state.plan.steps, "rejected", state.rejection.reason)
    if state.outcome is not None:
        return Tried(state.plan.steps, str(state.outcome), state.outcome_detail)
    if state.acted and state.stopped is not None:
        return Tried(state.plan.steps, "stopped", state.stopped[1])
    if _unbegun(state):
        return Tried(state.plan.steps, NOT_RUN, state.drift or ": ".join(state.stopped or ()))
    return None


async def _drafted(
    incident: Incident,
    ports: Ports,
    observations: dict[TargetId, Observation],
    remediation: Remediation,
    undo: tuple[ProposedStep, ...],
) -> tuple[tuple[Drafted, ...], tuple[str, ...]]:
    desk = desk_of(ports, observations, _originators(incident))
    ran = {_essence(step) for state in incident.acted for step in proposed_steps(state)}
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
        kept.append(Drafted(replace(option, steps=steps, raise_tier=care), plan))
    return tuple(kept), tuple(refusals)


def _undo_of_last(incident: Incident, observations: Seen) -> tuple[ProposedStep, ...]:
    """The undo of the ineffective steps, last first, where the target still shows what they left behind."""
    last = incident.acted[-1] if incident.acted else None
    if last is None or last is not _newest(incident) or last.outcome is None or last.undo_of is not None:
        return ()
    stale = incident.phase is Phase.TRIAGED and incident.current is not last
    if incident.phase is not Phase.VERIFIED and not stale:
        return ()
    return tuple(
        undo_step(state)
        for state in reversed(last.steps)
        if undoable(state) and not moved_on(state, observations.get(state.step.target))
    )


def _essence(step: ProposedStep) -> str:
    return f"{step.action} {step.target} {step.parameters!r}"


def _originators(incident: Incident) -> tuple[PersonId, ...]:
    """Who asked for this revision in words, or gave a rejection reason behind it (rule 11).

    The team is told every reason of the incident whenever it plans, also after an investigation or another
    plan in between: whoever gave one has steered what comes of it. It is told the steps of a plan that could
    not be begun, too, and may well propose them again: whoever asked for those stays an originator.
    """
    asked = (incident.wanted.person,) if isinstance(incident.wanted, PlanAsked) else ()
    steered = (state.rejection.person for state in incident.plans if state.rejection is not None)
    unbegun = (person for state in incident.plans if _unbegun(state) for person in state.plan.originators)
    return tuple(dict.fromkeys((*asked, *steered, *unbegun)))


def _newest(incident: Incident) -> PlanState | None:
    """The newest plan that says something of the next: one that could not be begun says nothing."""
    return next((state for state in reversed(incident.plans) if not _unbegun(state)), None)


def _unbegun(state: PlanState) -> bool:
    """Whether it was approved in vain: the world was another one, or the first step could not start."""
    return state.ended is PlanEnd.DRIFTED or (state.stopped is not None and not state.acted)


def _no_plan(incident: Incident, remediation: Remediation, refusals: tuple[str, ...]) -> Event:
    why = remediation.note or "No action of the catalogue fits."
    reason = " ".join((why, *refusals))
    if isinstance(incident.wanted, PlanAsked):
        return Answered(incident.wanted.ts, f"I could not make a plan of that. {reason}")
    cause = incident.diagnosis.cause if incident.diagnosis else ""
    return Escalated(f"{cause} {reason}".strip())
