"""Call whoever the policy names, and say what became of it; never an obstacle for the incident."""

from zoneinfo import ZoneInfo

from bot.domain.decision import missing_role
from bot.domain.escalation import escalation_of, lines_of
from bot.domain.ids import Digest
from bot.domain.incident import Incident
from bot.domain.local_time import shown
from bot.domain.paging import NOBODY, PageTarget
from bot.domain.teamwork import Paged, PageReason
from bot.ports.paging import Page
from bot.ports.ports import Ports

UTC = ZoneInfo("UTC")
NO_TARGET = "the policy names no page target for this"
MUTED = "a responder muted this alert"
"""Nobody is called for it then, but for a step of which nobody knows how it ended."""


async def called(ports: Ports, incident: Incident, reason: PageReason, digest: Digest | None) -> Paged:
    """Call once; a target that cannot be reached, or that nobody named, is an event as well."""
    muted = incident.muted_until is not None and incident.muted_until > ports.clock.now()
    if muted and reason is not PageReason.UNKNOWN_OUTCOME:
        return Paged(NOBODY, reason, ok=False, detail=MUTED, digest=digest)
    target = target_of(ports, incident, reason)
    if target is None:
        return Paged(NOBODY, reason, ok=False, detail=NO_TARGET, digest=digest)
    answer = await ports.pager.call(_page(ports, incident, target, reason, digest))
    return Paged(target.name, reason, answer.ok, answer.detail, digest)


def target_of(ports: Ports, incident: Incident, reason: PageReason) -> PageTarget | None:
    """The commander's target for what is the commander's, else the one of service and tier."""
    paging, state = ports.content.policy().paging, incident.current
    if reason is not PageReason.HALF_TIME and incident.to_commander and paging.commander is not None:
        commanders = paging.named(paging.commander.page)
        if commanders is not None:
            return commanders
    return paging.target(incident.service, state.plan.tier if state else None)


def _page(
    ports: Ports, incident: Incident, target: PageTarget, reason: PageReason, digest: Digest | None
) -> Page:
    about = digest[:12] if digest else f"{incident.escalated_at or 0}"
    return Page(
        target=target,
        key=f"{incident.id}:{reason}:{about}",
        reason=reason,
        title=_title(incident, reason),
        severity=incident.alert.severity or "critical",
        source=incident.service or incident.alert.service or "unknown service",
        lines=lines_of(escalation_of(incident, _why(ports, incident, reason))),
        incident=incident.id,
    )


def _title(incident: Incident, reason: PageReason) -> str:
    what = "Approval still needed" if reason is PageReason.HALF_TIME else "Needs a person"
    return f"{what}: {incident.alert.title}"


def _why(ports: Ports, incident: Incident, reason: PageReason) -> str:
    state = incident.current
    if reason is not PageReason.HALF_TIME or state is None:
        return incident.escalation
    given, needed = len(state.approvals), state.plan.approvals
    so_far = f"only {given} of {needed} approvals came" if given else "nobody has decided"
    role = missing_role(state, ports.content.policy().rule(state.plan.tier))
    must = f" One approval must come from a {role}." if role is not None else ""
    until = shown(state.plan.expires_at, UTC)
    return f"Half of the plan's window is over and {so_far}.{must} The plan expires at {until}."
