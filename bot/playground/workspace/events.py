"""The Events API: which app hears of what, in which shape."""

from typing import Final

from bot.playground.workspace.model import App, Channel, ChannelKind, Json, Message
from bot.playground.workspace.sockets import Sockets
from bot.playground.workspace.state import State

SUBSCRIPTION: Final = {
    ChannelKind.PUBLIC: "message.channels",
    ChannelKind.PRIVATE: "message.groups",
    ChannelKind.DIRECT: "message.im",
    ChannelKind.GROUP_DIRECT: "message.mpim",
}
CHANNEL_TYPE: Final = {
    ChannelKind.PUBLIC: "channel",
    ChannelKind.PRIVATE: "group",
    ChannelKind.DIRECT: "im",
    ChannelKind.GROUP_DIRECT: "mpim",
}


class Events:
    """Publishes what happened to the apps that subscribed and are in the channel."""

    def __init__(self, state: State, sockets: Sockets) -> None:
        self._state = state
        self._sockets = sockets

    def posted(self, message: Message) -> None:
        channel = self._state.channels[message.channel]
        event = {"type": "message", **message.body, **self._place(channel, message.ts)}
        if message.metadata is not None:
            event["metadata"] = message.metadata
        self._to_channel(channel, SUBSCRIPTION[channel.kind], event)
        self._mentioned(channel, message, event)

    def changed(self, new: Message, old: Message) -> None:
        channel = self._state.channels[new.channel]
        event: Json = {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "message": new.body,
            "previous_message": old.body,
            **self._place(channel, self._state.new_ts()),
        }
        self._to_channel(channel, SUBSCRIPTION[channel.kind], event)
        if new.text != old.text:
            again = {"type": "message", **new.body, **self._place(channel, new.ts)}
            self._mentioned(channel, new, again)

    def deleted(self, old: Message) -> None:
        channel = self._state.channels[old.channel]
        event: Json = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "deleted_ts": old.ts,
            "previous_message": old.body,
            **self._place(channel, self._state.new_ts()),
        }
        self._to_channel(channel, SUBSCRIPTION[channel.kind], event)

    def in_channel(self, channel: Channel, event: Json) -> None:
        """An event named by its own type, for the apps that are in the channel."""
        self._to_channel(channel, str(event["type"]), event)

    def everywhere(self, event: Json) -> None:
        """An event of the whole workspace."""
        for app in self._state.apps.values():
            if event["type"] in app.events:
                self._send(app, event)

    def send(self, app: App, event: Json) -> None:
        """Any event to one app, subscribed or not."""
        self._send(app, event)

    def to_app(self, app: App, event: Json) -> None:
        if event["type"] in app.events:
            self._send(app, event)

    def _place(self, channel: Channel, event_ts: str) -> Json:
        return {
            "channel": channel.id,
            "channel_type": CHANNEL_TYPE[channel.kind],
            "ts": event_ts,
            "event_ts": event_ts,
        }

    def _mentioned(self, channel: Channel, message: Message, event: Json) -> None:
        if channel.kind is ChannelKind.DIRECT:
            return
        for app in self._state.apps.values():
            mentions_app = f"<@{app.bot_user_id}>" in message.text
            if mentions_app and message.app_id != app.id and app.bot_user_id in channel.members:
                mention = {key: value for key, value in event.items() if key != "channel_type"}
                self.to_app(app, {**mention, "type": "app_mention"})

    def _to_channel(self, channel: Channel, subscription: str, event: Json) -> None:
        for app in self._state.apps.values():
            if subscription in app.events and app.bot_user_id in channel.members:
                self._send(app, event, is_ext_shared=channel.is_ext_shared)

    def _send(self, app: App, event: Json, *, is_ext_shared: bool = False) -> None:
        authorization = {
            "enterprise_id": None,
            "team_id": self._state.team.id,
            "user_id": app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        envelope: Json = {
            "token": "local-verification-token",
            "team_id": self._state.team.id,
            "context_team_id": self._state.team.id,
            "context_enterprise_id": None,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": self._state.new_id("Ev"),
            "event_time": int(self._state.now),
            "authorizations": [authorization],
            "is_ext_shared_channel": is_ext_shared,
            "event_context": f"4-{self._state.new_id('E')}",
        }
        self._sockets.publish(app.id, envelope)
