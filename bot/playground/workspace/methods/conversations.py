"""The conversations.* and reactions.* methods."""

from typing import Final

from bot.playground.workspace import limits
from bot.playground.workspace.call import HISTORY_SCOPE, READ_SCOPE, Call, Method, page
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.model import Channel, ChannelKind, Json, Message

HISTORY: Final = tuple(HISTORY_SCOPE.values())
READ: Final = tuple(READ_SCOPE.values())
TYPES: Final = {
    ChannelKind.PUBLIC: "public_channel",
    ChannelKind.PRIVATE: "private_channel",
    ChannelKind.DIRECT: "im",
    ChannelKind.GROUP_DIRECT: "mpim",
}


def history(call: Call) -> Json:
    channel = readable_channel(call)
    newest_first = [
        shown(call, message)
        for message in reversed(call.hub.state.messages.get(channel.id, {}).values())
        if is_in_window(call, message) and (not message.is_reply or "root" in message.body)
    ]
    found, following = page(newest_first, call)
    return {"messages": found, "has_more": bool(following), "pin_count": 0, **next_page(following)}


def replies(call: Call) -> Json:
    channel = readable_channel(call)
    ts = call.need("ts", "thread_not_found")
    parent = call.hub.state.message(channel.id, ts, "thread_not_found")
    thread = call.hub.state.thread(channel.id, parent.thread_ts or parent.ts)
    kept = [shown(call, one) for one in thread if one.ts == thread[0].ts or is_in_window(call, one)]
    found, following = page(kept, call, default=limits.PAGE)
    return {"messages": found, "has_more": bool(following), **next_page(following)}


def info(call: Call) -> Json:
    channel = call.seen_channel()
    call.need_scope(READ_SCOPE[channel.kind])
    body = channel_object(channel, call.app.bot_user_id)
    if call.flag("include_num_members"):
        body["num_members"] = len(channel.members)
    return {"channel": body}


def members(call: Call) -> Json:
    channel = call.seen_channel()
    call.need_scope(READ_SCOPE[channel.kind])
    found, following = page([{"id": one} for one in channel.members], call)
    return {"members": [one["id"] for one in found], **next_page(following)}


def list_all(call: Call) -> Json:
    return listed(call, joined_only=False)


def list_joined(call: Call) -> Json:
    return listed(call, joined_only=True)


def listed(call: Call, *, joined_only: bool) -> Json:
    wanted = call.text("types", "public_channel").split(",")
    hidden = call.flag("exclude_archived")
    me = call.app.bot_user_id
    visible = [
        channel_object(channel, me)
        for channel in call.hub.state.channels.values()
        if TYPES[channel.kind] in wanted
        and not (hidden and channel.is_archived)
        and (me in channel.members or (channel.kind is ChannelKind.PUBLIC and not joined_only))
    ]
    found, following = page(visible, call)
    return {"channels": found, **next_page(following)}


def open_direct(call: Call) -> Json:
    users = [one for one in call.text("users").split(",") if one]
    if not users:
        raise SlackError("users_list_not_supplied")
    channel = call.hub.board.direct(call.app.bot_user_id, *users)
    return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}


def join(call: Call) -> Json:
    channel = call.seen_channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    joined = call.hub.board.join(channel, call.app.bot_user_id)
    return {"channel": channel_object(joined, call.app.bot_user_id)}


def add_reaction(call: Call) -> Json:
    return react(call, add=True)


def remove_reaction(call: Call) -> Json:
    return react(call, add=False)


def react(call: Call, *, add: bool) -> Json:
    channel = call.seen_channel()
    message = call.hub.state.message(channel.id, call.need("timestamp", "no_item_specified"))
    if channel.is_archived:
        raise SlackError("is_archived")
    name = call.need("name", "invalid_name").strip(":")
    call.hub.board.react(message, name, call.app.bot_user_id, add=add)
    return {}


def readable_channel(call: Call) -> Channel:
    channel = call.seen_channel()
    call.need_scope(HISTORY_SCOPE[channel.kind])
    if call.app.bot_user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


def is_in_window(call: Call, message: Message) -> bool:
    oldest, latest = call.text("oldest", "0"), call.text("latest")
    inclusive = call.flag("inclusive")
    try:
        after = float(message.ts) > float(oldest) or (inclusive and message.ts == oldest)
        before = not latest or float(message.ts) < float(latest) or (inclusive and message.ts == latest)
    except ValueError:
        raise SlackError("invalid_ts_oldest") from None
    return after and before


def shown(call: Call, message: Message) -> Json:
    if message.metadata is None or not call.flag("include_all_metadata"):
        return message.body
    return {**message.body, "metadata": message.metadata}


def channel_object(channel: Channel, viewer: str) -> Json:
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind is ChannelKind.PUBLIC,
        "is_group": channel.kind is ChannelKind.PRIVATE,
        "is_im": channel.kind is ChannelKind.DIRECT,
        "is_mpim": channel.kind is ChannelKind.GROUP_DIRECT,
        "is_private": channel.kind is not ChannelKind.PUBLIC,
        "is_archived": channel.is_archived,
        "is_general": False,
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_member": viewer in channel.members,
        "creator": channel.creator,
        "created": channel.created,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def next_page(cursor: str) -> Json:
    return {"response_metadata": {"next_cursor": cursor}}


METHODS: Final = {
    "conversations.history": Method(history, HISTORY, limits.TIER_3),
    "conversations.replies": Method(replies, HISTORY, limits.TIER_3),
    "conversations.info": Method(info, READ, limits.TIER_3),
    "conversations.members": Method(members, READ, limits.TIER_4),
    "conversations.list": Method(list_all, READ, limits.TIER_2),
    "users.conversations": Method(list_joined, READ, limits.TIER_3),
    "conversations.open": Method(open_direct, ("im:write", "mpim:write"), limits.TIER_3),
    "conversations.join": Method(join, ("channels:join",), limits.TIER_3),
    "reactions.add": Method(add_reaction, ("reactions:write",), limits.TIER_3),
    "reactions.remove": Method(remove_reaction, ("reactions:write",), limits.TIER_2),
}
