"""An alert comes in: a new incident, one more message of an open one, or its resolution."""

from bot.domain.alert import AlertStatus, Sighted
from bot.domain.errors import ClaimRefusedError
from bot.domain.events import (
    AlertFiredAgain,
    AlertResolved,
    Closing,
    Event,
    IncidentClosed,
    IncidentOpened,
    PlanEnd,
    PlanEnded,
)
from bot.domain.ids import IncidentId, ServiceName
from bot.domain.incident import Incident, Phase
from bot.domain.service import Inventory
from bot.flow.conductor import append, decide
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole

BUSY = frozenset({Phase.EXECUTING, Phase.EXECUTED, Phase.VERIFIED, Phase.UNKNOWN, Phase.STOPPED})
"""Where a resolved alert is only noted: Greenlight has changed something and its own measurement counts."""


async def alert_seen(ports: Ports, sighted: Sighted) -> IncidentId | None:
    """Open an incident, count a duplicate, or note that the alert resolved; returns the incident, if any."""
    open_one = await ports.incidents.by_fingerprint(sighted.alert.fingerprint)
    if sighted.alert.status is AlertStatus.RESOLVED:
        if open_one is not None:
            await decide(ports, open_one, lambda incident: _resolved(incident, sighted.alert.source))
        return open_one
    if open_one is None:
        acknowledged = sighted.alert.status is AlertStatus.ACKNOWLEDGED
        return None if acknowledged else await _opened(ports, sighted)
    return await _again(ports, open_one, sighted.alert.source)


def known_service(inventory: Inventory, sighted: Sighted) -> ServiceName | None:
    """The inventory's service for what the sender named: its service, its candidates, then its labels."""
    alert = sighted.alert
    names = (sighted.service, alert.service, *alert.candidates, *(value for _, value in alert.labels))
    found = (inventory.service(name) for name in names if name)
    return next((service.name for service in found if service), None)


async def _opened(ports: Ports, sighted: Sighted) -> IncidentId:
    incident = IncidentId(ports.clock.new_id("inc"))
    service = known_service(ports.content.inventory(), sighted)
    opened = IncidentOpened(incident, sighted.alert, sighted.place, service)
    try:
        await append(ports, None, incident, (opened,))
    except ClaimRefusedError as refused:
        return await _again(ports, IncidentId(refused.held_by), sighted.alert.source)
    await ports.queue.add(WorkerRole.THINK, incident, 1)
    return incident


async def _again(ports: Ports, incident: IncidentId, source: str) -> IncidentId:
    await ports.incidents.count_duplicate(incident)
    await decide(ports, incident, lambda found: _fired_again(found, source))
    await ports.cards.mark(incident)
    return incident


def _fired_again(incident: Incident, source: str) -> tuple[Event, ...]:
    return () if incident.firing or not incident.is_open else (AlertFiredAgain(source),)


def _resolved(incident: Incident, source: str) -> tuple[Event, ...]:
    if not incident.is_open or not incident.firing:
        return ()
    if incident.phase in BUSY:
        return (AlertResolved(source),)
    closed = IncidentClosed(Closing.RESOLVED_ITSELF, None, _note(incident))
    return (AlertResolved(source), *_open_plan_ended(incident), closed)


def _open_plan_ended(incident: Incident) -> tuple[Event, ...]:
    state = incident.current
    if state is None or not state.alive:
        return ()
    return (PlanEnded(state.plan.id, state.plan.revision, PlanEnd.RESOLVED_ITSELF),)


def _note(incident: Incident) -> str:
    ran = len(incident.executions)
    if not ran:
        return "The alert resolved by itself; Greenlight changed nothing."
    return f"The alert resolved; executed plans that had not helped when measured: {ran}."
