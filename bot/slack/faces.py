"""Binds the pure views and parsers of this room to what its process needs."""

from collections.abc import Mapping
from typing import Any

from bot.domain.ids import PersonId
from bot.domain.incident import Incident, PlanState
from bot.ports.cards import Blobs
from bot.ports.records import Pause
from bot.slack.alerts.parsing import parse
from bot.slack.listeners.room import Place, Screens
from bot.slack.process import Faces
from bot.slack.scenery import Scenery
from bot.slack.views.errors import error_sentence, refusal
from bot.slack.views.modals import close_modal, evidence_modal, notice_modal, plan_modal, reject_modal
from bot.slack.views.phrases import word
from bot.slack.views.text import count, esc, esc_fit, mention

HELP = (
    "*status* shows what is open.\n"
    "*pause* `all`, `environment:name` or `incident:id`, then a reason: no new step starts.\n"
    "*resume* `all`, `environment:name` or `incident:id`, then a reason: steps start again. A lead may.\n"
    "In an incident's thread, mention me to ask."
)
SIGHTINGS = 20


def faces_of(scenery: Scenery, blobs: Blobs) -> Faces:
    """Everything that the bot process shows."""

    async def reason(
        incident: Incident, state: PlanState, person: PersonId, card: Place
    ) -> Mapping[str, Any]:
        scene = await scenery.of(incident)
        return reject_modal(state, person, scene.approvers, card)

    async def evidence(incident: Incident) -> Mapping[str, Any]:
        found = [await blobs.get(one.id) for one in incident.evidence[-SIGHTINGS:]]
        return evidence_modal(incident, tuple(one for one in found if one is not None))

    screens = Screens(
        refusal=refusal,
        trouble=error_sentence,
        notice=lambda text: notice_modal("Greenlight", text),
        plan=plan_modal,
        closing=close_modal,
        reason=reason,
        evidence=evidence,
        status=lambda incidents, pauses: status_text(incidents, pauses, scenery.freezes()),
        help=HELP,
    )
    return Faces(parse=parse, screens=screens, render=scenery.render)


def status_text(
    incidents: tuple[Incident, ...], pauses: tuple[Pause, ...], freezes: tuple[str, ...] = ()
) -> str:
    """What is open, what is paused and what is frozen, as mrkdwn."""
    opened = [f"• {esc_fit(one.alert.title, 150)}: {word(one)} (`{one.id}`)" for one in incidents]
    paused = [
        f"Paused: {esc(one.scope)}, by {mention(one.person)}{f' ({esc(one.reason)})' if one.reason else ''}."
        for one in pauses
    ]
    frozen = [f"No changes: {esc(one)}." for one in freezes]
    return "\n".join([f"*{count(len(incidents), 'open incident')}*", *opened, *paused, *frozen])
