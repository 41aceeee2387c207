"""Everything the workspace remembers, in plain tables."""

import random
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.playground.workspace.errors import SlackError
from bot.playground.workspace.faults import Faults
from bot.playground.workspace.feed import Feed
from bot.playground.workspace.model import (
    App,
    Channel,
    Ephemeral,
    File,
    Json,
    Message,
    ResponseUrl,
    Status,
    Team,
    Trigger,
    User,
    UserGroup,
    View,
    Webhook,
)

CALLS_KEPT: Final = 5_000
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Options:
    """How the workspace behaves; times in seconds, defaults are Slack's."""

    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    trigger_seconds: float = 3.0
    response_url_uses: int = 5
    response_url_seconds: float = 1800.0
    stream_seconds: float = 300.0
    status_seconds: float = 120.0
    refresh_grace: float = 2.0
    max_connections: int = 10
    rate_limits: bool = False
    now: Callable[[], float] = time.time
    dice: random.Random = field(default_factory=random.Random)


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call as the workspace saw it."""

    method: str
    app_id: str
    params: Json
    answer: Json
    at: float


class State:
    """The tables; every change of a message, view or channel goes through the board."""

    def __init__(self, team: Team, options: Options) -> None:
        self.team = team
        self.options = options
        self.url = ""
        self.feed = Feed()
        self.faults = Faults()
        self.apps: dict[str, App] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, UserGroup] = {}
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: list[Ephemeral] = []
        self.views: dict[str, View] = {}
        self.stacks: dict[str, tuple[str, ...]] = {}
        self.homes: dict[tuple[str, str], str] = {}
        self.tickets: dict[str, str] = {}
        self._open_short_lived()
        self.revoked: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.limited: Counter[str] = Counter()
        self.calls: deque[ApiCall] = deque(maxlen=CALLS_KEPT)
        self._serial = 0
        self._last_stamp = 0

    def _open_short_lived(self) -> None:
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.statuses: dict[tuple[str, str], Status] = {}
        self.prompts: dict[tuple[str, str], Json] = {}
        self.files: dict[str, File] = {}

    @property
    def now(self) -> float:
        return self.options.now()

    def new_id(self, prefix: str) -> str:
        """A fresh id of nine characters after its prefix, in order of creation."""
        self._serial += 1
        number, digits = self._serial, ""
        while number:
            number, digit = divmod(number, len(ALPHABET))
            digits = ALPHABET[digit] + digits
        return f"{prefix}0L{digits.rjust(7, '0')}"

    def new_ts(self) -> str:
        """A message timestamp, unique in the workspace and always growing."""
        stamp = max(int(self.now * 1_000_000), self._last_stamp + 1)
        self._last_stamp = stamp
        return f"{stamp // 1_000_000}.{stamp % 1_000_000:06d}"

    def new_secret(self) -> str:
        return secrets.token_hex(12)

    def app_of_token(self, token: str) -> App | None:
        for app in self.apps.values():
            if token in {app.bot_token, app.app_token}:
                return app
        return None

    def app_of_bot_user(self, user_id: str) -> App | None:
        for app in self.apps.values():
            if app.bot_user_id == user_id:
                return app
        return None

    def user(self, user_id: str) -> User:
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel(self, name_or_id: str) -> Channel:
        """A channel by id, or by name with or without "#"; `channel_not_found` otherwise."""
        if name_or_id in self.channels:
            return self.channels[name_or_id]
        name = name_or_id.removeprefix("#")
        for channel in self.channels.values():
            if name and channel.name == name:
                return channel
        raise SlackError("channel_not_found")

    def message(self, channel: str, ts: str, error: str = "message_not_found") -> Message:
        found = self.messages.get(channel, {}).get(ts)
        if found is None:
            raise SlackError(error)
        return found

    def thread(self, channel: str, ts: str) -> tuple[Message, ...]:
        """The parent and its replies, oldest first."""
        return tuple(
            message
            for message in self.messages.get(channel, {}).values()
            if ts in {message.ts, message.thread_ts}
        )
