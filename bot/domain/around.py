"""How the events around an incident change it: ownership, muting, feedback, pages, drafts, joined alerts."""

from dataclasses import replace

from bot.domain.errors import IllegalEventError
from bot.domain.events import Entry
from bot.domain.incident import Draft, Incident, Phase
from bot.domain.teamwork import (
    AlertJoined,
    Around,
    DraftEdited,
    DraftMade,
    DraftSent,
    FeedbackGiven,
    InvestigationAsked,
    InvestigationStopped,
    Muted,
    OwnerSet,
    Paged,
    Reopened,
)

RESTLESS = frozenset({Phase.DETECTED, Phase.TRIAGED, Phase.REJECTED})
"""Where an investigation or a planning may be running."""

ASK_AGAIN = frozenset({Phase.DETECTED, Phase.INCONCLUSIVE, Phase.HEALTHY, Phase.EXPIRED, Phase.ESCALATED})
"""Where a person may ask for an investigation: one that waits, or one more after a fruitless one."""


def around(incident: Incident, entry: Entry, event: Around) -> Incident:
    """The incident after such an event; raises IllegalEventError where it cannot follow."""
    match event:
        case OwnerSet(owner):
            return replace(incident, owner=owner)
        case Muted(until):
            return replace(incident, muted_until=until if until > entry.at else None)
        case FeedbackGiven(person, subject):
            others = (one for one in incident.feedback if (one.person, one.subject) != (person, subject))
            return replace(incident, feedback=(*others, event))
        case AlertJoined(alert):
            _must(alert.fingerprint not in incident.fingerprints, event, incident)
            return replace(incident, joined=(*incident.joined, event), firing=True, alert_resolved_at=None)
        case Paged():
            return replace(incident, pages=(*incident.pages, (entry.at, event)))
        case DraftMade() | DraftEdited() | DraftSent():
            return _drafted(incident, entry, event)
        case Reopened() | InvestigationAsked() | InvestigationStopped():
            return _investigated(incident, event)


def _investigated(
    incident: Incident, event: Reopened | InvestigationAsked | InvestigationStopped
) -> Incident:
    match event:
        case Reopened(alert):
            _must(not incident.is_open, event, incident)
            return replace(
                incident,
                phase=Phase.DETECTED,
                closed=None,
                alert=alert,
                joined=(),
                quiet=frozenset(),
                firing=True,
                alert_resolved_at=None,
                diagnosis=None,
                wanted=None,
                waits=False,
                nothing="",
                escalation="",
                reopened=incident.reopened + 1,
            )
        case InvestigationAsked():
            _must(incident.phase in ASK_AGAIN, event, incident)
            return replace(incident, phase=Phase.DETECTED, waits=False, nothing="", escalation="")
        case InvestigationStopped(person, reason):
            _must(incident.phase in RESTLESS, event, incident)
            why = f": {reason}" if reason else "."
            return replace(incident, phase=Phase.INCONCLUSIVE, nothing=f"Stopped by {person}{why}")


def _drafted(incident: Incident, entry: Entry, event: DraftMade | DraftEdited | DraftSent) -> Incident:
    if isinstance(event, DraftMade):
        _must(all(draft.id != event.draft for draft in incident.drafts), event, incident)
        made = Draft(event.draft, event.kind, event.text, entry.at)
        return replace(incident, drafts=(*incident.drafts, made))
    was = next((draft for draft in incident.drafts if draft.id == event.draft), None)
    _must(was is not None and was.sent is None, event, incident)
    assert was is not None
    if isinstance(event, DraftEdited):
        now = replace(was, text=event.text, edited_by=(*was.edited_by, event.person))
    else:
        now = replace(was, sent=(event.channel, event.ts, event.person))
    return replace(incident, drafts=tuple(now if draft.id == was.id else draft for draft in incident.drafts))


def _must(legal: bool, event: Around, incident: Incident) -> None:  # noqa: FBT001 - a condition, not a flag
    if not legal:
        raise IllegalEventError(f"{type(event).__name__} cannot follow {incident.phase}.")
