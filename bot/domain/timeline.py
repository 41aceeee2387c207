"""The timeline of an incident: one row per event that people care about, in the order of the record."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bot.domain.events import (
    AlertFiredAgain,
    AlertResolved,
    Answered,
    Asked,
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
from bot.domain.ids import At, PersonId, grouped
from bot.domain.paging import NOBODY
from bot.domain.plan import Plan, Step, parsed
from bot.domain.teamwork import (
    AlertJoined,
    Around,
    AutoApproved,
    DraftEdited,
    DraftMade,
    DraftSent,
    FeedbackGiven,
    InvestigationAsked,
    InvestigationStopped,
    Muted,
    OwnerSet,
    Paged,
    ParametersEdited,
    PlanAsked,
    PreconditionsRead,
    Reopened,
    UndoAsked,
)

DIGITS = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the timeline; `person` did it where somebody did."""

    at: At
    text: str
    person: PersonId | None = None


def timeline(entries: tuple[Entry, ...]) -> tuple[Row, ...]:
    """One row per event that people care about, in order; single samples are left to the verdict."""
    plans: dict[str, Plan] = {}
    rows: list[Row] = []
    for entry in entries:
        if isinstance(entry.event, PlanProposed):
            plans[entry.event.digest] = parsed(entry.event.body)
        told = _told_of_any(entry.event, plans)
        if told is not None:
            rows.append(Row(entry.at, *told))
    return tuple(rows)


Told = tuple[str, PersonId | None]


def _told_of_any(event: Event, plans: dict[str, Plan]) -> Told | None:
    if isinstance(event, Around):
        return _told_around(event)
    if isinstance(event, ParametersEdited | UndoAsked | PlanAsked | AutoApproved):
        return _told_of_wish(event)
    return _told(event, plans)


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
            return f"Closed: {str(closing).replace('_', ' ')}. {note}".strip(), person
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
        case PlanEnded(_, revision, how, detail):
            why = f" ({detail})" if detail else ""
            return f"Plan {revision} ended without being run: {str(how).replace('_', ' ')}{why}.", None
        case ExecutionStarted(digest, measured):
            was = (
                f" {plans[digest].steps[-1].check.metric} was {brief(measured)}."
                if measured is not None
                else ""
            )
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
        case PreconditionsRead(digest, _, unseen):
            found = unseen or "nothing has changed"
            return f"Looked again after an approval of plan {plans[digest].revision}: {found}.", None
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
    change = change_of(step)
    return f"{simulated}{step.title} on {step.target}{f' ({change})' if change else ''}"


def _summary(plan: Plan) -> str:
    return "; ".join(f"{step.title} on {step.target}" for step in plan.steps)


def _told_around(event: Around) -> Told | None:
    match event:
        case OwnerSet(owner, by, note):
            whose = "Took the incident" if owner == by else f"Handed the incident to {owner}"
            return f"{whose if owner else 'Gave the incident back'}{f': {note}' if note else '.'}", by
        case Muted(until, person):
            return ("Muted the alert." if until > 0 else "Unmuted the alert."), person
        case FeedbackGiven(person, subject, helpful, note):
            said = "helpful" if helpful else "not helpful"
            return (
                f"Called the {subject if subject == 'diagnosis' else 'answer'} {said}. {note}".strip(),
                person,
            )
        case AlertJoined(alert, _, why):
            return f"Another alert joined ({why}): {alert.title}.", None
        case Paged():
            return _told_of_call(event), None
        case DraftMade() | DraftEdited() | DraftSent():
            return _told_of_draft(event)
        case Reopened(alert):
            return f"The alert came back; the incident goes on: {alert.title}.", None
        case InvestigationAsked(person):
            return "Asked for an investigation.", person
        case InvestigationStopped(person, reason):
            return f"Stopped the investigation{f': {reason}' if reason else '.'}", person


def _told_of_call(page: Paged) -> str:
    when = str(page.reason).replace("_", " ")
    if page.target == NOBODY:
        return f"Nobody was called ({when}): {page.detail}."
    return f"{'Called' if page.ok else 'Could not call'} {page.target} ({when}): {page.detail}."


def _told_of_draft(event: DraftMade | DraftEdited | DraftSent) -> Told:
    match event:
        case DraftMade(_, kind):
            return f"Drafted: {kind}.", None
        case DraftEdited(_, _, person):
            return "Edited a draft.", person
        case DraftSent(_, channel, _, person):
            return f"Sent a draft to {channel}.", person


def _told_of_wish(event: ParametersEdited | UndoAsked | PlanAsked | AutoApproved) -> Told:
    match event:
        case ParametersEdited(_, revision, step, parameters, person):
            values = ", ".join(f"{name}={value}" for name, value in parameters)
            return f"Edited step {step + 1} of plan {revision}: {values}.", person
        case UndoAsked(digest, person):
            return f"Asked for the undo of plan {grouped(digest)}.", person
        case PlanAsked(person, _, text):
            return f"Asked for another plan: {text[:200]}", person
        case AutoApproved(_, revision, _, rule):
            return f"Plan {revision} approved by the policy: {rule}.", None


def change_of(step: Step) -> str:
    changes = ", ".join(f"{name} {before} → {after}" for name, before, after in step.changes)
    return changes or ", ".join(f"{name}={value}" for name, value in step.parameters)


def brief(measured: str) -> str:
    """A measured number with a few digits, as people read it; anything else as it is."""
    try:
        value = Decimal(measured)
        if not value.is_finite():
            return measured
        text = f"{round(value, max(0, DIGITS - 1 - value.adjusted())) if value else 0:f}"
    except InvalidOperation:
        return measured
    return text.rstrip("0").rstrip(".") if "." in text else text
