"""What a workspace is made of, as frozen values."""

import dataclasses
import enum
from dataclasses import dataclass, field
from typing import Any, Final

Json = dict[str, Any]

SLACKBOT: Final = "USLACKBOT"


class UserKind(enum.StrEnum):
    HUMAN = "human"
    BOT = "bot"
    GUEST = "guest"
    SINGLE_CHANNEL_GUEST = "single_channel_guest"
    DELETED = "deleted"
    STRANGER = "stranger"


class ChannelKind(enum.StrEnum):
    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"
    GROUP_DIRECT = "group_direct"


@dataclass(frozen=True, slots=True)
class Team:
    id: str = "T0LOCAL"
    name: str = "Local workspace"
    domain: str = "local"
    paid: bool = True


@dataclass(frozen=True, slots=True)
class User:
    id: str
    name: str
    team_id: str
    kind: UserKind = UserKind.HUMAN
    real_name: str = ""
    email: str = ""
    is_admin: bool = False
    tz: str = "UTC"
    bot_id: str = ""
    app_id: str = ""

    def with_kind(self, kind: UserKind) -> "User":
        return dataclasses.replace(self, kind=kind)


@dataclass(frozen=True, slots=True)
class Channel:
    id: str
    name: str
    kind: ChannelKind = ChannelKind.PUBLIC
    members: tuple[str, ...] = ()
    is_archived: bool = False
    is_ext_shared: bool = False
    creator: str = SLACKBOT
    topic: str = ""
    created: int = 0


@dataclass(frozen=True, slots=True)
class UserGroup:
    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class App:
    """An installed app; `events` are its subscriptions, `scopes` its granted bot scopes."""

    id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    scopes: tuple[str, ...]
    events: tuple[str, ...]
    commands: tuple[str, ...] = ()
    shortcuts: tuple[str, ...] = ()
    socket_mode: bool = True
    home_tab: bool = True
    is_agent: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """A message being streamed; `text` gathers markdown, `tasks` the task updates in order of arrival."""

    started: float
    display: str = "timeline"
    plan_title: str = ""
    text: str = ""
    tasks: tuple[Json, ...] = ()
    extra_blocks: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `body` is what conversations.history would show of it."""

    channel: str
    ts: str
    body: Json
    app_id: str = ""
    metadata: Json | None = None
    stream: Stream | None = None

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    @property
    def user(self) -> str:
        return str(self.body.get("user", ""))

    @property
    def blocks(self) -> list[Json]:
        return list(self.body.get("blocks", ()))

    @property
    def attachments(self) -> list[Json]:
        return list(self.body.get("attachments", ()))

    @property
    def thread_ts(self) -> str:
        """The thread this message belongs to, or "" where it has none."""
        return str(self.body.get("thread_ts", ""))

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in {"", self.ts}


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """A message only `user` sees; it is never kept by Slack."""

    channel: str
    ts: str
    user: str
    body: Json
    app_id: str

    @property
    def text(self) -> str:
        return str(self.body.get("text", ""))

    @property
    def blocks(self) -> list[Json]:
        return list(self.body.get("blocks", ()))

    @property
    def thread_ts(self) -> str:
        return str(self.body.get("thread_ts", ""))


@dataclass(frozen=True, slots=True)
class View:
    """A modal or a home tab as one user has it; `body` is Slack's view object."""

    id: str
    app_id: str
    user: str
    body: Json
    is_open: bool = True

    @property
    def blocks(self) -> list[Json]:
        return list(self.body.get("blocks", ()))

    @property
    def title(self) -> str:
        title: Json = self.body.get("title") or {}
        return str(title.get("text", ""))

    @property
    def callback_id(self) -> str:
        return str(self.body.get("callback_id", ""))


@dataclass(frozen=True, slots=True)
class Trigger:
    id: str
    app_id: str
    user: str
    made: float
    view_id: str = ""
    is_used: bool = False


@dataclass(frozen=True, slots=True)
class ResponseUrl:
    """Where an app answers an interaction; `source_ts` is the message it was about, if any."""

    key: str
    app_id: str
    user: str
    channel: str
    made: float
    source_ts: str = ""
    source_is_ephemeral: bool = False
    thread_ts: str = ""
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Webhook:
    path: str
    channel: str
    bot_id: str
    app_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """The assistant status line under a thread."""

    app_id: str
    channel: str
    thread_ts: str
    text: str
    loading_messages: tuple[str, ...]
    made: float


@dataclass(frozen=True, slots=True)
class File:
    id: str
    name: str
    app_id: str
    length: int
    content: bytes = b""
    title: str = ""
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Ack:
    """How the app answered a delivery; `confirm` is the dialog that was shown before."""

    acked: bool
    payload: Json = field(default_factory=dict[str, Any])
    seconds: float = 0.0
    confirm: Json | None = None
    envelope_id: str = ""
