"""Muting an alert: its messages are counted and told nobody until then, also after the incident is closed."""

from bot.domain.errors import UnknownIncidentError
from bot.domain.events import Event
from bot.domain.ids import HOUR, At, IncidentId, PersonId
from bot.domain.incident import Incident
from bot.domain.teamwork import Muted
from bot.flow.conductor import decide, load
from bot.flow.responders import NO_SUCH_INCIDENT, NOT_A_RESPONDER, is_responder
from bot.ports.ports import Ports

LONGEST_HOURS = 24 * 7


async def mute(ports: Ports, incident: IncidentId, person: PersonId, hours: int) -> str:
    """Mute the incident's alert for so many hours, 0 unmutes it; any responder may."""
    if not await is_responder(ports, person):
        return NOT_A_RESPONDER
    now = ports.clock.now()
    until = At(now + min(hours, LONGEST_HOURS) * HOUR) if hours > 0 else At(0)
    try:
        await decide(ports, incident, lambda found: _muted(found, until, person, now))
    except UnknownIncidentError:
        return NO_SUCH_INCIDENT
    if hours <= 0:
        return "Unmuted: this alert is told again."
    return f"Muted for {hours} h: messages of this alert are counted and told nobody."


def _muted(incident: Incident, until: At, person: PersonId, now: At) -> tuple[Event, ...]:
    off = until <= now
    return () if off and incident.muted_until is None else (Muted(until, person),)


async def still_muted(ports: Ports, incident: IncidentId) -> bool:
    """Whether the alert of this incident, which may be closed, is muted now."""
    until = (await load(ports, incident)).muted_until
    return until is not None and until > ports.clock.now()
