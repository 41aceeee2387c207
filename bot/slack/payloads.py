"""Everything that comes from Slack, typed at the door; unknown fields are ignored, wrong ones refused."""

from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,63}$")]
Ts = Annotated[str, Field(pattern=r"^[0-9]{1,15}\.[0-9]{1,9}$")]
Short = Annotated[str, Field(max_length=255)]
Text = Annotated[str, Field(max_length=40_000)]


class Payload(BaseModel):
    """A frozen piece of a payload."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Envelope(Payload):
    """The outer envelope of an event."""

    event_id: Short
    team_id: Id
    api_app_id: Short = ""
    is_ext_shared_channel: bool = False
    event: dict[str, Any]

    @property
    def kind(self) -> str:
        """The type of the event inside."""
        return str(self.event.get("type", ""))


class Posted(Payload):
    """A message as an event, as the message inside an edit, or as one row of a channel's history."""

    type: Short = "message"
    subtype: Short | None = None
    channel: Id | None = None
    ts: Ts
    thread_ts: Ts | None = None
    user: Id | None = None
    bot_id: Short | None = None
    app_id: Short | None = None
    text: str | None = None

    @property
    def is_root(self) -> bool:
        """Whether it stands in the channel itself, not in a thread."""
        return self.thread_ts in {None, self.ts}


class Edited(Payload):
    """`message_changed`: the new and the old message; its own ts is that of the edit."""

    channel: Id
    ts: Ts
    message: dict[str, Any]
    previous_message: dict[str, Any] = Field(default_factory=dict)


class Mention(Payload):
    """`app_mention`."""

    channel: Id
    ts: Ts
    thread_ts: Ts | None = None
    user: Id | None = None
    bot_id: Short | None = None
    text: Text = ""


class Clicker(Payload):
    """Who clicked, and of which workspace the account is."""

    id: Id
    team_id: Id | None = None


class Holder(Payload):
    """A team or channel by its id."""

    id: Id


class Container(Payload):
    """The message (or view) that the button stands on."""

    message_ts: Ts | None = None
    thread_ts: Ts | None = None
    channel_id: Id | None = None


class Option(Payload):
    """The chosen option of a menu."""

    value: Annotated[str, Field(max_length=2000)] = ""


class Pressed(Payload):
    """One pressed element."""

    action_id: Short
    value: Annotated[str, Field(max_length=2000)] = ""
    selected_option: Option | None = None

    @property
    def chosen(self) -> str:
        """The value of the button, or of the option that was chosen."""
        return self.selected_option.value if self.selected_option else self.value


class Opened(Payload):
    """The modal or Home that an element stands in."""

    id: Id
    callback_id: Short = ""


class Press(Payload):
    """`block_actions`."""

    user: Clicker
    team: Holder | None = None
    channel: Holder | None = None
    container: Container = Container()
    view: Opened | None = None
    trigger_id: Annotated[str, Field(max_length=500)] = ""
    actions: Annotated[tuple[Pressed, ...], Field(strict=False, max_length=25)]

    @property
    def single(self) -> Pressed | None:
        """The one pressed element; nothing where there are none or several."""
        return self.actions[0] if len(self.actions) == 1 else None

    @property
    def where(self) -> tuple[str, str]:
        """Channel and ts of the message; empty where the button stands elsewhere."""
        channel = self.channel.id if self.channel else self.container.channel_id
        return channel or "", self.container.message_ts or ""


class ViewState(Payload):
    """What was filled in: block id, action id, value."""

    values: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)

    @property
    def only(self) -> tuple[str, str]:
        """Block id and stripped text of the first input; empty where there is none."""
        return next(((block, _text(element)) for block, element in self._inputs()), ("", ""))

    @property
    def text(self) -> str:
        """The first text that was filled in."""
        return next((text for _, element in self._inputs() if (text := _text(element))), "")

    @property
    def choice(self) -> str:
        """The value of the first option that was chosen."""
        return next((value for _, element in self._inputs() if (value := _option(element))), "")

    def chosen_in(self, block: str) -> str:
        """The value of the option that was chosen in a block; empty for none."""
        return next((_option(element) for name, element in self._inputs() if name == block), "")

    @property
    def person(self) -> str:
        """The first person that was chosen."""
        people = (element.get("selected_user") for _, element in self._inputs())
        return next((one for one in people if isinstance(one, str) and one), "")

    @property
    def filled(self) -> tuple[tuple[str, str], ...]:
        """Block id and what was typed or chosen there, for every input."""
        return tuple((block, _text(element) or _option(element)) for block, element in self._inputs())

    def _inputs(self) -> tuple[tuple[str, dict[str, Any]], ...]:
        return tuple((block, one) for block, elements in self.values.items() for one in elements.values())


def _option(element: dict[str, Any]) -> str:
    option = element.get("selected_option")
    return str(cast("dict[str, Any]", option).get("value", "")) if isinstance(option, dict) else ""


def _text(element: dict[str, Any]) -> str:
    value = element.get("value")
    return value.strip() if isinstance(value, str) else ""


class View(Payload):
    """A submitted modal."""

    callback_id: Short = ""
    private_metadata: Annotated[str, Field(max_length=3000)] = ""
    state: ViewState = ViewState()


class Submission(Payload):
    """`view_submission`."""

    user: Clicker
    team: Holder | None = None
    trigger_id: Annotated[str, Field(max_length=500)] = ""
    view: View


class Shortcut(Payload):
    """`message_action`: a shortcut used on a message."""

    user: Clicker
    channel: Holder
    message: dict[str, Any]
    trigger_id: Annotated[str, Field(max_length=500)] = ""

    @property
    def posted(self) -> Posted:
        """The message, typed; raises ValidationError."""
        return Posted.model_validate(self.message)


class HomeOpened(Payload):
    """`app_home_opened`."""

    user: Id
    tab: Short = "home"


class Command(Payload):
    """A slash command."""

    command: Short
    text: Annotated[str, Field(max_length=4000)] = ""
    team_id: Id
    channel_id: Id
    user_id: Id
    response_url: Annotated[str, Field(max_length=500)] = ""


class Account(Payload):
    """`users.info`: an account as Slack knows it."""

    id: Id
    team_id: Id | None = None
    name: str = ""
    real_name: str = ""
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False


class ChannelInfo(Payload):
    """`conversations.info`: a channel; without these fields it counts as shared."""

    id: Id
    is_ext_shared: bool
    is_pending_ext_shared: bool = False
    is_archived: bool = False


class Identity(Payload):
    """`auth.test`: who we are."""

    team_id: Id
    user_id: Id
    bot_id: Short = ""
    url: Annotated[str, Field(max_length=300)] = ""
    """The workspace's own address, as in `https://example.slack.com/`."""


class Group(Payload):
    """`usergroups.users.list`: who is in a user group."""

    users: Annotated[tuple[Id, ...], Field(strict=False, max_length=10_000)]


class Found(Payload):
    """One message of a thread with its metadata."""

    ts: Ts
    app_id: Short | None = None
    bot_id: Short | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
