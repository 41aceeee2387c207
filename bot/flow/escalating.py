"""From being stuck to a person who knows it: an incident escalates, and somebody is called (rule 15)."""

from collections.abc import AsyncGenerator

from bot.domain.events import Escalated, Event, PlanEnd
from bot.domain.finding import Verdict
from bot.domain.ids import MINUTE
from bot.domain.incident import Incident, Phase
from bot.domain.teamwork import PageReason
from bot.flow.calling import called
from bot.flow.conductor import Work


async def escalating(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Hand over an incident whose plan expired, or whose cause is not known in time."""
    state = incident.current
    if incident.phase is Phase.EXPIRED and state is not None:
        started = "was approved, but not started" if state.approved else "was not decided"
        yield Escalated(f"Plan {state.plan.revision} {started} in time and expired.")
    elif incident.phase is Phase.INCONCLUSIVE:
        minutes = work.ports.content.policy().paging.no_cause_after // MINUTE
        yield Escalated(f"No root cause could be shown within {minutes} minutes.")


async def telling(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """Call somebody for an escalated incident, once."""
    state = incident.current
    digest = state.digest if state else None
    yield await called(work.ports, incident, reason_of(incident), digest)


def reason_of(incident: Incident) -> PageReason:
    """Why an escalated incident calls somebody."""
    state, diagnosis = incident.current, incident.diagnosis
    if state is not None and state.ended is PlanEnd.EXPIRED:
        return PageReason.EXPIRED
    if state is None and (diagnosis is None or diagnosis.verdict is not Verdict.CAUSE):
        return PageReason.NO_CAUSE
    return PageReason.ESCALATED
