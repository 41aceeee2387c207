"""Binds the pure views and parsers of this room to what its process needs."""

from collections.abc import Mapping
from typing import Any

from bot.domain.apply import replay
from bot.domain.editing import problems_of
from bot.domain.ids import ActionId, PersonId
from bot.domain.incident import Incident, Phase, PlanState
from bot.domain.policy import Role
from bot.domain.spoken import key_of
from bot.ports.cards import Blobs
from bot.ports.records import Pause
from bot.slack.alerts.by_rules import all_readers
from bot.slack.alerts.forced import forced
from bot.slack.alerts.parsing import parse
from bot.slack.listeners.room import Forms, Place, Screens
from bot.slack.process import Faces
from bot.slack.scenery import Scenery
from bot.slack.verbs import Standing
from bot.slack.views.answers import status_answer, why_answer
from bot.slack.views.errors import error_sentence, refusal
from bot.slack.views.home import HomeScene, Waiting, home_view
from bot.slack.views.modals import evidence_modal, notice_modal, plan_modal, reject_modal
from bot.slack.views.phrases import word
from bot.slack.views.rework_modals import edit_modal, record_modal
from bot.slack.views.spoken_modal import Where, spoken_modal
from bot.slack.views.steering_modals import (
    close_modal,
    hand_over_modal,
    history_modal,
    resume_modal,
    wrong_modal,
)
from bot.slack.views.text import count, esc, esc_fit, mention

HELP = (
    "*status* shows what is open.\n"
    "*incident* and its id shows one incident.\n"
    "*oncall* shows who is on call for which service.\n"
    "*pause* `all`, `environment:name` or `incident:id`, then a reason: no new step starts.\n"
    "*resume* `all`, `environment:name` or `incident:id`, then a reason: steps start again. A lead may.\n"
    "In an incident's thread, mention me to ask. "
    "On any message, the shortcut *Investigate this alert* makes it an incident."
)
SIGHTINGS = 20
HOME_INCIDENTS = 50
MOST_SERVICES = 30


def faces_of(scenery: Scenery, blobs: Blobs) -> Faces:
    """Everything that the bot process shows."""

    async def reason(
        incident: Incident, state: PlanState, person: PersonId, card: Place
    ) -> Mapping[str, Any]:
        scene = await scenery.of(incident)
        return reject_modal(state, person, scene.eligible, card)

    async def evidence(incident: Incident) -> Mapping[str, Any]:
        found = [await blobs.get(one.id) for one in incident.evidence[-SIGHTINGS:]]
        return evidence_modal(incident, tuple(one for one in found if one is not None))

    async def history(incident: Incident) -> Mapping[str, Any]:
        return history_modal(incident, await scenery.of(incident))

    async def spoken(incident: Incident, where: Where) -> Mapping[str, Any]:
        worked = incident.worked[where.run]
        return spoken_modal(worked, await blobs.spoken(incident.id, key_of(worked)), where)

    screens = Screens(
        refusal=refusal,
        trouble=error_sentence,
        notice=lambda text: notice_modal("Not counted" if text.endswith("]") else "Greenlight", text),
        plan=plan_modal,
        closing=lambda name, card, open_ones, fixed: close_modal(name, card, open_ones, fixed=fixed),
        handing=hand_over_modal,
        history=history,
        spoken=spoken,
        wrong=wrong_modal,
        resuming=resume_modal,
        incident=lambda found: _incident(scenery, found),
        oncall=lambda: _oncall(scenery),
        home=lambda person, standing, address: _home(scenery, person, standing, address),
        forms=forms_of(scenery),
        reason=reason,
        evidence=evidence,
        status=lambda incidents, pauses: status_text(incidents, pauses, scenery.freezes()),
        help=HELP,
    )
    return Faces(
        parse=lambda message, at: parse(message, at, all_readers(scenery.content.senders())),
        forced=lambda message, at: forced(message, at, all_readers(scenery.content.senders())),
        screens=screens,
        render=scenery.render,
        gate=scenery.gate,
    )


def forms_of(scenery: Scenery) -> Forms:
    """The modals of plans and steps, with the catalogue as it is now."""

    async def editing(
        incident: Incident, state: PlanState, step: int, card: Place, person: PersonId
    ) -> Mapping[str, Any] | None:
        scene = await scenery.of(incident)
        if step not in scene.gate.editable:
            return None
        action = scenery.content.catalogue().action(state.plan.steps[step].action)
        others = tuple(one for one in scene.eligible if one != person)
        return edit_modal(state, step, action, others, card) if action else None

    def wrong_values(name: ActionId, given: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
        action = scenery.content.catalogue().action(name)
        return problems_of(action, given)

    return Forms(
        editing=editing,
        recording=lambda value, card, applied: record_modal(value, card, applied=applied),
        wrong_values=wrong_values,
    )


async def _incident(scenery: Scenery, incident: Incident) -> str:
    """One incident from the record: where it is, why, who has it."""
    scene = await scenery.of(incident)
    has = f"{mention(incident.owner)} has it." if incident.owner else "Nobody has it yet."
    head = f"*{esc(word(incident))}: {esc_fit(incident.alert.title, 150)}* (`{incident.id}`)"
    where = f"In <#{incident.place.channel}>. {has}"
    status, why = status_answer(incident, scene)[0], why_answer(incident, scene)[0]
    return "\n".join((head, where, esc_fit(status, 1_000), esc_fit(why, 1_500)))


async def _oncall(scenery: Scenery) -> str:
    """Who is on call for each service, as the rosters say now; by name, so that nobody is paged."""
    lines: list[str] = []
    for service in scenery.content.inventory().services[:MOST_SERVICES]:
        answer = await scenery.answer(service.oncall, Role.ONCALL)
        who = scenery.names(answer.members) if answer.members else f"nobody ({esc(answer.error or 'empty')})"
        lines.append(f"• {esc(service.name)}: {who}")
    return "\n".join(["*On call now*", *lines]) if lines else "No service is listed in services.yaml."


async def _home(scenery: Scenery, person: PersonId, standing: Standing, address: str) -> Mapping[str, Any]:
    """What one person's Home shows now."""
    names = await scenery.incidents.opened(HOME_INCIDENTS)
    found = [replay((await scenery.incidents.load(name)).entries) for name in names]
    incidents = tuple(one for one in found if one is not None)
    waiting = [await _waiting(scenery, one, person, standing) for one in incidents]
    return home_view(
        HomeScene(
            person=person,
            at=scenery.clock.now(),
            incidents=incidents,
            waiting=tuple(one for one in waiting if one is not None),
            pauses=await scenery.incidents.pauses(),
            freezes=scenery.freezes(),
            health=await scenery.health(incidents),
            address=address,
        )
    )


async def _waiting(
    scenery: Scenery, incident: Incident, person: PersonId, standing: Standing
) -> Waiting | None:
    state = incident.current
    if incident.phase is not Phase.PROPOSED or state is None or not state.open:
        return None
    scene = await scenery.of(incident)
    who = tuple(scene.name(one) for one in scene.approvers if one != person)
    return Waiting(incident, state, await standing(incident, person), who)


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
