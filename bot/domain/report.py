"""The report of an incident, rendered from its events alone: it cannot claim what did not happen."""

from dataclasses import dataclass
from typing import assert_never

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
    OptionChosen,
    Outcome,
    OutcomeRecorded,
    OutcomeUnknown,
    PauseSet,
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
from bot.domain.ids import At, PersonId, grouped
from bot.domain.incident import Incident, PlanState, StepState, StepStatus
from bot.domain.plan import Plan, Step, parsed
from bot.domain.spending import spent_words, total


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline; `person` did it where somebody did."""

    at: At
    text: str
    person: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """One step that was started or refused, with who approved it and how it ended."""

    revision: int
    title: str
    target: str
    change: str
    status: StepStatus
    detail: str
    simulated: bool
    approvers: tuple[PersonId, ...]
    digest: str
    outcome: Outcome | None
    at: At | None


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, when, to whom it mattered, why, what was done, and what should follow."""

    title: str
    service: str
    severity: str
    began: At
    noticed: At
    ended: At | None
    ending: str
    measured: str
    impact: tuple[str, ...]
    timeline: tuple[Row, ...]
    cause: str
    confidence: str
    claims: tuple[str, ...]
    team: str
    actions: tuple[Ran, ...]
    followups: tuple[str, ...]
    spent: tuple[str, ...] = ()
    """What models used, one line per stage and one for all; none where none was asked."""


def report_of(incident: Incident) -> Report:
    """The report as the events so far allow it."""
    diagnosis, state = incident.diagnosis, incident.current
    found = diagnosis is not None and diagnosis.verdict is Verdict.CAUSE
    return Report(
        title=incident.alert.title,
        service=incident.service or incident.alert.service or "unknown",
        severity=incident.alert.severity or "not given",
        began=incident.alert.started_at,
        noticed=incident.opened_at,
        ended=incident.closed.at if incident.closed else None,
        ending=ending_of(incident),
        measured=state.outcome_detail if state else "",
        impact=impact_of(incident),
        timeline=timeline(incident.entries),
        cause=diagnosis.cause if diagnosis and found else "",
        confidence=str(diagnosis.confidence) if diagnosis else "",
        claims=tuple(claim.statement for claim in diagnosis.claims) if diagnosis else (),
        team=diagnosis.team if diagnosis else "",
        actions=actions_of(incident),
        followups=followups_of(incident),
        spent=spent_of(incident),
    )


def ending_of(incident: Incident) -> str:
    """How it ended, in one sentence; only a measurement says resolved."""
    if incident.closed is None:
        return f"Still open ({incident.phase})."
    match incident.closed.closing:
        case Closing.VERIFIED:
            return "Measured: the success check that was declared before approval holds."
        case Closing.RESOLVED_ITSELF:
            return "The alert stopped by itself; no measurement shows that a plan fixed it."
        case Closing.FIXED_BY_HAND:
            return "Fixed by hand, as a person said."
        case Closing.NOISE:
            return "Closed as noise by a person."
        case Closing.DUPLICATE:
            return "Closed as a duplicate by a person."
        case _:
            assert_never(incident.closed.closing)


def impact_of(incident: Incident) -> tuple[str, ...]:
    """What was measured of the harm: metric evidence, and the check's metric when a plan began."""
    seen = [one.summary for one in incident.evidence if one.kind == "metrics" and not one.failed]
    started = next((state for state in incident.executions if state.measured is not None), None)
    if started is not None:
        check = started.plan.steps[-1].check
        seen.append(f"{check.metric} was {started.measured} when the first plan began")
    return tuple(text for text in seen if text)


def actions_of(incident: Incident) -> tuple[Ran, ...]:
    """Every step of every plan that was started, in order."""
    return tuple(_ran(state, step) for state in incident.executions for step in state.steps)


def _ran(state: PlanState, step: StepState) -> Ran:
    return Ran(
        revision=state.plan.revision,
        title=step.step.title,
        target=step.step.target,
        change=_change(step.step),
        status=step.status,
        detail=step.detail,
        simulated=step.step.executor == "simulator",
        approvers=tuple(decided.person for decided in state.approvals),
        digest=grouped(state.digest),
        outcome=state.outcome,
        at=step.started_at,
    )


def _change(step: Step) -> str:
    changes = ", ".join(f"{name} {before} → {after}" for name, before, after in step.changes)
    return changes or ", ".join(f"{name}={value}" for name, value in step.parameters)


def followups_of(incident: Incident) -> tuple[str, ...]:
    """Monitoring, prevention, post-mortem, documentation: what these events make worth doing."""
    return (*_left_behind(incident), _monitoring(incident), _prevention(incident), *_papers(incident))


def _left_behind(incident: Incident) -> tuple[str, ...]:
    """Values that a plan without success left behind, by what they were before the first change."""
    first: dict[tuple[str, str], str] = {}
    left: dict[tuple[str, str], str] = {}
    for state in incident.executions:
        done = (step for step in state.steps if step.status is StepStatus.DONE)
        for target, name, before, after in (
            (s.step.target, *change) for s in done for change in s.step.changes
        ):
            key = (target, name)
            was = first.setdefault(key, before)
            if state.outcome is Outcome.IMPROVED or after == was:
                left.pop(key, None)
            else:
                left[key] = f"{name} of {target} was set from {was} to {after}"
    return tuple(f"Clean up: {text} without success, and not taken back." for text in left.values())


def _monitoring(incident: Incident) -> str:
    state = incident.executions[-1] if incident.executions else None
    if state is None:
        return "Monitoring: check that this alert fires early enough, and only when it matters."
    check = state.plan.steps[-1].check
    return f"Monitoring: watch {check.metric} for a day; it should stay {check.comparison} {check.threshold}."


def _prevention(incident: Incident) -> str:
    diagnosis = incident.diagnosis
    if diagnosis is None or diagnosis.verdict is not Verdict.CAUSE:
        return "Prevention: the cause is not known yet; find it before calling this done."
    return f"Prevention: remove the cause for good ({diagnosis.cause})."


def _papers(incident: Incident) -> tuple[str, str]:
    mode = incident.diagnosis.mode if incident.diagnosis else None
    page = f"add what was learned to the runbook page {mode}" if mode else "write a runbook page for this"
    return (
        "Post-mortem: hold a blameless one; the timeline of this report is complete.",
        f"Documentation: {page}.",
    )


def spent_of(incident: Incident) -> tuple[str, ...]:
    """What models used: one line per stage, and one for all."""
    if not incident.spent:
        return ()
    lines = (f"{one.stage} ({', '.join(one.models)}): {spent_words(one)}" for one in incident.spent)
    return (*lines, f"in all: {spent_words(total(incident.spent))}")


def timeline(entries: tuple[Entry, ...]) -> tuple[Row, ...]:
    """One row per event that people care about, in order; single samples are left to the verdict."""
    plans: dict[str, Plan] = {}
    rows: list[Row] = []
    for entry in entries:
        if isinstance(entry.event, PlanProposed):
            plans[entry.event.digest] = parsed(entry.event.body)
        told = _told(entry.event, plans)
        if told is not None:
            rows.append(Row(entry.at, *told))
    return tuple(rows)


Told = tuple[str, PersonId | None]


def _told(event: Event, plans: dict[str, Plan]) -> Told | None:
    match event:
        case IncidentOpened(_, alert):
            return f"Alert from {alert.source}: {alert.title}.", None
        case AlertResolved(source):
            return f"{source} says that the alert is over.", None
        case AlertFiredAgain(source):
            return f"{source} says that the alert is back.", None
        case EvidenceGathered(evidence):
            failed = sum(one.failed for one in evidence)
            missing = f", {failed} without an answer" if failed else ""
            return f"Evidence gathered: {len(evidence)} looks{missing}.", None
        case Diagnosed(diagnosis):
            cause = f" {diagnosis.cause}" if diagnosis.cause else ""
            return (
                f"Diagnosis by {diagnosis.team}: {diagnosis.verdict} ({diagnosis.confidence}).{cause}",
                None,
            )
        case IncidentClosed(closing, person, note):
            return f"Closed ({closing}). {note}".strip(), person
        case Asked(person, _, text):
            return f"Asked: {text[:200]}", person
        case Answered() | SampleTaken() | TeamWorked():
            return None
        case _:
            return _told_of_plan(event, plans)


def _told_of_plan(event: Event, plans: dict[str, Plan]) -> Told | None:
    match event:
        case NothingProposed(verdict, reason):
            return f"Nothing proposed ({verdict}): {reason}", None
        case Escalated(reason):
            return f"Escalated: {reason}", None
        case PlanProposed(_, revision, digest, _, _, _):
            return f"Plan {revision} proposed ({grouped(digest)}): {_summary(plans[digest])}.", None
        case Decided(_, revision, _, approved, person, _, _, reason, _):
            why = f": {reason}" if reason else "."
            return f"{'Approved' if approved else 'Rejected'} plan {revision}{why}", person
        case PlanEnded(_, revision, how):
            return f"Plan {revision} ended without being run: {how}.", None
        case ExecutionStarted(digest, measured):
            was = f" {plans[digest].steps[-1].check.metric} was {measured}." if measured is not None else ""
            return f"Plan {plans[digest].revision} began.{was}", None
        case ExecutionFinished(digest):
            return f"All steps of plan {plans[digest].revision} are done.", None
        case ExecutionStopped(digest, code, detail):
            return f"Plan {plans[digest].revision} stopped ({code}): {detail}", None
        case Verified(_, outcome, detail):
            return f"Measured: {outcome} ({detail}).", None
        case _:
            return _told_of_step(event, plans)


def _told_of_step(event: Event, plans: dict[str, Plan]) -> Told | None:
    match event:
        case StepStarted(digest, step):
            return f"Step {step + 1} began: {_step(plans, digest, step)}.", None
        case StepFinished(_, step, ok, detail, _):
            return f"Step {step + 1} {'done' if ok else 'failed'}: {detail}", None
        case StepNotRun(_, step, code, detail):
            return f"Step {step + 1} was not run ({code}): {detail}", None
        case OutcomeUnknown(_, step, detail):
            return f"Outcome of step {step + 1} unknown: {detail}", None
        case Probed(_, step, applied, detail):
            seen = {True: "applied", False: "not applied", None: "still unknown"}[applied]
            return f"Looked at step {step + 1}: {seen} ({detail}).", None
        case OptionChosen(person, _, number):
            return f"Asked for option {number}.", person
        case PauseSet(paused, person, reason):
            why = f": {reason}" if reason else "."
            return f"{'Paused' if paused else 'Resumed work'}{why}", person
        case OutcomeRecorded(_, step, applied, person, note):
            why = f": {note}" if note else "."
            return f"Recorded that step {step + 1} was {'applied' if applied else 'not applied'}{why}", person
        case _:
            return None


def _step(plans: dict[str, Plan], digest: str, index: int) -> str:
    step = plans[digest].steps[index]
    simulated = "[SIMULATED] " if step.executor == "simulator" else ""
    change = _change(step)
    return f"{simulated}{step.title} on {step.target}{f' ({change})' if change else ''}"


def _summary(plan: Plan) -> str:
    return "; ".join(f"{step.title} on {step.target}" for step in plan.steps)
