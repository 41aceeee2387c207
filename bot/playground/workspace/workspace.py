"""The local Slack workspace: start it, fill it, act in it, watch it."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Final, Self

from aiohttp import web

from bot.playground.workspace.actor import Actor
from bot.playground.workspace.blocks import BlockCheck
from bot.playground.workspace.board import Board, Draft
from bot.playground.workspace.call import Hub
from bot.playground.workspace.control import Control
from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.events import Events
from bot.playground.workspace.faults import Faults
from bot.playground.workspace.feed import Change, ChangeKind
from bot.playground.workspace.model import (
    SLACKBOT,
    Ack,
    App,
    Channel,
    ChannelKind,
    Ephemeral,
    Json,
    Message,
    Status,
    Team,
    User,
    UserGroup,
    UserKind,
    View,
    Webhook,
)
from bot.playground.workspace.screens import Screens
from bot.playground.workspace.server import listen, make_application
from bot.playground.workspace.sockets import Sockets
from bot.playground.workspace.state import ApiCall, Options, State

DEFAULT_SCOPES: Final = (
    "app_mentions:read", "channels:history", "channels:read", "groups:history", "groups:read", "im:history",
    "chat:write", "commands", "users:read", "usergroups:read", "reactions:write", "files:write", "im:write",
)  # fmt: skip
DEFAULT_EVENTS: Final = ("app_mention", "message.channels", "message.groups", "message.im", "app_home_opened")
LOOK_AGAIN: Final = 0.02  # what an app did in its own memory reaches no feed


class Workspace:
    """A workspace of one team; everything runs in the event loop that started it."""

    def __init__(
        self,
        team: Team | None = None,
        options: Options | None = None,
        *,
        port: int = 0,
        control_token: str = "",
    ) -> None:
        """`control_token` opens `/control/…` to other processes; without one it does not exist."""
        self._state = State(team or Team(), options or Options())
        self._port = port
        self._control_token = control_token
        self._runner: web.AppRunner | None = None
        sockets = Sockets(self._state)
        events = Events(self._state, sockets)
        blocks = BlockCheck()
        screens = Screens(self._state, blocks)
        self._hub = Hub(self._state, sockets, events, Board(self._state, events), blocks, screens)
        self.add_user(SLACKBOT, "slackbot", kind=UserKind.BOT)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._runner, port = await listen(make_application(self._hub, self._control_token), self._port)
        self._state.url = f"http://127.0.0.1:{port}"

    def add_control(self, application: web.Application, token: str) -> None:
        """Answer `/control/…` in another server of this process too, e.g. that of a page."""
        Control(self._hub, token).add_routes(application)

    async def stop(self) -> None:
        self._state.feed.close()
        await self._hub.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def url(self) -> str:
        """The root, as in http://127.0.0.1:40123; the Web API lives below `api_url`."""
        return self._state.url

    @property
    def api_url(self) -> str:
        """What a Slack client takes as its base_url."""
        return f"{self._state.url}/api/"

    @property
    def team(self) -> Team:
        return self._state.team

    @property
    def faults(self) -> Faults:
        return self._state.faults

    # --- who and what is here -------------------------------------------------------------------------------

    def install_app(
        self,
        name: str,
        *,
        scopes: Iterable[str] = DEFAULT_SCOPES,
        events: Iterable[str] = DEFAULT_EVENTS,
        commands: Iterable[str] = (),
        shortcuts: Iterable[str] = (),
    ) -> App:
        """Install an app with its bot user; tokens are on the returned value."""
        state = self._state
        app_id, secret = state.new_id("A"), state.new_secret()
        app = App(
            id=app_id,
            name=name,
            bot_id=state.new_id("B"),
            bot_user_id=state.new_id("U"),
            bot_token=f"xoxb-local-{secret}",
            app_token=f"xapp-1-{app_id}-{secret}",
            scopes=tuple(scopes),
            events=tuple(events),
            commands=tuple(commands),
            shortcuts=tuple(shortcuts),
        )
        return self._with_bot_user(app)

    def _with_bot_user(self, app: App) -> App:
        state = self._state
        user = User(app.bot_user_id, app.name, state.team.id, UserKind.BOT, bot_id=app.bot_id, app_id=app.id)
        state.users[user.id] = user
        state.apps[app.id] = app
        return app

    def install_manifest(self, manifest: Json, *, optional_scopes: bool = True) -> App:
        """Install an app from its manifest as Slack reads it."""
        features: Json = manifest.get("features") or {}
        scopes: Json = manifest["oauth_config"]["scopes"]
        granted = [*scopes["bot"], *(scopes.get("bot_optional", ()) if optional_scopes else ())]
        subscriptions: Json = manifest["settings"].get("event_subscriptions") or {}
        app = self.install_app(
            features["bot_user"]["display_name"],
            scopes=granted,
            events=subscriptions.get("bot_events", ()),
            commands=[one["command"] for one in features.get("slash_commands", ())],
            shortcuts=[one["callback_id"] for one in features.get("shortcuts", ())],
        )
        home: Json = features.get("app_home") or {}
        return self.change_app(
            app,
            socket_mode=bool(manifest["settings"].get("socket_mode_enabled")),
            home_tab=bool(home.get("home_tab_enabled")),
            is_agent="agent_view" in features,
        )

    def change_app(self, app: App, **changes: Any) -> App:
        """Change scopes, events, socket_mode and so on of an installed app."""
        changed = dataclasses.replace(self._state.apps[app.id], **changes)
        self._state.apps[app.id] = changed
        return changed

    def change_options(self, **changes: Any) -> None:
        """Change how the workspace behaves while it runs, e.g. `rate_limits=True`."""
        self._state.options = dataclasses.replace(self._state.options, **changes)

    def revoke_token(self, token: str) -> None:
        self._state.revoked.add(token)

    def add_user(self, user_id: str, name: str, *, kind: UserKind = UserKind.HUMAN, **fields: Any) -> User:
        """Add a person; strangers get a team of their own unless `team_id` is given."""
        team_id = "T0OTHER" if kind is UserKind.STRANGER else self._state.team.id
        given: Json = {"team_id": team_id, "kind": kind, **fields}
        user = User(user_id, name, **given)
        self._state.users[user_id] = user
        return user

    def change_user(self, user_id: str, **changes: Any) -> User:
        user = dataclasses.replace(self._state.users[user_id], **changes)
        self._state.users[user_id] = user
        self._state.feed.add(ChangeKind.USER_CHANGED, user=user_id)
        event: Json = {
            "type": "user_change",
            "user": {"id": user_id, "name": user.name, "team_id": user.team_id},
        }
        self._hub.events.everywhere({**event, "event_ts": self._state.new_ts()})
        return user

    def add_group(self, group_id: str, handle: str, users: Iterable[str] = ()) -> UserGroup:
        group = UserGroup(group_id, handle, handle, tuple(users))
        self._state.groups[group_id] = group
        return group

    def change_group(self, group_id: str, **changes: Any) -> UserGroup:
        group = dataclasses.replace(self._state.groups[group_id], **changes)
        self._state.groups[group_id] = group
        event: Json = {"type": "subteam_updated", "subteam": {"id": group.id, "users": list(group.users)}}
        self._hub.events.everywhere({**event, "event_ts": self._state.new_ts()})
        return group

    def add_channel(
        self,
        channel_id: str,
        name: str,
        *,
        members: Iterable[str] = (),
        kind: ChannelKind = ChannelKind.PUBLIC,
        is_ext_shared: bool = False,
    ) -> Channel:
        """Add a channel; give an app's bot_user_id among the members to invite the app quietly."""
        created = int(self._state.now)
        channel = Channel(
            channel_id, name, kind, tuple(members), is_ext_shared=is_ext_shared, created=created
        )
        return self._hub.board.set_channel(channel)

    def change_channel(self, channel_id: str, **changes: Any) -> Channel:
        """Archive, share, rename and so on."""
        return self._hub.board.set_channel(dataclasses.replace(self._state.channels[channel_id], **changes))

    def archive(self, channel_id: str, *, archived: bool = True) -> Channel:
        """Archive a channel, or bring it back; apps in it that subscribed are told."""
        channel = self.change_channel(channel_id, is_archived=archived)
        kind = "channel_archive" if archived else "channel_unarchive"
        event: Json = {
            "type": kind,
            "channel": channel_id,
            "user": SLACKBOT,
            "event_ts": self._state.new_ts(),
        }
        self._hub.events.in_channel(channel, event)
        return channel

    def invite(self, channel_id: str, user: str, *, announce: bool = True) -> Channel:
        return self._hub.board.join(self._state.channels[channel_id], user, announce=announce)

    def remove(self, channel_id: str, user: str) -> Channel:
        return self._hub.board.leave(self._state.channels[channel_id], user)

    def add_webhook(self, channel_id: str, name: str = "incoming-webhook") -> str:
        """A new incoming webhook of another app; its full URL (the workspace must have started)."""
        state = self._state
        bot_id = state.new_id("B")
        path = f"/services/{state.team.id}/{bot_id}/{state.new_secret()}"
        state.webhooks[path] = Webhook(path, channel_id, bot_id, state.new_id("A"), name)
        return f"{state.url}{path}"

    # --- acting ---------------------------------------------------------------------------------------------

    def as_user(self, user_id: str) -> Actor:
        if user_id not in self._state.users:
            raise RefusedError(f"there is no user {user_id!r}")
        return Actor(self._hub, user_id)

    def plant(self, channel_id: str, body: Json, thread_ts: str = "") -> Message:
        """Post a recorded message body as it is, author fields included, with a fresh timestamp."""
        placed = {"ts", "event_ts", "channel", "channel_type", "type", "thread_ts"}
        content: Json = {key: value for key, value in body.items() if key not in placed}
        return self._hub.board.post(Draft(channel_id, {}, content, thread_ts))

    def change(self, message: Message, content: Json) -> Message:
        """Change any message as its author would, e.g. an alert that resolves in place."""
        latest = self._state.message(message.channel, message.ts)
        return self._hub.board.change(latest, content, editor=latest.user)

    def send_event(self, app: App, event: Json) -> None:
        """Deliver a raw event to an app, subscribed or not."""
        self._hub.events.send(app, event)

    async def send_interaction(self, app: App, payload: Json, kind: str = "interactive") -> Ack:
        """Deliver a raw interactive payload (or `slash_commands`) to an app."""
        return await self._hub.sockets.ask(app.id, kind, payload)

    async def disconnect(self, app: App, reason: str = "refresh_requested") -> None:
        """Ask the app to renew its Socket Mode connections, as Slack does every few hours."""
        await self._hub.sockets.disconnect(app.id, reason)

    async def cut_connections(self, app: App) -> None:
        """Close the app's connections without a word."""
        await self._hub.sockets.cut(app.id)

    # --- watching -------------------------------------------------------------------------------------------

    @property
    def apps(self) -> tuple[App, ...]:
        return tuple(self._state.apps.values())

    @property
    def users(self) -> tuple[User, ...]:
        return tuple(self._state.users.values())

    @property
    def groups(self) -> tuple[UserGroup, ...]:
        return tuple(self._state.groups.values())

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(self._state.channels.values())

    def messages(self, channel: str) -> tuple[Message, ...]:
        """All messages of a channel, replies included, oldest first."""
        return tuple(self._state.messages.get(self._state.channel(channel).id, {}).values())

    def thread(self, channel: str, ts: str) -> tuple[Message, ...]:
        return self._state.thread(self._state.channel(channel).id, ts)

    def message(self, channel: str, ts: str) -> Message | None:
        return self._state.messages.get(channel, {}).get(ts)

    def file(self, file_id: str) -> bytes | None:
        """The bytes of an uploaded file."""
        found = self._state.files.get(file_id)
        return found.content if found is not None and found.content else None

    def ephemerals(self, user: str) -> tuple[Ephemeral, ...]:
        return tuple(one for one in self._state.ephemerals if one.user == user)

    def views(self, user: str) -> tuple[View, ...]:
        """The open modals of a person, topmost last."""
        return self._hub.screens.stack(user)

    def home(self, user: str, app: App | None = None) -> View | None:
        return self.as_user(user).home(app)

    def status(self, channel: str, thread_ts: str) -> Status | None:
        """The status line of a thread, unless it ran out."""
        status = self._state.statuses.get((channel, thread_ts))
        if status is None or self._state.now - status.made > self._state.options.status_seconds:
            return None
        return status

    def connections(self, app: App) -> int:
        return self._hub.sockets.count(app.id)

    def changes(self, after: int | None = None) -> AsyncGenerator[Change]:
        """Changes as they happen; `after=0` begins with everything that is kept."""
        start = self._state.feed.last if after is None else after
        return self._state.feed.follow(start)

    def calls(self, method: str) -> tuple[ApiCall, ...]:
        """The calls of this method that were answered, oldest first."""
        return tuple(one for one in self._state.calls if one.method == method)

    def count(self, method: str) -> int:
        """How often this method was called, faults included."""
        return self._state.counts[method]

    def limited(self) -> dict[str, int]:
        """How often each method was called too often, as answered with 429."""
        return dict(self._state.limited)

    async def wait_until(self, predicate: Callable[[], Any], *, seconds: float = 10.0) -> Any:
        """The first true value of `predicate`, looked at after each change and often between."""
        async with asyncio.timeout(seconds):
            while not (found := predicate()):
                await self._state.feed.changed(within=LOOK_AGAIN)
        return found

    async def wait_connected(self, app: App, count: int = 1, *, seconds: float = 10.0) -> None:
        await self.wait_until(lambda: self.connections(app) >= count, seconds=seconds)
