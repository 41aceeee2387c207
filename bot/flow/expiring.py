"""An open plan: at half its time somebody is called, at its end it expires; each approval is looked after."""

from collections.abc import AsyncGenerator

from bot.domain.due import half_paged, half_time
from bot.domain.events import Event, PlanEnd, PlanEnded
from bot.domain.incident import OWN, Incident
from bot.domain.teamwork import PageReason
from bot.flow.calling import called
from bot.flow.conductor import Work
from bot.flow.reading_again import read_again


async def expiring(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """End a plan that nobody decided in time or that went stale; at half its time call somebody, once."""
    ports, state = work.ports, incident.current
    if state is None or not state.alive:
        return
    now = ports.clock.now()
    if now >= state.plan.expires_at:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)
    elif state.to_read and incident.alert.source != OWN:
        yield await read_again(ports, state)
    elif now >= half_time(state) and not half_paged(incident, state):
        yield await called(ports, incident, PageReason.HALF_TIME, state.digest)
