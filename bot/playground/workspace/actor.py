"""A person acting in the workspace, the way Slack's client would let them."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from bot.playground.workspace import elements, payloads
from bot.playground.workspace.board import Draft
from bot.playground.workspace.call import Hub
from bot.playground.workspace.errors import RefusedError, SlackError
from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import (
    Ack,
    App,
    Channel,
    ChannelKind,
    Ephemeral,
    Json,
    Message,
    UserKind,
    View,
)
from bot.playground.workspace.texts import link_bare_urls, typed


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a submitted view; `errors` are by block id, the app's or Slack's own."""

    ack: Ack
    errors: dict[str, str] = field(default_factory=dict[str, str])
    view: View | None = None


class Actor:
    """One person; raises RefusedError where Slack's client would not let them."""

    def __init__(self, hub: Hub, user: str) -> None:
        self._hub = hub
        self.user = user

    @property
    def views(self) -> tuple[View, ...]:
        """The open modals, topmost last."""
        return self._hub.screens.stack(self.user)

    @property
    def view(self) -> View | None:
        return self.views[-1] if self.views else None

    @property
    def ephemerals(self) -> tuple[Ephemeral, ...]:
        return tuple(one for one in self._hub.state.ephemerals if one.user == self.user)

    def home(self, app: App | None = None) -> View | None:
        view_id = self._hub.state.homes.get((self._app(app).id, self.user))
        return self._hub.state.views[view_id] if view_id else None

    async def post(self, channel: str, text: str, thread_ts: str = "", *, broadcast: bool = False) -> Message:
        """Post text in wire form; mentions are `<@U…>`."""
        place = self._writable(channel)
        app = self._hub.state.app_of_bot_user(self.user)
        author: Json = {"user": self.user, "team": self._hub.state.users[self.user].team_id}
        author = (
            self._hub.board.app_author(app)
            if app
            else {**author, "client_msg_id": self._hub.state.new_secret()}
        )
        content: Json = {"text": link_bare_urls(text)}
        app_id = app.id if app else ""
        return self._hub.board.post(Draft(place.id, author, content, thread_ts, broadcast, app_id))

    async def say(self, channel: str, text: str, thread_ts: str = "", *, broadcast: bool = False) -> Message:
        """Post text as typed in the message box; "@name" and "#channel" become mentions."""
        return await self.post(
            channel, typed(text, self._mention, self._link), thread_ts, broadcast=broadcast
        )

    async def upload(self, channel: str, name: str, text: str = "", thread_ts: str = "") -> Message:
        """Share a file, as a file_share message."""
        place = self._writable(channel)
        file = {"id": self._hub.state.new_id("F"), "name": name, "title": name, "user": self.user}
        content: Json = {"subtype": "file_share", "text": text, "files": [file]}
        return self._hub.board.post(Draft(place.id, {"user": self.user}, content, thread_ts))

    async def edit(self, message: Message, text: str) -> Message:
        if message.user != self.user:
            raise RefusedError("only your own messages can be edited")
        latest = self._hub.state.message(message.channel, message.ts)
        return self._hub.board.change(latest, {"text": link_bare_urls(text)}, editor=self.user)

    async def delete(self, message: Message) -> None:
        if message.user != self.user and not self._hub.state.users[self.user].is_admin:
            raise RefusedError("only your own messages can be deleted")
        self._hub.board.delete(self._hub.state.message(message.channel, message.ts))

    def direct(self, app: App | None = None) -> str:
        """The id of the direct conversation with an app."""
        return self._hub.board.direct(self._app(app).bot_user_id, self.user).id

    async def react(self, message: Message, name: str, *, add: bool = True) -> None:
        self._visible(message.channel)
        self._hub.board.react(self._hub.state.message(message.channel, message.ts), name, self.user, add=add)

    async def join(self, channel: str) -> None:
        place = self._hub.state.channel(channel)
        if place.kind is not ChannelKind.PUBLIC:
            raise RefusedError(f"{channel} is private")
        self._hub.board.join(place, self.user)

    async def click(
        self,
        source: Message | Ephemeral | View,
        action_id: str,
        value: Any = None,
        *,
        block_id: str = "",
        confirm: bool = True,
    ) -> Ack:
        """Use a button, select or other element; `confirm=False` answers "no" to a confirm dialog.

        The source is looked at as it is now; what is no longer there cannot be clicked.
        """
        return await self._use(self._latest(source), action_id, value, block_id, confirm=confirm)

    async def click_stale(self, source: Message | Ephemeral, action_id: str, value: Any = None) -> Ack:
        """Use an element of a message as it was when last seen, as a client does that was offline since."""
        return await self._use(source, action_id, value, "", confirm=True)

    async def _use(
        self, source: Message | Ephemeral | View, action_id: str, value: Any, block_id: str, *, confirm: bool
    ) -> Ack:
        here, element = elements.find(all_blocks(source), action_id, block_id)
        only_for: list[str] = element.get("visible_to_user_ids") or [self.user]
        if self.user not in only_for:
            raise RefusedError("this button is not shown to you")
        dialog: Json | None = element.get("confirm")
        if dialog is not None and not confirm:
            return Ack(acked=False, confirm=dialog)
        action = elements.used(element, here, value, self._hub.state.new_ts())
        app = self._hub.state.apps[source.app_id]
        ack = await self._hub.sockets.ask(app.id, "interactive", self._actions(app, source, element, action))
        return dataclasses.replace(ack, confirm=dialog)

    async def submit(self, view: View | None = None, values: Json | None = None) -> Submission:
        """Fill in and submit the topmost modal, and do what the app answers."""
        shown = self._top(view)
        before: Json = shown.body["state"]["values"]
        state = elements.state_values(shown.blocks, values or {}, before)
        shown = self._hub.screens.with_state(shown, state)
        refused = elements.refusals(shown.blocks, state)
        if refused:
            return Submission(Ack(acked=False), refused, shown)
        app = self._hub.state.apps[shown.app_id]
        payload = payloads.submission(self._hub, app, self.user, shown)
        ack = await self._hub.sockets.ask(app.id, "interactive", payload)
        return self._after_submission(app, shown, ack)

    async def close(self, view: View | None = None, *, everything: bool = False) -> None:
        """Close the topmost modal, or the stack; apps that asked for it are told."""
        shown = self._top(view)
        everything = everything or bool(shown.body.get("clear_on_close"))
        for gone in self._hub.screens.close(self.user, everything=everything):
            if gone.body.get("notify_on_close"):
                app = self._hub.state.apps[gone.app_id]
                payload = payloads.closing(self._hub, app, self.user, gone, is_cleared=everything)
                await self._hub.sockets.ask(app.id, "interactive", payload)

    async def command(self, command: str, text: str = "", *, channel: str = "", thread_ts: str = "") -> Ack:
        """Type a slash command; an immediate answer of the app is shown as Slack shows it."""
        if thread_ts:
            raise RefusedError(f"{command} is not supported in threads")
        app = next((one for one in self._hub.state.apps.values() if command in one.commands), None)
        if app is None:
            raise RefusedError(f"{command} is not a valid command")
        place = self._visible(channel or self._any_channel())
        payload = payloads.slash_command(self._hub, app, self.user, place, command, text)
        ack = await self._hub.sockets.ask(app.id, "slash_commands", payload)
        self._show_answer(app, place, ack.payload)
        return ack

    async def shortcut(self, message: Message, callback_id: str) -> Ack:
        """Use a message shortcut."""
        app = self._app_with_shortcut(callback_id)
        self._visible(message.channel)
        latest = self._hub.state.message(message.channel, message.ts)
        payload = payloads.message_shortcut(self._hub, app, self.user, latest, callback_id)
        return await self._hub.sockets.ask(app.id, "interactive", payload)

    async def global_shortcut(self, callback_id: str) -> Ack:
        app = self._app_with_shortcut(callback_id)
        payload = payloads.global_shortcut(self._hub, app, self.user, callback_id)
        return await self._hub.sockets.ask(app.id, "interactive", payload)

    async def open_home(self, app: App | None = None, tab: str = "home") -> None:
        """Open the app's Home (or "messages") tab."""
        chosen = self._app(app)
        event: Json = {
            "type": "app_home_opened",
            "user": self.user,
            "channel": self.direct(chosen),
            "tab": tab,
            "event_ts": self._hub.state.new_ts(),
        }
        home = self.home(chosen)
        self._hub.events.to_app(chosen, event if home is None else {**event, "view": home.body})

    def _actions(self, app: App, latest: Message | Ephemeral | View, element: Json, action: Json) -> Json:
        if not isinstance(latest, View):
            return payloads.message_actions(self._hub, app, self.user, latest, action)
        if element["type"] not in {"button", "overflow", "icon_button"}:
            state: Json = latest.body["state"]["values"]
            entry = {
                key: value
                for key, value in action.items()
                if key not in {"action_id", "block_id", "action_ts"}
            }
            block: Json = {**state.get(action["block_id"], {}), action["action_id"]: entry}
            latest = self._hub.screens.with_state(latest, {**state, action["block_id"]: block})
        return payloads.view_actions(self._hub, app, self.user, latest, action)

    def _after_submission(self, app: App, view: View, ack: Ack) -> Submission:
        if not ack.acked:
            return Submission(ack, {"": "We had some trouble connecting. Try again?"}, view)
        answer = ack.payload
        screens = self._hub.screens
        match answer.get("response_action"):
            case "errors":
                errors = {str(key): str(value) for key, value in answer.get("errors", {}).items()}
                data: Json = {"view_id": view.id, "errors": errors}
                self._hub.state.feed.add(ChangeKind.VIEW_ERRORS, user=self.user, data=data)
                return Submission(ack, errors, view)
            case "clear":
                screens.close(self.user, everything=True)
            case "update" | "push" as wish:
                return self._with_next_view(app, view, ack, wish)
            case _:
                screens.finish(view)
        return Submission(ack, view=self.view)

    def _with_next_view(self, app: App, view: View, ack: Ack, wish: str) -> Submission:
        given = ack.payload.get("view")
        try:
            if wish == "push":
                self._hub.screens.push(app, self.user, given)
            else:
                self._hub.screens.update(view, given)
        except SlackError as refused:
            # Slack shows its generic trouble line and keeps the modal open
            return Submission(ack, {"": f"{refused.code} {' '.join(refused.messages)}".strip()}, view)
        return Submission(ack, view=self.view)

    def _show_answer(self, app: App, channel: Channel, answer: Json) -> None:
        content: Json = {key: answer[key] for key in ("text", "blocks", "attachments") if answer.get(key)}
        if not content:
            return
        if "blocks" in content:
            content["blocks"] = self._hub.blocks.message(content["blocks"])
        if answer.get("response_type") == "in_channel":
            self._hub.board.post(Draft(channel.id, self._hub.board.app_author(app), content, app_id=app.id))
        else:
            self._hub.board.whisper(app, channel.id, self.user, content)

    def _latest(self, source: Message | Ephemeral | View) -> Message | Ephemeral | View:
        state = self._hub.state
        if isinstance(source, View):
            view = state.views[source.id]
            if view.user != self.user or not view.is_open:
                raise RefusedError("this view is not open for you")
            return view
        if isinstance(source, Ephemeral):
            for shown in self.ephemerals:
                if shown.ts == source.ts:
                    return shown
            raise RefusedError("this message is only visible to somebody else, or gone")
        self._visible(source.channel)
        try:
            return state.message(source.channel, source.ts)
        except SlackError:
            raise RefusedError("this message was deleted") from None

    def _top(self, view: View | None) -> View:
        top = self.view
        if top is None or (view is not None and view.id != top.id):
            raise RefusedError("this view is not on top of what you have open")
        return top

    def _visible(self, name: str) -> Channel:
        channel = self._hub.state.channel(name)
        kind = self._hub.state.users[self.user].kind
        if kind is UserKind.DELETED:
            raise RefusedError("this account is deactivated")
        is_inside = self.user in channel.members
        if not is_inside and (
            channel.kind is not ChannelKind.PUBLIC or kind not in {UserKind.HUMAN, UserKind.BOT}
        ):
            raise RefusedError(f"{self.user} cannot see {channel.name or channel.id}")
        return channel

    def _writable(self, name: str) -> Channel:
        channel = self._visible(name)
        if self.user not in channel.members:
            raise RefusedError(f"{self.user} is not in {channel.name or channel.id}")
        if channel.is_archived:
            raise RefusedError(f"{channel.name or channel.id} is archived")
        return channel

    def _app(self, app: App | None) -> App:
        return app or next(iter(self._hub.state.apps.values()))

    def _app_with_shortcut(self, callback_id: str) -> App:
        for app in self._hub.state.apps.values():
            if callback_id in app.shortcuts:
                return app
        raise RefusedError(f"no app has a shortcut {callback_id!r}")

    def _any_channel(self) -> str:
        for channel in self._hub.state.channels.values():
            if self.user in channel.members:
                return channel.id
        raise RefusedError(f"{self.user} is in no channel")

    def _mention(self, name: str) -> str:
        for user in self._hub.state.users.values():
            if user.name == name:
                return f"<@{user.id}>"
        for group in self._hub.state.groups.values():
            if group.handle == name:
                return f"<!subteam^{group.id}>"
        return f"<!{name}>" if name in {"channel", "here", "everyone"} else ""

    def _link(self, name: str) -> str:
        for channel in self._hub.state.channels.values():
            if channel.name == name:
                return f"<#{channel.id}|{name}>"
        return ""


def all_blocks(source: Message | Ephemeral | View) -> list[Json]:
    """Blocks of the message and of its attachments."""
    attachments: list[Json] = source.body.get("attachments") or []
    return [*source.blocks, *(block for one in attachments for block in one.get("blocks") or ())]
