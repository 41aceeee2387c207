"""What one person sees of the workspace, as the page's script reads it."""

import dataclasses

from bot.playground.workspace.errors import RefusedError
from bot.playground.workspace.feed import Change, ChangeKind
from bot.playground.workspace.model import Ephemeral, Json, Message
from bot.playground.workspace.workspace import Workspace

MESSAGES = frozenset({ChangeKind.MESSAGE_POSTED, ChangeKind.MESSAGE_CHANGED, ChangeKind.REACTION_CHANGED})
VIEWS = frozenset({ChangeKind.VIEW_OPENED, ChangeKind.VIEW_UPDATED, ChangeKind.VIEW_CLOSED})
WHISPERS = frozenset({ChangeKind.EPHEMERAL_POSTED, ChangeKind.EPHEMERAL_DELETED})
PLACES = frozenset({ChangeKind.CHANNEL_CHANGED, ChangeKind.USER_CHANGED, ChangeKind.CONNECTION_CHANGED})


@dataclasses.dataclass(frozen=True, slots=True)
class Face:
    """One person in front of the page."""

    workspace: Workspace
    user: str

    def whole(self) -> Json:
        """Everything at once, for a page that opens."""
        seen = self._channels()
        return {
            "user": self.user,
            **self.place(),
            "messages": [shown(message) for channel in seen for message in self.workspace.messages(channel)],
            "ephemerals": self._ephemerals(),
            "views": self._views(),
            "homes": self._homes(),
        }

    def place(self) -> Json:
        """Who and what is here."""
        workspace = self.workspace
        return {
            "team": workspace.team.name,
            "users": [
                {"id": one.id, "name": one.name, "kind": one.kind, "app": bool(one.app_id)}
                for one in workspace.users
            ],
            "groups": [{"id": one.id, "handle": one.handle} for one in workspace.groups],
            "channels": [
                {"id": one.id, "name": one.name, "mine": self.user in one.members}
                for one in workspace.channels
                if one.name and one.id in self._channels()
            ],
            "apps": [
                {"id": one.id, "name": one.name, "user": one.bot_user_id, "commands": one.commands}
                | {"connected": workspace.connections(one) > 0}
                for one in workspace.apps
            ],
        }

    def told(self, change: Change) -> tuple[str, Json] | None:
        """The event for this page, if the change is one that this person sees."""
        if change.channel and change.channel not in self._channels():
            return None
        if change.user and change.user != self.user and change.kind in VIEWS | WHISPERS:
            return None
        if change.kind in MESSAGES:
            message = self.workspace.message(change.channel, change.ts)
            return ("message", shown(message)) if message else None
        if change.kind is ChangeKind.MESSAGE_DELETED:
            return "gone", {"channel": change.channel, "ts": change.ts}
        if change.kind in WHISPERS:
            return "ephemerals", {"ephemerals": self._ephemerals()}
        if change.kind in VIEWS:
            return "views", {"views": self._views()}
        return self._told_rarely(change)

    def _told_rarely(self, change: Change) -> tuple[str, Json] | None:
        if change.kind is ChangeKind.HOME_PUBLISHED and change.user == self.user:
            return "homes", {"homes": self._homes()}
        if change.kind is ChangeKind.STATUS_SET:
            status = self.workspace.status(change.channel, change.ts)
            text = status.text if status else ""
            return "status", {"channel": change.channel, "ts": change.ts, "text": text}
        return ("place", self.place()) if change.kind in PLACES else None

    def _channels(self) -> frozenset[str]:
        """Those whose messages this person may read."""
        return frozenset(one.id for one in self.workspace.channels if self.user in one.members)

    def _ephemerals(self) -> list[Json]:
        return [shown(one) for one in self.workspace.ephemerals(self.user)]

    def _views(self) -> list[Json]:
        return [one.body for one in self.workspace.views(self.user)]

    def _homes(self) -> list[Json]:
        homes: list[Json] = []
        for app in self.workspace.apps:
            try:
                home = self.workspace.home(self.user, app)
            except RefusedError:
                continue
            if home is not None:
                homes.append(home.body)
        return homes


def shown(message: Message | Ephemeral) -> Json:
    """The body with its channel."""
    return {**message.body, "channel": message.channel, "app_id": message.app_id}
