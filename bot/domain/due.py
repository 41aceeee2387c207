"""When an incident next needs somebody: a worker, a sample, a probe, a call."""

from bot.domain.ids import SECOND, At
from bot.domain.incident import OWN, PLANNABLE, Incident, Phase, PlanState
from bot.domain.plan import pace_of
from bot.domain.teamwork import PageReason

PROBE_AFTER_SECONDS = (5, 15, 60)
RESTLESS = frozenset(
    {
        Phase.DETECTED,
        Phase.TRIAGED,
        Phase.EXECUTING,
        Phase.VERIFIED,
        Phase.REJECTED,
        Phase.EXPIRED,
    }
)
"""Where a worker is needed at once."""


def due(incident: Incident) -> At | None:
    """When the incident next needs a worker; nothing means that it waits for a human or is over."""
    state = incident.current
    if incident.wanted is not None and incident.phase in PLANNABLE:
        return incident.updated_at
    if incident.waits:
        return None
    if incident.phase in RESTLESS:
        return incident.updated_at
    match incident.phase:
        case Phase.ESCALATED:
            return None if paged_since_escalation(incident) else incident.updated_at
        case Phase.INCONCLUSIVE:
            return incident.cause_by
        case Phase.PROPOSED | Phase.APPROVED if state:
            return _before_it_begins(incident, state)
        case Phase.EXECUTED if state:
            return next_sample_at(state)
        case Phase.UNKNOWN if state:
            return next_probe_at(state)
        case _:
            return None


def _before_it_begins(incident: Incident, state: PlanState) -> At | None:
    """At once where an approval is to be looked after; one without a hold is, by its first step."""
    waits = incident.phase is Phase.PROPOSED or state.plan.hold_seconds > 0
    if waits and state.to_read and incident.alert.source != OWN:
        return incident.updated_at
    if incident.phase is Phase.APPROVED:
        return state.hold_until
    return state.plan.expires_at if half_paged(incident, state) else half_time(state)


def wake_at(incident: Incident) -> At | None:
    """When anybody must look at it: its own due time, or at once while a question waits."""
    when = due(incident)
    if not incident.unanswered:
        return when
    return incident.updated_at if when is None else min(when, incident.updated_at)


def half_time(state: PlanState) -> At:
    """The middle of a plan's window: who has not answered by then is called."""
    return At((state.proposed_at + state.plan.expires_at) // 2)


def half_paged(incident: Incident, state: PlanState) -> bool:
    """Whether the call at half time of this plan was made, or could not be made."""
    return any(
        page.digest == state.digest and page.reason is PageReason.HALF_TIME for _, page in incident.pages
    )


def paged_since_escalation(incident: Incident) -> bool:
    """Whether somebody was called, or could not be called, since the incident escalated."""
    since = incident.escalated_at
    return since is not None and any(
        at >= since and page.reason is not PageReason.HALF_TIME for at, page in incident.pages
    )


def next_sample_at(state: PlanState) -> At:
    """When the next sample of the success checks is due."""
    pace = pace_of(state.plan)
    taken = len(state.samples)
    start = (state.executed_at or 0) + pace.settle_seconds * SECOND
    return At(start + taken * pace.every_seconds * SECOND)


def next_probe_at(state: PlanState) -> At | None:
    """When the step in doubt is looked at next; nothing after the last probe."""
    index = state.in_doubt
    if index is None:
        return None
    step = state.steps[index]
    if len(step.probes) >= len(PROBE_AFTER_SECONDS):
        return None
    return At((step.finished_at or 0) + PROBE_AFTER_SECONDS[len(step.probes)] * SECOND)
