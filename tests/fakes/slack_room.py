"""The whole Slack room on a local workspace: the real wire and the real flow over an in-memory store."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from bot.domain.alert import Alert, AlertStatus, Place, Sighted
from bot.domain.decision import Click, Refused, value_of
from bot.domain.editing import editable, problems_of
from bot.domain.events import Asked, Decided, IncidentClosed, OutcomeRecorded
from bot.domain.ids import ActionId, At, Digest, IncidentId, PersonId
from bot.domain.incident import Incident, PlanState
from bot.flow import approval, control, followup, intake
from bot.flow.conductor import load
from bot.flow.table import table
from bot.playground.workspace.model import App, Message, Team, UserKind
from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace
from bot.ports.ports import Ports
from bot.ports.records import Pause
from bot.slack.alerts.forced import forced
from bot.slack.charts import Charts
from bot.slack.faces import faces_of
from bot.slack.listeners.room import Forms, Screens
from bot.slack.process import Desk, Faces, Shelves, SlackOptions, open_desk, run_bot
from bot.slack.scenery import Scenery
from bot.slack.socket import Health
from bot.slack.verbs import Standing, Verbs
from bot.slack.views import scene
from bot.slack.views.cards import cards_of
from bot.slack.views.rework_modals import edit_modal, record_modal
from bot.slack.views.steering_modals import close_modal, hand_over_modal, resume_modal, wrong_modal
from bot.slack.views.values import metadata
from bot.wiring.care import Caring
from bot.wiring.rework import Reworking
from bot.wiring.talk import Talking
from tests.fakes.content import COLLEAGUE, GUEST, LEAD, ONCALL, SENIOR, WORKSPACE, example_catalogue
from tests.fakes.house import House, house
from tests.fakes.house import alert as example_alert
from tests.waiting import eventually

CHANNEL = "C0ALERTS"
SIDE_CHANNEL = "C0SIDE"
STRANGER = PersonId("U0STRANGER")
USUAL = "CheckoutHighErrorRate"
HEADING = re.compile(r"\[(FIRING|RESOLVED)(?::\d+)?\] (\w+) .*")
QUICK = Options(ack_timeout=1.0, retry_delays=(0.0, 0.05, 0.1), refresh_grace=0.2)
SIMPLE_BLOCK = {"type": "divider"}


def firing(name: str = USUAL) -> dict[str, Any]:
    """An incoming webhook's body as Alertmanager's default template makes it."""
    return {"username": "Alertmanager", "attachments": [attachment("FIRING:1", name, "danger")]}


def attachment(state: str, name: str, color: str) -> dict[str, Any]:
    """Alertmanager's one attachment; its message has no text of its own."""
    title = f"[{state}] {name} (checkout critical)"
    return {"title": title, "fallback": title, "color": color, "title_link": "http://am.example/#/alerts"}


def simple_parse(message: Mapping[str, Any], _: At) -> Alert | None:
    """An alert named and resolved by the title of its attachment; anything without one is none."""
    titles = [str(one.get("title", "")) for one in message.get("attachments") or ()]
    found = HEADING.fullmatch(titles[0]) if titles else None
    if found is None:
        return None
    status = AlertStatus.FIRING if found[1] == "FIRING" else AlertStatus.RESOLVED
    # of a service that is not listed, unless it is the usual one: related alerts would join one incident
    service = "checkout" if found[2] == USUAL else found[2]
    return replace(example_alert(fingerprint=found[2], status=status, service=service), title=found[2])


def simple_draw(incident: Incident, around: scene.Scene) -> tuple[scene.Card, ...]:
    """Plain cards: one for the incident, one for each revision of its plan, one for each answer."""
    text = f"{incident.phase} {incident.version} {around.progress}"
    cards = [scene.Card("incident", scene.Message(text, (_buttons(incident),)), state=str(incident.phase))]
    cards.extend(_plan_card(state) for state in incident.plans)
    answered = (question for question in incident.questions if question.answer is not None)
    cards.extend(scene.Card(f"answer:{q.ts}", scene.Message(q.answer or "", ())) for q in answered)
    return tuple(cards)


def _buttons(incident: Incident) -> dict[str, object]:
    actions = ("stop_incident", "close_incident", "show_evidence")
    return {"type": "actions", "elements": [_button(action, incident.id) for action in actions]}


def _button(action: str, value: str) -> dict[str, object]:
    text = {"type": "plain_text", "text": action}
    return {"type": "button", "action_id": action, "text": text, "value": value}


def _plan_card(state: PlanState) -> scene.Card:
    actions = ("decide_approve", "decide_reject", "plan_details") if state.open else ("plan_details",)
    blocks: dict[str, object] = {
        "type": "actions",
        "elements": [_button(action, value_of(state)) for action in actions],
    }
    ended = state.ended or ("approved" if state.approved else "open")
    message = scene.Message(f"plan {state.plan.revision} {ended}", (blocks,))
    return scene.Card(f"plan:{state.plan.revision}", message, state=str(ended))


def _modal(title: str, *blocks: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    plain = {"type": "plain_text", "text": title}
    return {"type": "modal", "title": plain, "blocks": list(blocks) or [SIMPLE_BLOCK], **more}


def _text(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


async def _reason(_: Incident, state: PlanState, __: PersonId, card: tuple[str, str]) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "reason", "multiline": True}
    label = {"type": "plain_text", "text": "Why?"}
    block = {"type": "input", "block_id": "reason", "label": label, "element": element}
    submit = {"type": "plain_text", "text": "Reject"}
    origin = metadata(value_of(state), *card)
    return _modal("Reject", block, callback_id="reject_reason", private_metadata=origin, submit=submit)


async def _evidence(incident: Incident) -> dict[str, Any]:
    return _modal("Evidence", _text(f"{len(incident.evidence)} looks"))


async def _home(person: PersonId, _: Standing, __: str) -> dict[str, Any]:
    return {"type": "home", "blocks": [_text(f"home of {person}")]}


async def _editing(
    _: Incident, state: PlanState, step: int, card: tuple[str, str], _person: PersonId
) -> dict[str, Any] | None:
    action = example_catalogue().action(state.plan.steps[step].action)
    return dict(edit_modal(state, step, action, (), card)) if action and editable(action) else None


def _wrong_values(name: ActionId, given: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return problems_of(example_catalogue().action(name), given)


async def _one_incident(incident: Incident) -> str:
    return f"about {incident.id}"


async def _on_call() -> str:
    return "on call"


def _status(incidents: tuple[Incident, ...], pauses: tuple[Pause, ...]) -> str:
    return f"{len(incidents)} open, {len(pauses)} paused"


SCREENS = Screens(
    refusal=lambda refused: f"{refused.code} {refused.by or ''}".strip(),
    trouble=lambda error: f"trouble: {error.message}",
    notice=lambda text: _modal("Notice", _text(text)),
    closing=lambda incident, card, others, fixed: dict(close_modal(incident, card, others, fixed=fixed)),
    handing=lambda incident, card: dict(hand_over_modal(incident, card)),
    history=_evidence,
    spoken=lambda incident, _: _evidence(incident),
    wrong=lambda incident, subject: dict(wrong_modal(incident, subject)),
    resuming=lambda scope: dict(resume_modal(scope)),
    incident=_one_incident,
    oncall=_on_call,
    home=_home,
    forms=Forms(
        editing=_editing,
        recording=lambda value, card, applied: dict(record_modal(value, card, applied=applied)),
        wrong_values=_wrong_values,
    ),
    reason=_reason,
    evidence=_evidence,
    plan=lambda state: _modal("Plan", _text(state.digest)),
    status=_status,
    help="status, pause, resume, help",
)


def verbs_of(ports: Ports) -> Verbs:
    """The flow's own verbs over these ports."""

    async def alert_seen(sighted: Sighted) -> None:
        await intake.alert_seen(ports, sighted)

    async def judge(click: Click | Refused, person: PersonId) -> Decided | Refused:
        return await approval.judge(ports, table, click, person)

    async def asked(place: Place, person: PersonId, ts: str, text: str) -> str | None:
        known = await followup.asked(
            ports, table, lambda _, q: (f"you asked: {q}", ()), Asked(person, ts, text), place
        )
        return None if known else f"nothing is known here about: {text}"

    async def record(
        incident: IncidentId,
        digest12: str,
        step: int,
        applied: bool,  # noqa: FBT001 - the port's own shape
        person: PersonId,
        note: str,
    ) -> str:
        state = (await load(ports, incident)).current
        assert state is not None
        assert state.digest.startswith(digest12)
        truth = OutcomeRecorded(Digest(state.digest), step, applied, person, note)
        return await control.record_truth(ports, table, incident, truth)

    async def close(incident: IncidentId, closed: IncidentClosed) -> str:
        return await control.close(ports, incident, closed)

    async def sighted_by(sighted: Sighted) -> IncidentId | None:
        return await intake.alert_seen(ports, sighted)

    return Verbs(
        alert_seen=alert_seen,
        home_of=lambda alert: intake.home_of(ports, alert),
        judge=judge,
        asked=asked,
        pause=lambda scope, person, reason: control.pause(ports, scope, person, reason),
        resume=lambda scope, person, reason: control.resume(ports, scope, person, reason),
        stop=lambda incident, person: control.stop(ports, incident, person),
        record_truth=record,
        close=close,
        care=Caring(ports, sighted_by).care(),
        talk=Talking(ports).talk(),
        rework=Reworking(ports).rework(),
    )


@dataclass(slots=True)
class SlackRoom:
    """A running bot in a running workspace."""

    workspace: Workspace
    home: House
    app: App
    hook: str
    options: SlackOptions
    health: Health

    async def alert(self, body: dict[str, Any] | None = None) -> Message:
        """Another app posts an alert; the message as it stands in the channel."""
        known = len(self.workspace.messages(CHANNEL))
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.hook, json=body or firing()) as answer,
        ):
            assert answer.status == 200
        return self.workspace.messages(CHANNEL)[known]

    def replies(self, alert: Message) -> tuple[Message, ...]:
        """What stands in the alert's thread."""
        return self.workspace.thread(CHANNEL, alert.ts)[1:]

    async def until(self, condition: Callable[[], Any]) -> Any:
        """The first true value of the condition, looked at after each change of the workspace."""
        return await self.workspace.wait_until(condition)

    async def card(self, alert: Message, start: str) -> Message:
        """The card of the alert's thread whose text begins so, once there is one."""
        return await self.until(
            lambda: next((one for one in self.replies(alert) if one.text.startswith(start)), None)
        )

    async def call(self, app: App, method: str, **params: Any) -> dict[str, Any]:
        """Another app calls the Web API."""
        headers = {"Authorization": f"Bearer {app.bot_token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            url = f"{self.workspace.api_url}{method}"
            async with session.post(url, json=params) as answer:
                body: dict[str, Any] = await answer.json()
                assert body["ok"], body
                return body

    def other_app(self) -> App:
        """An alerting app that posts with its own bot and edits what it posted."""
        other = self.workspace.install_app("alerting", events=())
        self.workspace.invite(CHANNEL, other.bot_user_id)
        return other

    def incidents(self) -> int:
        """How many incidents there are."""
        return len(self.home.store.shelf.entries)

    async def handled(self) -> None:
        """Wait until every event that was stored is handled."""
        seen = self.home.store.seen

        async def nothing_waits() -> bool:
            return set(seen.stored) <= seen.handled

        await eventually(nothing_waits)

    async def proposed(self) -> tuple[Message, Message]:
        """An alert and the card of the plan that follows from it."""
        alert = await self.alert()
        await self.card(alert, "detected")
        await self.home.work()
        return alert, await self.card(alert, "plan 1 open")


@asynccontextmanager
async def slack_workspace(options: Options = QUICK) -> AsyncGenerator[tuple[Workspace, App]]:
    """A workspace with the people of the example content, its alert channel, and the app."""
    async with Workspace(Team(id=WORKSPACE), options=options) as workspace:
        for person in (ONCALL, LEAD, SENIOR, COLLEAGUE):
            workspace.add_user(person, person.lower())
        workspace.add_user(GUEST, "guest", kind=UserKind.GUEST)
        workspace.add_user(STRANGER, "stranger", kind=UserKind.STRANGER)
        app = workspace.install_app("greenlight", commands=("/greenlight",), shortcuts=("gl_investigate",))
        people = (ONCALL, LEAD, SENIOR, COLLEAGUE, GUEST, STRANGER, app.bot_user_id)
        workspace.add_channel(CHANNEL, "alerts", members=people)
        workspace.add_channel(SIDE_CHANNEL, "side", members=people)
        yield workspace, app


def options_of(workspace: Workspace, app: App) -> SlackOptions:
    """The bot's options for this workspace."""
    return SlackOptions(app.bot_token, app.app_token, workspace.api_url, (CHANNEL,), ping_seconds=0.5)


@asynccontextmanager
async def running(
    options: SlackOptions, home: House, health: Health, *, real: bool = False
) -> AsyncGenerator[Desk]:
    """A bot process, ready, over the stores of this house; `real` shows the real views."""
    async with open_desk(options) as desk:
        ports = replace(home.ports, people=desk.people)
        shelves = Shelves(ports.incidents, ports.cards, ports.seen, ports.content, ports.clock)
        draw = cards_of if real else simple_draw
        scenery = Scenery(
            ports.incidents,
            ports.roster,
            ports.content,
            ports.clock,
            draw,
            sent=ports.cards.sent,
            charted=Charts(ports.blobs).of,
        )
        faces = (
            faces_of(scenery, ports.blobs)
            if real
            else Faces(simple_parse, forced, SCREENS, scenery.render, scenery.gate)
        )
        bot = asyncio.create_task(run_bot(options, desk, shelves, verbs_of(ports), faces, health))
        ready = asyncio.create_task(health.ready.wait())
        await asyncio.wait({bot, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        ready.cancel()
        try:
            assert not bot.done() or bot.result() is None
            yield desk
        finally:
            if not health.connected:
                # it is about to end by itself: let it say why
                await asyncio.wait({bot}, timeout=5)
            bot.cancel()
            with suppress(asyncio.CancelledError):
                await bot


@asynccontextmanager
async def slack_room(
    home: House | None = None, options: Options = QUICK, *, real: bool = False
) -> AsyncGenerator[SlackRoom]:
    """The room, connected and caught up."""
    home = home or house()
    health = Health()
    async with slack_workspace(options) as (workspace, app):
        wanted = options_of(workspace, app)
        hook = workspace.add_webhook(CHANNEL, "Alertmanager")
        async with running(wanted, home, health, real=real):
            yield SlackRoom(workspace, home, app, hook, wanted, health)
