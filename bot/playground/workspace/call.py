"""One Web API call: its parameters, its caller, and the table a method stands in."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from bot.playground.workspace import limits
from bot.playground.workspace.blocks import BlockCheck
from bot.playground.workspace.board import Board
from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.events import Events
from bot.playground.workspace.model import App, Channel, ChannelKind, Json
from bot.playground.workspace.screens import Screens
from bot.playground.workspace.sockets import Sockets
from bot.playground.workspace.state import State

HISTORY_SCOPE: Final = {
    ChannelKind.PUBLIC: "channels:history",
    ChannelKind.PRIVATE: "groups:history",
    ChannelKind.DIRECT: "im:history",
    ChannelKind.GROUP_DIRECT: "mpim:history",
}
READ_SCOPE: Final = {kind: scope.replace("history", "read") for kind, scope in HISTORY_SCOPE.items()}


@dataclass(frozen=True, slots=True)
class Hub:
    """All rooms of the workspace, for those who answer calls and actors."""

    state: State
    sockets: Sockets
    events: Events
    board: Board
    blocks: BlockCheck
    screens: Screens


@dataclass(frozen=True, slots=True)
class Call:
    hub: Hub
    app: App
    params: Json

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name)
        return default if value is None else str(value)

    def need(self, name: str, error: str = "invalid_arguments") -> str:
        value = self.text(name)
        if not value:
            raise SlackError(error, (f"[ERROR] missing required field: {name}",))
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self.params.get(name)
        return default if value is None else str(value).lower() in {"1", "true"}

    def number(self, name: str, default: int, most: int = limits.PAGE) -> int:
        try:
            found = int(self.text(name) or default)
        except ValueError:
            raise SlackError("invalid_limit") from None
        if not 1 <= found <= most:
            raise SlackError("invalid_limit")
        return found

    def structure(self, name: str, error: str) -> Any:
        """A nested value: as is from JSON bodies, JSON-encoded in forms; None where absent."""
        value = self.params.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None

    def items(self, name: str, error: str) -> list[Any] | None:
        value = self.structure(name, error)
        if value is not None and not isinstance(value, list):
            raise SlackError(error)
        return cast("list[Any] | None", value)

    def mapping(self, name: str, error: str) -> Json | None:
        value = self.structure(name, error)
        if value is not None and not isinstance(value, dict):
            raise SlackError(error)
        return cast("Json | None", value)

    def seen_channel(self, name: str = "channel") -> Channel:
        """The channel as far as the app may know of it; private ones only from inside."""
        channel = self.hub.state.channel(self.need(name, "channel_not_found"))
        if channel.kind is not ChannelKind.PUBLIC and self.app.bot_user_id not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def joined_channel(self, name: str = "channel") -> Channel:
        channel = self.seen_channel(name)
        if self.app.bot_user_id not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def need_scope(self, scope: str) -> None:
        if scope not in self.app.scopes:
            raise SlackError("missing_scope", needed=scope, provided=",".join(self.app.scopes))


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method: any one of `scopes` opens it; `per_minute` is its rate tier."""

    answer: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    per_minute: int = limits.TIER_3
    takes_app_token: bool = False


def page(items: list[Json], call: Call, default: int = 100) -> tuple[list[Json], str]:
    """One page and the cursor of the next, "" at the end."""
    limit = call.number("limit", default)
    cursor = call.text("cursor", "0") or "0"
    if not cursor.isdigit():
        raise SlackError("invalid_cursor")
    start = int(cursor)
    following = str(start + limit) if start + limit < len(items) else ""
    return items[start : start + limit], following
