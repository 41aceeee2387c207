"""`apply`: how each event changes an incident, and which events are legal where."""

from collections.abc import Iterable
from dataclasses import replace

from bot.domain.around import around
from bot.domain.errors import IllegalEventError
from bot.domain.events import (
    AlertFiredAgain,
    AlertResolved,
    Answered,
    Asked,
    Decided,
    Diagnosed,
    Entry,
    Escalated,
    EvidenceGathered,
    ExecutionFinished,
    ExecutionStarted,
    ExecutionStopped,
    IncidentClosed,
    IncidentOpened,
    NothingProposed,
    OptionChosen,
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
    TeamWorked,
    Verified,
)
from bot.domain.finding import Verdict
from bot.domain.ids import Digest
from bot.domain.incident import (
    NOT_APPLIED,
    PLANNABLE,
    Closed,
    Incident,
    Phase,
    PlanState,
    Question,
    StepState,
    StepStatus,
    looked_at_anew,
    went_stale,
)
from bot.domain.plan import digest_of, parsed
from bot.domain.teamwork import (
    Around,
    AutoApproved,
    DraftEdited,
    DraftMade,
    DraftSent,
    FeedbackGiven,
    Muted,
    ParametersEdited,
    PlanAsked,
    PreconditionsRead,
    Reopened,
    UndoAsked,
)
from bot.domain.wished import answered, auto_approved, wanted

AFTER_THE_END = (
    Asked
    | Answered
    | EvidenceGathered
    | TeamWorked
    | FeedbackGiven
    | Muted
    | DraftMade
    | DraftEdited
    | DraftSent
    | Reopened
    | UndoAsked
)
"""A closed incident can still be asked about; nothing else happens to it."""


def replay(entries: Iterable[Entry]) -> Incident | None:
    """The incident that these entries add up to; nothing for no entries."""
    incident: Incident | None = None
    for entry in entries:
        incident = apply(incident, entry)
    return incident


def apply(incident: Incident | None, entry: Entry) -> Incident:
    """The incident after one more entry; raises IllegalEventError where the entry cannot follow."""
    expected = 1 if incident is None else incident.version + 1
    if entry.number != expected:
        raise IllegalEventError(f"Entry {entry.number} cannot follow: {expected} is next.")
    if incident is None:
        return _opened(entry)
    if not incident.is_open and not isinstance(entry.event, AFTER_THE_END):
        raise IllegalEventError(f"The incident is closed; {type(entry.event).__name__} cannot follow.")
    event = entry.event
    changed = around(incident, entry, event) if isinstance(event, Around) else _after(incident, entry)
    return replace(changed, version=entry.number, updated_at=entry.at, entries=(*incident.entries, entry))


def _opened(entry: Entry) -> Incident:
    event = entry.event
    if not isinstance(event, IncidentOpened):
        raise IllegalEventError("An incident starts with IncidentOpened.")
    return Incident(
        id=event.incident,
        version=1,
        phase=Phase.DETECTED,
        place=event.place,
        alert=event.alert,
        service=event.service,
        waits=event.waits,
        opened_at=entry.at,
        updated_at=entry.at,
        entries=(entry,),
    )


def _after(incident: Incident, entry: Entry) -> Incident:
    match entry.event:
        case AlertResolved(_, fingerprint):
            quiet = incident.quiet | {fingerprint or incident.alert.fingerprint}
            over = quiet.issuperset(incident.fingerprints)
            return replace(
                incident, quiet=quiet, firing=not over, alert_resolved_at=entry.at if over else None
            )
        case AlertFiredAgain(_, fingerprint):
            quiet = incident.quiet - {fingerprint or incident.alert.fingerprint}
            return replace(incident, quiet=quiet, firing=True, alert_resolved_at=None)
        case EvidenceGathered(evidence):
            return replace(incident, evidence=(*incident.evidence, *evidence))
        case PauseSet(paused, person, _):
            return replace(incident, paused_by=person if paused else None)
        case TeamWorked():
            return replace(incident, worked=(*incident.worked, entry.event))
        case Asked(person, ts, text):
            return replace(incident, questions=(*incident.questions, Question(person, ts, text)))
        case Answered():
            return answered(incident, entry.event)
        case Escalated(reason, commander):
            _must(incident, incident.phase is not Phase.EXECUTING, entry)
            return replace(
                incident,
                phase=Phase.ESCALATED,
                escalation=reason,
                escalated_at=entry.at,
                to_commander=commander,
            )
        case IncidentClosed(closing, person, note, of):
            _must(incident, incident.phase not in {Phase.EXECUTING, Phase.UNKNOWN}, entry)
            return replace(incident, phase=Phase.CLOSED, closed=Closed(closing, person, note, entry.at, of))
        case _:
            return _after_plan_event(incident, entry)


def _after_plan_event(incident: Incident, entry: Entry) -> Incident:
    match entry.event:
        case Diagnosed(diagnosis):
            _must(incident, incident.phase in PLANNABLE | {Phase.DETECTED}, entry)
            return replace(incident, phase=Phase.TRIAGED, diagnosis=diagnosis)
        case OptionChosen() | ParametersEdited() | UndoAsked() | PlanAsked():
            return wanted(incident, entry, entry.event)
        case AutoApproved():
            return auto_approved(incident, entry, entry.event)
        case PlanProposed():
            return _proposed(incident, entry, entry.event)
        case NothingProposed(verdict, reason, cause_by):
            _must(incident, incident.phase in {Phase.TRIAGED, Phase.REJECTED, Phase.VERIFIED}, entry)
            phase = Phase.HEALTHY if verdict is Verdict.HEALTHY else Phase.INCONCLUSIVE
            return replace(incident, phase=phase, nothing=reason, cause_by=cause_by)
        case Decided():
            return _decided(incident, entry, entry.event)
        case PlanEnded() | PreconditionsRead():
            return _before_it_began(incident, entry, entry.event)
        case ExecutionStarted(digest, measured):
            state = _current(incident, entry, digest)
            ready = incident.phase is Phase.APPROVED and state.approved and state.alive
            _must(incident, ready and (state.hold_until or 0) <= entry.at, entry)
            started = replace(state, started_at=entry.at, measured=measured)
            return replace(_with(incident, started), phase=Phase.EXECUTING)
        case SampleTaken() | Verified():
            return _measured(incident, entry, entry.event)
        case _:
            return _after_step_event(incident, entry)


def _after_step_event(incident: Incident, entry: Entry) -> Incident:
    match entry.event:
        case StepStarted():
            return _step_started(incident, entry, entry.event)
        case StepFinished(digest, step, ok, detail, observed):
            state = _executing(incident, entry, digest, Phase.EXECUTING)
            was = _step(state, step, {StepStatus.STARTED}, entry)
            status = StepStatus.DONE if ok else StepStatus.FAILED
            now = replace(was, status=status, finished_at=entry.at, detail=detail, observed_after=observed)
            return _with(incident, _with_step(state, step, now))
        case StepNotRun(digest, step, code, detail):
            state = _executing(incident, entry, digest, Phase.EXECUTING)
            was = _step(state, step, {StepStatus.PENDING, StepStatus.STARTED}, entry)
            now = replace(was, status=StepStatus.NOT_RUN, code=code, detail=detail)
            return _with(incident, _with_step(state, step, now))
        case OutcomeUnknown(digest, step, detail):
            state = _executing(incident, entry, digest, Phase.EXECUTING)
            was = _step(state, step, {StepStatus.STARTED}, entry)
            now = replace(was, status=StepStatus.UNKNOWN, finished_at=entry.at, detail=detail)
            return replace(_with(incident, _with_step(state, step, now)), phase=Phase.UNKNOWN)
        case Probed():
            return _probed(incident, entry, entry.event)
        case OutcomeRecorded(digest, step, applied, person, note):
            state = _executing(incident, entry, digest, Phase.UNKNOWN)
            was = _step(state, step, {StepStatus.UNKNOWN}, entry)
            status = StepStatus.DONE if applied else StepStatus.FAILED
            code = "" if applied else NOT_APPLIED
            now = replace(was, status=status, code=code, detail=f"{person}: {note}")
            return replace(_with(incident, _with_step(state, step, now)), phase=Phase.EXECUTING)
        case ExecutionFinished(digest):
            state = _executing(incident, entry, digest, Phase.EXECUTING)
            _must(incident, all(step.status is StepStatus.DONE for step in state.steps), entry)
            return replace(_with(incident, replace(state, executed_at=entry.at)), phase=Phase.EXECUTED)
        case ExecutionStopped(digest, code, detail):
            state = _executing(incident, entry, digest, Phase.EXECUTING)
            _must(incident, state.unfinished is None and state.in_doubt is None, entry)
            stopped = replace(state, stopped=(code, detail))
            phase = _after_drift(incident, stopped) if went_stale(stopped) else Phase.STOPPED
            return replace(_with(incident, stopped), phase=phase)
        case _:
            raise IllegalEventError(f"{type(entry.event).__name__} cannot follow {incident.phase}.")


def _before_it_began(incident: Incident, entry: Entry, event: PlanEnded | PreconditionsRead) -> Incident:
    if isinstance(event, PreconditionsRead):
        state = _current(incident, entry, event.digest)
        _must(incident, state.alive and 0 < event.approvals <= len(state.approvals), entry)
        return _with(incident, replace(state, read_again=(*state.read_again, (entry.at, event))))
    state = incident.current
    _must(incident, state is not None and state.alive, entry)
    assert state is not None
    _must(incident, (state.plan.id, state.plan.revision) == (event.plan, event.revision), entry)
    phase = Phase.EXPIRED if event.how is PlanEnd.EXPIRED else incident.phase
    if event.how is PlanEnd.DRIFTED:
        phase = _after_drift(incident, state)
    ended = replace(state, ended=event.how, drift=event.detail)
    return replace(_with(incident, ended), phase=phase)


def _after_drift(incident: Incident, state: PlanState) -> Phase:
    return Phase.DETECTED if looked_at_anew(incident, state) else Phase.STOPPED


def _measured(incident: Incident, entry: Entry, event: SampleTaken | Verified) -> Incident:
    state = _current(incident, entry, event.digest)
    _must(incident, incident.phase is Phase.EXECUTED, entry)
    if isinstance(event, SampleTaken):
        return _with(incident, replace(state, samples=(*state.samples, (entry.at, event))))
    verified = replace(state, outcome=event.outcome, outcome_detail=event.detail)
    return replace(_with(incident, verified), phase=Phase.VERIFIED)


def _proposed(incident: Incident, entry: Entry, event: PlanProposed) -> Incident:
    _must(incident, incident.phase in PLANNABLE, entry)
    plan = parsed(event.body)
    bound = (plan.id, plan.revision, plan.incident) == (event.plan, event.revision, incident.id)
    _must(incident, bound and digest_of(event.body) == event.digest, entry)
    last = incident.current
    _must(incident, plan.revision == (last.plan.revision + 1 if last else 1), entry)
    plans = incident.plans
    if last is not None and last.alive:
        plans = (*plans[:-1], replace(last, ended=PlanEnd.SUPERSEDED))
    state = PlanState(
        plan=plan,
        digest=event.digest,
        body=event.body,
        explanation=event.explanation,
        options=event.options,
        proposed_at=entry.at,
        steps=tuple(StepState(step) for step in plan.steps),
        asked=incident.wanted is not None,
        undo_of=incident.wanted.digest if isinstance(incident.wanted, UndoAsked) else None,
    )
    return replace(
        incident, phase=Phase.PROPOSED, plans=(*plans, state), escalation="", nothing="", wanted=None
    )


def _decided(incident: Incident, entry: Entry, event: Decided) -> Incident:
    state = _current(incident, entry, event.digest)
    bound = (state.plan.id, state.plan.revision) == (event.plan, event.revision)
    _must(incident, incident.phase is Phase.PROPOSED and state.open and bound, entry)
    _must(incident, entry.at < state.plan.expires_at, entry)
    again = any(event.person == decided.person for _, decided in state.decisions)
    _must(incident, not (event.approved and again), entry)
    decided = replace(state, decisions=(*state.decisions, (entry.at, event)))
    if not event.approved:
        ended = replace(decided, ended=PlanEnd.REJECTED)
        return replace(_with(incident, ended), phase=Phase.REJECTED)
    phase = Phase.APPROVED if decided.approved else Phase.PROPOSED
    return replace(_with(incident, decided), phase=phase)


def _step_started(incident: Incident, entry: Entry, event: StepStarted) -> Incident:
    state = _executing(incident, entry, event.digest, Phase.EXECUTING)
    was = _step(state, event.step, {StepStatus.PENDING}, entry)
    earlier = state.steps[: event.step]
    _must(incident, state.approved and was.step.target == event.target, entry)
    _must(incident, incident.paused_by is None, entry)
    _must(incident, all(step.status is StepStatus.DONE for step in earlier), entry)
    now = replace(
        was,
        status=StepStatus.STARTED,
        started_at=entry.at,
        fence=event.fence,
        key=event.key,
        observed_before=event.observed,
    )
    return _with(incident, _with_step(state, event.step, now))


def _probed(incident: Incident, entry: Entry, event: Probed) -> Incident:
    state = _executing(incident, entry, event.digest, Phase.UNKNOWN)
    was = _step(state, event.step, {StepStatus.UNKNOWN}, entry)
    now = replace(was, probes=(*was.probes, event), detail=event.detail)
    if event.applied is None:
        return _with(incident, _with_step(state, event.step, now))
    status, code = (StepStatus.DONE, "") if event.applied else (StepStatus.FAILED, NOT_APPLIED)
    settled = replace(now, status=status, code=code)
    return replace(_with(incident, _with_step(state, event.step, settled)), phase=Phase.EXECUTING)


def _must(incident: Incident, legal: bool, entry: Entry) -> None:  # noqa: FBT001 - a condition, not a flag
    if not legal:
        name = type(entry.event).__name__
        raise IllegalEventError(f"{name} cannot follow {incident.phase} (entry {entry.number}).")


def _current(incident: Incident, entry: Entry, digest: Digest) -> PlanState:
    state = incident.current
    if state is None or state.digest != digest:
        raise IllegalEventError(f"{type(entry.event).__name__} names a plan that is not the current one.")
    return state


def _executing(incident: Incident, entry: Entry, digest: Digest, phase: Phase) -> PlanState:
    _must(incident, incident.phase is phase, entry)
    return _current(incident, entry, digest)


def _step(state: PlanState, index: int, wanted: set[StepStatus], entry: Entry) -> StepState:
    if not 0 <= index < len(state.steps) or state.steps[index].status not in wanted:
        raise IllegalEventError(f"{type(entry.event).__name__} does not fit step {index}.")
    return state.steps[index]


def _with(incident: Incident, state: PlanState) -> Incident:
    return replace(incident, plans=(*incident.plans[:-1], state))


def _with_step(state: PlanState, index: int, now: StepState) -> PlanState:
    return replace(state, steps=(*state.steps[:index], now, *state.steps[index + 1 :]))
