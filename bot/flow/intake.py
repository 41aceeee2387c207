"""An alert comes in: a new incident, one more message of an open one, a relative of it, or its resolution."""

from dataclasses import dataclass

from bot.domain.alert import Alert, AlertStatus, Place, Sighted
from bot.domain.errors import ClaimRefusedError, IllegalEventError, UnknownIncidentError
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
from bot.domain.grouping import AlertRules, Newcomer, comes_back, tie, waits
from bot.domain.ids import IncidentId, ServiceName
from bot.domain.incident import Incident, Phase
from bot.domain.service import Inventory
from bot.domain.teamwork import AlertJoined, Reopened
from bot.flow.conductor import append, decide, load
from bot.flow.muting import still_muted
from bot.ports.ports import Ports
from bot.ports.records import WorkerRole

NOWHERE = Place("", "", "")
BUSY = frozenset({Phase.EXECUTING, Phase.EXECUTED, Phase.VERIFIED, Phase.UNKNOWN, Phase.STOPPED})
"""Where a resolved alert is only noted: Greenlight has changed something and its own measurement counts."""


async def alert_seen(ports: Ports, sighted: Sighted) -> IncidentId | None:
    """Open an incident, continue or join one, count a repetition, or note that the alert resolved.

    Returns the incident, if any. Callers in one process take turns, so that relatives find each other.
    """
    open_one = await ports.incidents.by_fingerprint(sighted.alert.fingerprint)
    if sighted.alert.status is AlertStatus.RESOLVED:
        if open_one is not None:
            await decide(ports, open_one, lambda incident: _resolved(incident, sighted))
        return open_one
    if open_one is not None:
        return await _again(ports, open_one, sighted)
    if sighted.alert.status is AlertStatus.ACKNOWLEDGED:
        return None
    try:
        return await _first_seen(ports, sighted)
    except ClaimRefusedError as refused:
        return await _again(ports, IncidentId(refused.held_by), sighted)


async def home_of(ports: Ports, alert: Alert) -> Place | None:
    """Where the incident is that this alert would count for, join or continue; nothing where it is new."""
    name = await ports.incidents.by_fingerprint(alert.fingerprint)
    if name is not None:
        return (await load(ports, name)).place
    if alert.status is not AlertStatus.FIRING:
        return None
    rules = ports.content.alert_rules()
    before = await ports.incidents.last_closed(alert.fingerprint)
    if before is not None and comes_back(rules, incident := await load(ports, before), ports.clock.now()):
        return incident.place
    relatives = await _relatives(ports, rules, Sighted(alert, NOWHERE, None))
    return (await load(ports, relatives[0].incident)).place if relatives else None


def known_service(inventory: Inventory, sighted: Sighted) -> ServiceName | None:
    """The inventory's service for what the sender named: its service, its candidates, then its labels."""
    alert = sighted.alert
    names = (sighted.service, alert.service, *alert.candidates, *(value for _, value in alert.labels))
    found = (inventory.service(name) for name in names if name)
    return next((service.name for service in found if service), None)


async def _first_seen(ports: Ports, sighted: Sighted) -> IncidentId:
    """Nothing open has this fingerprint: it continues a closed incident, joins a relative, or is new."""
    rules = ports.content.alert_rules()
    before = await ports.incidents.last_closed(sighted.alert.fingerprint)
    if before is not None and await still_muted(ports, before):
        await ports.incidents.count_duplicate(before)
        await ports.cards.mark(before)
        return before
    if before is not None and await _reopened(ports, rules, before, sighted):
        return before
    for relative in await _relatives(ports, rules, sighted):
        if await _joined(ports, relative, sighted):
            return relative.incident
    return await _opened(ports, rules, sighted)


async def _opened(ports: Ports, rules: AlertRules, sighted: Sighted) -> IncidentId:
    incident = IncidentId(ports.clock.new_id("inc"))
    service = known_service(ports.content.inventory(), sighted)
    opened = IncidentOpened(incident, sighted.alert, sighted.place, service, waits(rules, sighted.alert))
    await append(ports, None, incident, (opened,))
    if not opened.waits:
        await ports.queue.add(WorkerRole.THINK, incident, 1)
    return incident


async def _reopened(ports: Ports, rules: AlertRules, incident: IncidentId, sighted: Sighted) -> bool:
    def judged(found: Incident) -> tuple[Event, ...]:
        again = comes_back(rules, found, ports.clock.now())
        return (Reopened(sighted.alert, sighted.place),) if again else ()

    after = await decide(ports, incident, judged)
    if not after.is_open:
        return False
    await ports.queue.add(WorkerRole.THINK, incident, after.version)
    return True


@dataclass(frozen=True, slots=True)
class _Relative:
    incident: IncidentId
    why: str


async def _relatives(ports: Ports, rules: AlertRules, sighted: Sighted) -> tuple[_Relative, ...]:
    """The open incidents that this alert belongs to, newest first, those of the same service before all."""
    inventory = ports.content.inventory()
    service = inventory.service(known_service(inventory, sighted))
    if service is None or rules.group_seconds <= 0:
        return ()
    comer = Newcomer(sighted.alert, service, ports.clock.now())
    found = list[_Relative]()
    for name in await ports.incidents.opened():
        incident = await load(ports, name)
        why = tie(rules, inventory, incident, comer)
        if why:
            found.append(_Relative(name, why))
    return tuple(sorted(found, key=lambda one: one.why != "same service"))


async def _joined(ports: Ports, relative: _Relative, sighted: Sighted) -> bool:
    joined = AlertJoined(sighted.alert, sighted.place, relative.why)
    try:
        await decide(ports, relative.incident, lambda found: (joined,) if found.is_open else ())
    except (IllegalEventError, UnknownIncidentError):
        return False
    return await ports.incidents.by_fingerprint(sighted.alert.fingerprint) == relative.incident


async def _again(ports: Ports, incident: IncidentId, sighted: Sighted) -> IncidentId:
    await ports.incidents.count_duplicate(incident)
    await decide(ports, incident, lambda found: _fired_again(found, sighted))
    await ports.cards.mark(incident)
    return incident


def _fired_again(incident: Incident, sighted: Sighted) -> tuple[Event, ...]:
    quiet = sighted.alert.fingerprint in incident.quiet
    if not incident.is_open or not quiet:
        return ()
    return (AlertFiredAgain(sighted.alert.source, sighted.alert.fingerprint),)


def _resolved(incident: Incident, sighted: Sighted) -> tuple[Event, ...]:
    """All of a group must be over before the incident is."""
    over = sighted.alert.fingerprint
    if not incident.is_open or over in incident.quiet or over not in incident.fingerprints:
        return ()
    noted = AlertResolved(sighted.alert.source, over)
    if incident.phase in BUSY or not incident.quiet.issuperset({*incident.fingerprints} - {over}):
        return (noted,)
    closed = IncidentClosed(Closing.RESOLVED_ITSELF, None, _note(incident))
    return (noted, *_open_plan_ended(incident), closed)


def _open_plan_ended(incident: Incident) -> tuple[Event, ...]:
    state = incident.current
    if state is None or not state.alive:
        return ()
    return (PlanEnded(state.plan.id, state.plan.revision, PlanEnd.RESOLVED_ITSELF),)


def _note(incident: Incident) -> str:
    ran = len(incident.acted)
    if not ran:
        return "The alert resolved by itself; Greenlight changed nothing."
    return f"The alert resolved; executed plans that had not helped when measured: {ran}."
