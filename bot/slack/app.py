# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The Bolt app: the storing middleware first, our listeners, and a catch-all for everything else."""

import logging
import re

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.listeners.care import Care
from bot.slack.listeners.clicks import Clicks
from bot.slack.listeners.commands import Commands
from bot.slack.listeners.events import Events
from bot.slack.listeners.homes import Homes
from bot.slack.listeners.reasons import Reasons
from bot.slack.listeners.rework import Rework
from bot.slack.listeners.room import Room
from bot.slack.listeners.shortcuts import Shortcuts
from bot.slack.listeners.steering import Steering
from bot.slack.listeners.talk import Talk
from bot.slack.listeners.transcripts import Transcripts
from bot.slack.middleware import Storing
from bot.slack.payloads import Identity
from bot.slack.test_button import ACTION

ANYTHING = re.compile(".*")
SPOKEN = re.compile(r"spoken_[a-z0-9_]{1,20}")
EDIT = re.compile(r"plan_edit(_[0-9])?")


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
    app.event("app_home_opened")(Homes(room).opened)
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
    app.action("close_incident")(steering.close)
    _add_care(app, room)
    _add_talk(app, room)
    _add_rework(app, room)
    app.view("reject_reason")(reasons.given)
    app.view("close_reason")(steering.closed)


def _add_care(app: AsyncApp, room: Room) -> None:
    """What changes no plan: who has it, muting, feedback, the shortcut, the App Home."""
    care, homes = Care(room), Homes(room)
    app.action("take_incident")(care.take)
    app.action("investigate")(care.investigate)
    app.action("incident_menu")(care.menu)
    app.action("feedback")(care.rated)
    app.action("home_refresh")(homes.refresh)
    app.action("home_pause")(homes.pause)
    app.action("home_resume")(homes.resume)
    app.view("hand_over")(care.handed)
    app.view("feedback_note")(care.explained)
    app.view("resume_reason")(homes.resumed)
    app.action(SPOKEN)(Transcripts(room).read)
    app.action(ACTION)(care.tested)
    app.shortcut("gl_investigate")(Shortcuts(room).investigate)


def _add_rework(app: AsyncApp, room: Room) -> None:
    """What leads to another plan, or settles a step in doubt."""
    rework = Rework(room)
    app.action(EDIT)(rework.edit)
    app.action("plan_undo")(rework.undo)
    app.action("record_applied")(rework.applied)
    app.action("record_not_applied")(rework.not_applied)
    app.view("edit_parameters")(rework.edited)
    app.view("record_note")(rework.recorded)


def _add_talk(app: AsyncApp, room: Room) -> None:
    """Buttons beside answers and drafts."""
    talk = Talk(room)
    app.action("propose_wish")(talk.propose)
    app.action("draft_ask")(talk.ask_draft)
    app.action("draft_edit")(talk.edit)
    app.action("draft_send")(talk.send)
    app.view("draft_edited")(talk.edited)


def _add_catch_all(app: AsyncApp, room: Room, events: Events) -> None:
    """Buttons with an address, menus, modals and shortcuts of which nothing is wanted."""
    app.action(ANYTHING)(Clicks(room).unknown)
    app.options(ANYTHING)(events.ignored)
    app.view(ANYTHING)(events.ignored)
    app.view_closed(ANYTHING)(events.ignored)
    app.shortcut(ANYTHING)(events.ignored)
    app.command(ANYTHING)(events.ignored)
