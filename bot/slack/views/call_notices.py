"""Notices that hand an incident to people: that it escalated, and whom a call reached."""

from bot.domain.escalation import escalation_of
from bot.domain.events import Entry, Escalated
from bot.domain.incident import Incident
from bot.domain.paging import NOBODY
from bot.domain.teamwork import Paged, PageReason
from bot.slack.views.blocks import Part, must, section
from bot.slack.views.scene import Scene
from bot.slack.views.text import esc, esc_fit

Notice = tuple[str, list[Part], bool]
"""The plain text, the parts, and whether the channel is told as well."""


def escalated(incident: Incident, entry: Entry, scene: Scene) -> Notice:
    """Summary, impact, actions so far, reason and next steps, and who was told."""
    event = entry.event
    assert isinstance(event, Escalated)
    told = escalation_of(incident, event.reason)
    lines = (
        f"*This needs a person.* {esc_fit(event.reason, 600)}",
        f"*Summary:* {esc_fit(told.summary, 300)}",
        f"*Impact:* {esc_fit('; '.join(told.impact), 400)}",
        f"*So far:* {esc_fit(' '.join(told.so_far), 700)}",
        f"*Next:* {_who(event, scene)}: {esc_fit(' '.join(told.next_steps), 300)}",
        _called(incident, entry, scene),
    )
    body = "\n".join(one for one in lines if one)
    return f"This needs a person: {event.reason}", [must(section(body))], True


def _who(event: Escalated, scene: Scene) -> str:
    if event.commander and scene.gate.commander:
        return f"{scene.gate.commander} (incident commander)"
    return scene.people(scene.oncall, 3) if scene.oncall else "a responder"


def _called(incident: Incident, entry: Entry, scene: Scene) -> str:
    later = (one.event for one in incident.entries[entry.number :])
    page = next((e for e in later if isinstance(e, Paged) and e.reason is not PageReason.HALF_TIME), None)
    if page is None:
        return f"*Calling* {esc(scene.gate.page)} \u2026" if scene.gate.page else ""
    if page.target == NOBODY:
        return "*Nobody was called* outside Slack: the policy names no page target for this."
    if page.ok:
        return f"*Called:* {esc(page.target)} ({esc_fit(page.detail, 120)})."
    return f"*{esc(page.target)} could not be called* ({esc_fit(page.detail, 120)})."


def half_time_call(page: Paged) -> Notice:
    """Half of a plan's window is over; the failure of a call is loud, since nobody else will tell."""
    if page.ok:
        text = f"Half of the plan's time is over and it is not decided: {page.target} was called."
        return (
            text,
            [must(section(f"*Half of the plan's time is over.* {esc(page.target)} was called."))],
            False,
        )
    text = f"Half of the plan's time is over, and {page.target} could not be called: {page.detail}."
    body = f"*Half of the plan's time is over, and {esc(page.target)} could not be called:* "
    return text, [must(section(f"{body}{esc_fit(page.detail, 120)}. Please tell them."))], True
