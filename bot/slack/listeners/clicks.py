"""Approve and Details: acknowledged first, parsed, judged by the gate, explained where it refuses."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.domain.apply import replay
from bot.domain.decision import Click, Code, Refused, parse_value
from bot.domain.ids import PersonId
from bot.domain.incident import Incident, PlanState
from bot.slack.listeners.room import Asker, Room, answer, asker_of, show
from bot.slack.payloads import Press, Pressed
from bot.slack.views.values import parse_incident


@dataclass(frozen=True, slots=True)
class Clicks:
    """The buttons of an approval card, apart from Reject."""

    room: Room

    async def approve(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`decide_approve`."""
        await ack()
        press = read_press(body)
        if press is None:
            return
        asker = asker_of(self.room, press)
        click = click_of(press, approve=True)
        await answer(self.room, asker, judged(self.room, click, asker.person))

    async def unknown(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Any other button: acknowledged; one that carries a plan's value is refused in words (rule 16)."""
        await ack()
        press = read_press(body)
        if press is None or press.single is None or parse_value(press.single.value) is None:
            return
        asker = asker_of(self.room, press)
        await answer(self.room, asker, judged(self.room, Refused(Code.WRONG_ACTION), asker.person))

    async def details(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`plan_details`: the whole plan in a modal."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._detailed(asker, click_of(press, approve=False)))

    async def evidence(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """`show_evidence`: what was looked at, in a modal; the value is the incident."""
        await ack()
        press = read_press(body)
        if press is not None:
            asker = asker_of(self.room, press)
            await answer(self.room, asker, self._evidence(asker, press.single))

    async def _evidence(self, asker: Asker, pressed: Pressed | None) -> str | None:
        name = parse_incident(pressed.value) if pressed else None
        if name is None:
            return self.room.screens.refusal(Refused(Code.MALFORMED))
        incident = replay((await self.room.incidents.load(name)).entries)
        if incident is not None:
            view = await self.room.screens.evidence(incident)
            await show(self.room, asker, view, "Please click Evidence again.")
        return None

    async def _detailed(self, asker: Asker, click: Click | Refused) -> str | None:
        found = None if isinstance(click, Refused) else await named(self.room, click)
        if found is None:
            return self.room.screens.refusal(Refused(Code.UNKNOWN_PLAN))
        await show(self.room, asker, self.room.screens.plan(found[1]), "Please click Details again.")
        return None


async def judged(room: Room, click: Click | Refused, person: PersonId) -> str | None:
    """The sentence that refuses a click; nothing where it counted, since the card says so."""
    outcome = await room.verbs.judge(click, person)
    return room.screens.refusal(outcome) if isinstance(outcome, Refused) else None


async def named(room: Room, click: Click) -> tuple[Incident, PlanState] | None:
    """The incident and revision that a click names."""
    incident_id = await room.incidents.by_plan(click.plan)
    if incident_id is None:
        return None
    incident = replay((await room.incidents.load(incident_id)).entries)
    wanted = (click.plan, click.revision)
    states = incident.plans if incident else ()
    state = next((s for s in states if (s.plan.id, s.plan.revision) == wanted), None)
    return (incident, state) if incident and state else None


def read_press(body: dict[str, Any]) -> Press | None:
    """The payload of a click; nothing where it is not one."""
    try:
        return Press.model_validate(body)
    except ValidationError:
        return None


def click_of(press: Press, *, approve: bool) -> Click | Refused:
    """The click that a press means, or the code that it is malformed with (rule 16)."""
    pressed = press.single
    value = parse_value(pressed.value) if pressed else None
    if value is None:
        return Refused(Code.MALFORMED)
    plan, revision, digest12 = value
    channel, message = press.where
    return Click(approve, plan, revision, digest12, channel, message)
