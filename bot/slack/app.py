# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The Bolt app: the storing middleware first, our listeners, and a catch-all for everything else."""

import logging
import re

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.listeners.clicks import Clicks
from bot.slack.listeners.commands import Commands
from bot.slack.listeners.events import Events
from bot.slack.listeners.reasons import Reasons
from bot.slack.listeners.room import Room
from bot.slack.listeners.steering import Steering
from bot.slack.middleware import Storing
from bot.slack.payloads import Identity

ANYTHING = re.compile(".*")


def build_app(room: Room, client: AsyncWebClient, me: Identity) -> AsyncApp:
    """The app with all its listeners; whatever nobody listens to is acknowledged all the same."""

    async def authorize() -> AuthorizeResult:
        # asked once at the start instead of by Bolt at the first event
        return AuthorizeResult(
            enterprise_id=None,
            team_id=me.team_id,
            bot_token=client.token,
            bot_id=me.bot_id,
            bot_user_id=me.user_id,
        )

    # Bolt warns that it ignores the token of the environment, which is as it should be
    log = logging.getLogger("greenlight.bolt")
    log.setLevel(logging.ERROR)
    app = AsyncApp(
        name="greenlight", logger=log, client=client, authorize=authorize, request_verification_enabled=False
    )
    log.setLevel(logging.WARNING)
    app.middleware(Storing(room.inbox).keep)
    events = Events(room)
    app.event("message")(events.arrived)
    app.event("app_mention")(events.arrived)
    app.event(ANYTHING)(events.arrived)
    _add_buttons(app, room)
    commands = Commands(room)
    app.command("/greenlight")(commands.typed)
    _add_catch_all(app, room, events)
    return app


def _add_buttons(app: AsyncApp, room: Room) -> None:
    clicks, reasons, steering = Clicks(room), Reasons(room), Steering(room)
    app.action("decide_approve")(clicks.approve)
    app.action("decide_reject")(reasons.ask)
    app.action("plan_details")(clicks.details)
    app.action("show_evidence")(clicks.evidence)
    app.action("stop_incident")(steering.stop)
    app.action("record_applied")(steering.applied)
    app.action("record_not_applied")(steering.not_applied)
    app.action("close_incident")(steering.close)
    app.view("reject_reason")(reasons.given)
    app.view("close_reason")(steering.closed)


def _add_catch_all(app: AsyncApp, room: Room, events: Events) -> None:
    """Buttons with an address, menus, modals and shortcuts of which nothing is wanted."""
    app.action(ANYTHING)(Clicks(room).unknown)
    app.options(ANYTHING)(events.ignored)
    app.view(ANYTHING)(events.ignored)
    app.view_closed(ANYTHING)(events.ignored)
    app.shortcut(ANYTHING)(events.ignored)
    app.command(ANYTHING)(events.ignored)
