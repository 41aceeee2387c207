"""The time of an open plan: at its half somebody is called, at its end it expires (rule 15)."""

from collections.abc import AsyncGenerator

from bot.domain.events import Event, PlanEnd, PlanEnded
from bot.domain.incident import Incident, half_paged, half_time
from bot.domain.teamwork import PageReason
from bot.flow.calling import called
from bot.flow.conductor import Work


async def expiring(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """End a plan that nobody decided in time; before that, call somebody once."""
    ports, state = work.ports, incident.current
    if state is None or not state.alive:
        return
    now = ports.clock.now()
    if now >= state.plan.expires_at:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)
    elif now >= half_time(state) and not half_paged(incident, state):
        yield await called(ports, incident, PageReason.HALF_TIME, state.digest)
