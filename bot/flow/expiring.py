"""The time of an open plan: at its half somebody is called, at its end it expires (rule 15)."""

from collections.abc import AsyncGenerator

from bot.domain.events import Event, PlanEnd, PlanEnded
from bot.domain.incident import Incident
from bot.flow.conductor import Work


async def expiring(incident: Incident, work: Work) -> AsyncGenerator[Event, Incident]:
    """End a plan that nobody decided in time."""
    state = incident.current
    if state is not None and state.alive and work.ports.clock.now() >= state.plan.expires_at:
        yield PlanEnded(state.plan.id, state.plan.revision, PlanEnd.EXPIRED)
