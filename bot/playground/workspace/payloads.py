"""The payloads Slack sends when somebody clicks, submits or types a command."""

import json
from typing import Any, Final

from bot.playground.workspace.call import Hub
from bot.playground.workspace.model import (
    App,
    Channel,
    ChannelKind,
    Ephemeral,
    Json,
    Message,
    ResponseUrl,
    View,
)

NAMES: Final = {ChannelKind.DIRECT: "directmessage", ChannelKind.PRIVATE: "privategroup"}


def new_response_url(
    hub: Hub, app: App, user: str, channel: str, source: Message | Ephemeral | None = None
) -> str:
    """A fresh response_url for this interaction."""
    key = hub.state.new_secret()
    hub.state.response_urls[key] = ResponseUrl(
        key,
        app.id,
        user,
        channel,
        hub.state.now,
        source_ts=source.ts if source else "",
        source_is_ephemeral=isinstance(source, Ephemeral),
        thread_ts=source.thread_ts if source else "",
    )
    return f"{hub.state.url}/actions/{hub.state.team.id}/{key}"


def base(hub: Hub, app: App, user: str, kind: str, view_id: str = "") -> Json:
    """What every interactive payload carries."""
    person = hub.state.users[user]
    return {
        "type": kind,
        "user": {"id": user, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": app.id,
        "token": "local-verification-token",
        "trigger_id": hub.screens.new_trigger(app, user, view_id),
        "team": {"id": hub.state.team.id, "domain": hub.state.team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def message_actions(hub: Hub, app: App, user: str, source: Message | Ephemeral, action: Json) -> Json:
    """block_actions of a message."""
    is_ephemeral = isinstance(source, Ephemeral)
    container: Json = {
        "type": "message",
        "message_ts": source.ts,
        "channel_id": source.channel,
        "is_ephemeral": is_ephemeral,
    }
    if source.thread_ts:
        container["thread_ts"] = source.thread_ts
    payload: Json = {
        **base(hub, app, user, "block_actions"),
        "container": container,
        "channel": channel_reference(hub.state.channels[source.channel]),
        "state": {"values": {}},
        "response_url": new_response_url(hub, app, user, source.channel, source),
        "actions": [action],
    }
    return payload if is_ephemeral else {**payload, "message": source.body}


def view_actions(hub: Hub, app: App, user: str, view: View, action: Json) -> Json:
    """block_actions of a modal or home tab."""
    return {
        **base(hub, app, user, "block_actions", view.id),
        "container": {"type": "view", "view_id": view.id},
        "view": view.body,
        "actions": [action],
    }


def submission(hub: Hub, app: App, user: str, view: View) -> Json:
    return {**base(hub, app, user, "view_submission", view.id), "view": view.body, "response_urls": []}


def closing(hub: Hub, app: App, user: str, view: View, *, is_cleared: bool) -> Json:
    payload = base(hub, app, user, "view_closed")
    del payload["trigger_id"]
    return {**payload, "view": view.body, "is_cleared": is_cleared}


def message_shortcut(hub: Hub, app: App, user: str, message: Message, callback_id: str) -> Json:
    return {
        **base(hub, app, user, "message_action"),
        "callback_id": callback_id,
        "message": message.body,
        "message_ts": message.ts,
        "channel": channel_reference(hub.state.channels[message.channel]),
        "response_url": new_response_url(hub, app, user, message.channel, message),
        "action_ts": hub.state.new_ts(),
    }


def global_shortcut(hub: Hub, app: App, user: str, callback_id: str) -> Json:
    payload = base(hub, app, user, "shortcut")
    return {**payload, "callback_id": callback_id, "action_ts": hub.state.new_ts()}


def slash_command(hub: Hub, app: App, user: str, channel: Channel, command: str, text: str) -> Json:
    """A slash command: a flat form, also in Socket Mode."""
    person = hub.state.users[user]
    return {
        "token": "local-verification-token",
        "team_id": hub.state.team.id,
        "team_domain": hub.state.team.domain,
        **{f"channel_{key}": value for key, value in channel_reference(channel).items()},
        "user_id": user,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": new_response_url(hub, app, user, channel.id),
        "trigger_id": hub.screens.new_trigger(app, user),
    }


def channel_reference(channel: Channel) -> Json:
    return {"id": channel.id, "name": NAMES.get(channel.kind, channel.name)}


def readable(payload: Json) -> Any:
    """A copy that shares nothing with the workspace."""
    return json.loads(json.dumps(payload))
