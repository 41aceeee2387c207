"""What a person who is called needs to know: summary, impact, actions so far, reason, next steps."""

from dataclasses import dataclass

from bot.domain.finding import Verdict
from bot.domain.incident import Incident, PlanState
from bot.domain.report import impact_of
from bot.domain.timeline import change_of

IMPACTS = 3


@dataclass(frozen=True, slots=True)
class Escalation:
    """The five parts of a message that hands an incident to somebody."""

    summary: str
    impact: tuple[str, ...]
    so_far: tuple[str, ...]
    reason: str
    next_steps: tuple[str, ...]


def escalation_of(incident: Incident, reason: str) -> Escalation:
    """The message as the record so far allows it; nothing in it is a guess of a model but the cause."""
    return Escalation(
        summary=_summary(incident),
        impact=impact_of(incident)[:IMPACTS] or ("not measured",),
        so_far=_so_far(incident),
        reason=reason,
        next_steps=_next(incident),
    )


def lines_of(told: Escalation) -> tuple[str, ...]:
    """The same as plain lines, for a page."""
    return (
        f"Summary: {told.summary}",
        f"Impact: {'; '.join(told.impact)}",
        f"So far: {' '.join(told.so_far)}",
        f"Reason: {told.reason}",
        f"Next: {' '.join(told.next_steps)}",
    )


def _summary(incident: Incident) -> str:
    alert = incident.alert
    firing = "still firing" if incident.firing else "no longer firing"
    where = incident.service or alert.service or "unknown service"
    return f"{alert.title} on {where}, severity {alert.severity or 'not given'}, {firing}."


def _so_far(incident: Incident) -> tuple[str, ...]:
    diagnosis = incident.diagnosis
    known = diagnosis is not None and diagnosis.verdict is Verdict.CAUSE
    cause = f"Likely cause ({diagnosis.confidence}): {diagnosis.cause}." if known and diagnosis else ""
    plans = tuple(_plan(state) for state in incident.plans)
    return tuple(filter(None, (cause or "No cause could be shown.", *plans))) + (
        () if incident.acted else ("Nothing was changed.",)
    )


def _plan(state: PlanState) -> str:
    what = "; ".join(filter(None, (change_of(step.step) or step.step.title for step in state.steps)))
    if state.outcome is not None:
        became = f"carried out, measured: {state.outcome}"
    elif state.stopped is not None:
        became = f"stopped ({state.stopped[0]})"
    elif state.ended is not None:
        became = f"not carried out ({str(state.ended).replace('_', ' ')})"
    else:
        became = "carried out" if state.executed_at else "open"
    return f"Plan {state.plan.revision} ({what}): {became}."


def _next(incident: Incident) -> tuple[str, ...]:
    state = incident.current
    if state is not None and state.open:
        return ("Approve or reject the plan in the thread.", "Nothing runs before that.")
    if state is not None and state.in_doubt is not None:
        return ("Look at the target and record what happened.", "It stays locked until then.")
    return (
        "Take the incident over in its thread.",
        "Ask for evidence or for another plan there, or act by hand and close it.",
    )
