"""The channel board: the only writer of messages, reactions and memberships."""

import dataclasses
from dataclasses import dataclass
from typing import Final

from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.events import CHANNEL_TYPE, Events
from bot.playground.workspace.feed import ChangeKind
from bot.playground.workspace.model import (
    App,
    Channel,
    ChannelKind,
    Ephemeral,
    Json,
    Message,
    Stream,
    UserKind,
)
from bot.playground.workspace.state import State

DIRECT_KINDS: Final = frozenset({ChannelKind.DIRECT, ChannelKind.GROUP_DIRECT})


@dataclass(frozen=True, slots=True)
class Draft:
    """A message about to be posted; `author` holds Slack's author fields."""

    channel: str
    author: Json
    content: Json
    thread_ts: str = ""
    broadcast: bool = False
    app_id: str = ""
    metadata: Json | None = None
    stream: Stream | None = None


class Board:
    """Keeps messages and tells the feed and the apps."""

    def __init__(self, state: State, events: Events) -> None:
        self._state = state
        self._events = events

    def app_author(self, app: App) -> Json:
        """The author fields of a message posted with a modern bot token."""
        profile: Json = {
            "id": app.bot_id,
            "app_id": app.id,
            "name": app.name,
            "team_id": self._state.team.id,
            "icons": {},
            "deleted": False,
            "updated": 0,
        }
        return {
            "user": app.bot_user_id,
            "bot_id": app.bot_id,
            "app_id": app.id,
            "team": self._state.team.id,
            "bot_profile": profile,
        }

    def post(self, draft: Draft) -> Message:
        ts = self._state.new_ts()
        body: Json = {"type": "message", **draft.author, **draft.content, "ts": ts}
        if draft.thread_ts:
            body |= self._thread_fields(draft)
        message = Message(draft.channel, ts, body, draft.app_id, draft.metadata, draft.stream)
        self._state.messages.setdefault(draft.channel, {})[ts] = message
        if draft.thread_ts:
            self._count_reply(draft.channel, draft.thread_ts)
        if draft.app_id:
            self._state.statuses.pop((draft.channel, draft.thread_ts), None)
        self._state.feed.add(ChangeKind.MESSAGE_POSTED, channel=draft.channel, ts=ts)
        self._events.posted(message)
        return message

    def change(
        self, message: Message, content: Json, *, editor: str = "", metadata: Json | None = None
    ) -> Message:
        """Replace the content; `editor` marks the message as edited."""
        body = {**message.body, **content}
        if editor:
            body["edited"] = {"user": editor, "ts": self._state.new_ts()}
        kept = message.metadata if metadata is None else (metadata or None)
        return self.replace(message, dataclasses.replace(message, body=body, metadata=kept))

    def replace(self, old: Message, new: Message, *, quiet: bool = False) -> Message:
        """Put `new` in the place of `old`; quietly changes reach the feed but no app."""
        self._state.messages[old.channel][old.ts] = new
        self._state.feed.add(ChangeKind.MESSAGE_CHANGED, channel=old.channel, ts=old.ts)
        if not quiet:
            self._events.changed(new, old)
        return new

    def delete(self, message: Message) -> None:
        del self._state.messages[message.channel][message.ts]
        if message.is_reply and message.thread_ts in self._state.messages[message.channel]:
            self._count_reply(message.channel, message.thread_ts)
        self._state.feed.add(ChangeKind.MESSAGE_DELETED, channel=message.channel, ts=message.ts)
        self._events.deleted(message)

    def whisper(self, app: App, channel: str, user: str, content: Json, thread_ts: str = "") -> Ephemeral:
        """Show an ephemeral message to one person."""
        body: Json = {"type": "message", **self.app_author(app), **content, "is_ephemeral": True}
        if thread_ts:
            body["thread_ts"] = thread_ts
        ts = self._state.new_ts()
        shown = Ephemeral(channel, ts, user, {**body, "ts": ts}, app.id)
        self._state.ephemerals.append(shown)
        self._state.feed.add(ChangeKind.EPHEMERAL_POSTED, channel=channel, ts=ts, user=user)
        return shown

    def change_whisper(self, shown: Ephemeral, content: Json | None) -> None:
        """Replace an ephemeral message, or take it away with None."""
        index = self._state.ephemerals.index(shown)
        if content is None:
            del self._state.ephemerals[index]
            kind = ChangeKind.EPHEMERAL_DELETED
        else:
            self._state.ephemerals[index] = dataclasses.replace(shown, body={**shown.body, **content})
            kind = ChangeKind.EPHEMERAL_POSTED
        self._state.feed.add(kind, channel=shown.channel, ts=shown.ts, user=shown.user)

    def react(self, message: Message, name: str, user: str, *, add: bool) -> None:
        reactions: list[Json] = [dict(one) for one in message.body.get("reactions", ())]
        users: dict[str, list[str]] = {one["name"]: list(one["users"]) for one in reactions}
        has = user in users.get(name, [])
        if has == add:
            raise SlackError("already_reacted" if add else "no_reaction")
        users[name] = [*users.get(name, []), user] if add else [one for one in users[name] if one != user]
        body = {key: value for key, value in message.body.items() if key != "reactions"}
        kept = [{"name": one, "users": who, "count": len(who)} for one, who in users.items() if who]
        new = dataclasses.replace(message, body={**body, "reactions": kept} if kept else body)
        self._state.messages[message.channel][message.ts] = new
        self._state.feed.add(ChangeKind.REACTION_CHANGED, channel=message.channel, ts=message.ts, user=user)
        event: Json = {
            "type": "reaction_added" if add else "reaction_removed",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": message.channel, "ts": message.ts},
            "item_user": message.user,
            "event_ts": self._state.new_ts(),
        }
        self._events.in_channel(self._state.channels[message.channel], event)

    def join(self, channel: Channel, user: str, *, announce: bool = True) -> Channel:
        """Add a member; apps hear of it, and people read it in the channel when announced."""
        if user in channel.members:
            return channel
        joined = self.set_channel(dataclasses.replace(channel, members=(*channel.members, user)))
        if announce:
            self.post(
                Draft(
                    joined.id,
                    {"user": user},
                    {"subtype": "channel_join", "text": f"<@{user}> has joined the channel"},
                )
            )
            self._events.in_channel(joined, self._membership("member_joined_channel", joined, user))
        return joined

    def leave(self, channel: Channel, user: str) -> Channel:
        left = dataclasses.replace(channel, members=tuple(one for one in channel.members if one != user))
        self._events.in_channel(channel, self._membership("member_left_channel", channel, user))
        return self.set_channel(left)

    def direct(self, owner: str, *others: str) -> Channel:
        """The direct conversation of these people, made when missing."""
        for user in others:
            if self._state.user(user).kind is UserKind.DELETED:
                raise SlackError("user_disabled")
        members = tuple(dict.fromkeys((*others, owner)))
        for channel in self._state.channels.values():
            if channel.kind in DIRECT_KINDS and set(channel.members) == set(members):
                return channel
        is_pair = len(members) <= 2  # noqa: PLR2004 - a pair, or notes to oneself
        kind = ChannelKind.DIRECT if is_pair else ChannelKind.GROUP_DIRECT
        return self.set_channel(Channel(self._state.new_id("D" if is_pair else "G"), "", kind, members))

    def set_channel(self, channel: Channel) -> Channel:
        self._state.channels[channel.id] = channel
        self._state.feed.add(ChangeKind.CHANNEL_CHANGED, channel=channel.id)
        return channel

    def _membership(self, kind: str, channel: Channel, user: str) -> Json:
        letter = {"channel": "C", "group": "G"}.get(CHANNEL_TYPE[channel.kind], "D")
        return {
            "type": kind,
            "user": user,
            "channel": channel.id,
            "channel_type": letter,
            "team": self._state.team.id,
            "event_ts": self._state.new_ts(),
        }

    def _thread_fields(self, draft: Draft) -> Json:
        parent = self._state.message(draft.channel, draft.thread_ts, "cannot_reply_to_message")
        fields: Json = {"thread_ts": parent.thread_ts or parent.ts}
        if parent.user:
            fields["parent_user_id"] = parent.user
        if draft.broadcast:
            fields |= {"subtype": "thread_broadcast", "root": parent.body}
        return fields

    def _count_reply(self, channel: str, parent_ts: str) -> None:
        found = self._state.messages[channel][parent_ts]
        parent = self._state.messages[channel][found.thread_ts or found.ts]
        replies = [one for one in self._state.thread(channel, parent.ts) if one.ts != parent.ts]
        users = list(dict.fromkeys(one.user or str(one.body.get("bot_id", "")) for one in replies))
        body: Json = {**parent.body, "thread_ts": parent.ts, "reply_count": len(replies)}
        body |= {
            "reply_users": users,
            "reply_users_count": len(users),
            "is_locked": False,
            "subscribed": False,
        }
        body["latest_reply"] = replies[-1].ts if replies else ""
        if not replies:
            gone = {
                "thread_ts",
                "reply_count",
                "reply_users",
                "reply_users_count",
                "latest_reply",
                "is_locked",
            }
            body = {key: value for key, value in body.items() if key not in gone | {"subscribed"}}
        self._state.messages[channel][parent.ts] = dataclasses.replace(parent, body=body)
        self._state.feed.add(ChangeKind.MESSAGE_CHANGED, channel=channel, ts=parent.ts)
