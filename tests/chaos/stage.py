"""A local workspace, the processes, the store and the small target, and what people do there."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.adapters.store import Store
from bot.domain.alert import Place
from bot.domain.apply import replay
from bot.domain.errors import StoreUnavailableError, UnknownIncidentError
from bot.domain.ids import IncidentId
from bot.domain.incident import Incident, Phase
from bot.playground.workspace.actor import all_blocks
from bot.playground.workspace.model import App, Message, Team
from bot.playground.workspace.state import Options
from bot.playground.workspace.workspace import Workspace
from bot.ports.cards import MessageRef
from bot.settings import Settings
from bot.wiring.store import open_store
from tests.chaos.crew import Crew, crewed
from tests.chaos.home import ACTIONS, CHANNEL, PEOPLE, WORKSPACE, lay_out, write_log
from tests.chaos.target import Target, serving

PATIENCE = 40.0
LOOK_SECONDS = 0.02
START_SECONDS = 0.1
"""How much longer processes may take to start for each service of the inventory."""
QUICK = Options(ack_timeout=3.0, retry_delays=(0.0, 0.5, 2.0, 5.0), refresh_grace=0.2)
NAMES = ("bot", "think", "act")


@dataclass(slots=True)
class Stage:
    """Everything that runs, and what people do with it."""

    home: Path
    workspace: Workspace
    app: App
    hook: str
    target: Target
    crew: Crew
    store: Store
    session: aiohttp.ClientSession
    number: int = field(default=0)

    async def fires(self, service: str = "checkout", name: str = "", *, resolved: bool = False) -> Message:
        """The alerting system posts through its webhook; the message as it stands in the channel."""
        self.number += 1
        body = notification(name or f"Pool{self.number:05d}", service, resolved=resolved)
        title = body["attachments"][0]["title"]
        known = {one.ts for one in self.workspace.messages(CHANNEL)}
        async with self.session.post(self.hook, json=body) as answer:
            assert answer.status == 200
        return next(
            one
            for one in reversed(self.workspace.messages(CHANNEL))
            if one.ts not in known and _title(one) == title
        )

    def breaks(self, *log: str) -> None:
        """The service breaks as if for the first time, with these lines in its log as well."""
        self.target.reset()
        write_log(self.home, *log)

    async def incident(self, alert: Message) -> Incident | None:
        """The incident of an alert by the record; nothing while there is none or the store is away."""
        place = Place(WORKSPACE, CHANNEL, alert.ts)
        try:
            found = await self.store.incidents.by_thread(place)
            return None if found is None else await self.load(found)
        except (StoreUnavailableError, UnknownIncidentError):
            return None

    async def load(self, incident: IncidentId) -> Incident:
        """An incident by its record."""
        found = replay((await self.store.incidents.load(incident)).entries)
        assert found is not None
        return found

    async def until(
        self, alert: Message, condition: Callable[[Incident], object], seconds: float = PATIENCE
    ) -> Incident:
        """The incident as soon as its record satisfies the condition."""
        seen: Incident | None = None
        deadline = time.monotonic() + seconds
        while True:
            seen = await self.incident(alert)
            if seen is not None and condition(seen):
                return seen
            assert time.monotonic() < deadline, f"not in time: {seen and (seen.phase, seen.entries[-3:])}"
            await asyncio.sleep(LOOK_SECONDS)

    async def reaches(self, alert: Message, phase: Phase, seconds: float = PATIENCE) -> Incident:
        """The incident once it is in this phase."""
        return await self.until(alert, lambda incident: incident.phase is phase, seconds)

    def thread(self, alert: Message) -> tuple[Message, ...]:
        """What stands below the alert."""
        return self.workspace.thread(CHANNEL, alert.ts)[1:]

    def cards(self, alert: Message) -> dict[str, Message]:
        """Our cards below the alert, by name; the last one where there are several of a name."""
        return {card_name(one): one for one in self.thread(alert) if card_name(one)}

    def doubled(self, alert: Message) -> list[str]:
        """The names of cards that were posted more than once."""
        many = Counter(card_name(one) for one in self.thread(alert) if card_name(one))
        return [name for name, count in many.items() if count > 1]

    async def button(self, alert: Message, action: str, seconds: float = PATIENCE) -> Message:
        """The newest card below the alert that offers this button, once the record knows its message."""
        card: Message = await self.workspace.wait_until(
            lambda: next((one for one in reversed(self.thread(alert)) if offers(one, action)), None),
            seconds=seconds,
        )
        deadline = time.monotonic() + seconds
        # No person is as quick as this suite: a click before that is refused as one on a wrong message.
        while not await self._known(card):
            assert time.monotonic() < deadline, "the card was never recorded"
            await asyncio.sleep(LOOK_SECONDS)
        return card

    async def _known(self, card: Message) -> bool:
        try:
            return await self.store.cards.find(MessageRef(card.channel, card.ts)) is not None
        except StoreUnavailableError:
            return False

    async def card(self, alert: Message, name: str, text: str = "", seconds: float = PATIENCE) -> Message:
        """A card once it is there and says this."""

        def found() -> Message | None:
            card = self.cards(alert).get(name)
            return card if card is not None and re.search(text, said(card)) else None

        return await self.workspace.wait_until(found, seconds=seconds)

    async def clicks(self, alert: Message, person: str, action: str) -> bool:
        """Somebody clicks the newest such button, again where the app does not answer, as people do."""
        for _ in range(20):
            card = await self.button(alert, action)
            if (await self.workspace.as_user(person).click(card, action)).acked:
                return True
            await self.connected()
        return False

    async def asks(self, alert: Message, text: str, person: str) -> Message:
        """Somebody mentions the bot in the thread."""
        actor = self.workspace.as_user(person)
        return await actor.post(CHANNEL, f"<@{self.app.bot_user_id}> {text}", alert.ts)

    async def connected(self, count: int = 1, seconds: float = PATIENCE) -> None:
        """Wait until so many bot processes are connected."""
        await self.workspace.wait_connected(self.app, count, seconds=seconds)

    async def settled(self, alert: Message) -> Incident:
        """The incident once every card shows its newest state."""
        deadline = time.monotonic() + PATIENCE
        while True:
            incident = await self.incident(alert)
            dirty = await _dirty(self.store)
            if incident is not None and dirty is not None and incident.id not in dirty:
                return incident
            assert time.monotonic() < deadline, "the cards never caught up"
            await asyncio.sleep(LOOK_SECONDS)


async def _dirty(store: Store) -> Mapping[IncidentId, int] | None:
    try:
        return await store.cards.dirty(10_000)
    except StoreUnavailableError:
        return None


def notification(name: str, service: str, *, resolved: bool = False) -> dict[str, Any]:
    """The body that Alertmanager posts, in its widely used "details list" template."""
    status = "[RESOLVED]" if resolved else "[FIRING:1]"
    title = f"{status} {name} {service} (production critical)"
    labels = {"alertname": name, "service": service, "environment": "production", "severity": "critical"}
    bullets = "".join(f" • *{label}:* `{value}`\n" for label, value in labels.items())
    text = f"\n*Alert:* Many errors - `critical`\n *Description:* errors\n *Details:*\n{bullets}\n\n"
    attachment = {
        "title": title,
        "title_link": "http://alerts.example/#/alerts?receiver=slack",
        "text": text,
        "fallback": f"{title} | http://alerts.example/#/alerts",
        "color": "good" if resolved else "danger",
        "mrkdwn_in": ["fallback", "pretext", "text"],
    }
    return {"username": "Alertmanager", "attachments": [attachment]}


def card_name(message: Message) -> str:
    """Which card of an incident a message is, by the metadata that it was posted with; empty for others."""
    payload: dict[str, Any] = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("card", ""))


def said(message: Message) -> str:
    """All text of a message, blocks included, as it went over the wire."""
    return json.dumps([message.text, message.body.get("blocks")], ensure_ascii=False)


def offers(message: Message, action: str) -> bool:
    """Whether a message has this button."""
    return any(
        element.get("action_id") == action
        for block in all_blocks(message)
        for element in block.get("elements") or ()
    )


def _title(message: Message) -> str:
    attachments: list[dict[str, Any]] = list(message.body.get("attachments") or ())
    return str(attachments[0].get("title", "")) if attachments else ""


@asynccontextmanager
async def staged(
    home: Path,
    names: tuple[str, ...] = NAMES,
    programs: tuple[str, ...] = (),
    variables: dict[str, str] | None = None,
    actions: tuple[str, ...] = ACTIONS,
) -> AsyncGenerator[Stage]:
    """Everything started, and the bots connected."""
    await asyncio.to_thread(home.mkdir, parents=True, exist_ok=True)
    target = Target(home / "checkout.json")
    async with (
        serving(target),
        Workspace(Team(id=WORKSPACE), QUICK) as workspace,
        aiohttp.ClientSession() as session,
    ):
        lay_out(home, target, programs, actions)
        app = _people(workspace)
        hook = workspace.add_webhook(CHANNEL, "Alertmanager")
        settings = Settings.model_validate({"home": home, "redis_url": None})
        given = _variables(home, workspace, app) | (variables or {})
        async with open_store(settings) as store, crewed(home, given, *names) as crew:
            stage = Stage(home, workspace, app, hook, target, crew, store, session)
            bots = sum(name.startswith("bot") for name in names)
            await stage.connected(bots, PATIENCE + len(programs) * START_SECONDS)
            yield stage


def _people(workspace: Workspace) -> App:
    for person, name in PEOPLE.items():
        workspace.add_user(person, name)
    app = workspace.install_app("greenlight", commands=("/greenlight",))
    workspace.add_channel(CHANNEL, "alerts", members=tuple(PEOPLE))
    workspace.invite(CHANNEL, app.bot_user_id, announce=False)
    return app


def _variables(home: Path, workspace: Workspace, app: App) -> dict[str, str]:
    return {
        "GREENLIGHT_HOME": str(home),
        "GREENLIGHT_SLACK_BASE_URL": workspace.api_url,
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_APP_TOKEN": app.app_token,
        "GREENLIGHT_LOG_FORMAT": "json",
    }
