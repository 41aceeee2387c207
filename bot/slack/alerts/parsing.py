"""From a Slack message event to an alert, or to nothing where it is none."""

from collections.abc import Callable, Mapping

from bot.domain.alert import Alert
from bot.domain.ids import At
from bot.slack.alerts.alertmanager import read_alertmanager
from bot.slack.alerts.aws import read_aws
from bot.slack.alerts.elastalert import read_elastalert
from bot.slack.alerts.flat import Flat, flatten
from bot.slack.alerts.gatus import read_gatus
from bot.slack.alerts.generic import read_generic
from bot.slack.alerts.grafana import read_grafana
from bot.slack.alerts.json_shapes import as_map, as_text
from bot.slack.alerts.oncall import read_oncall
from bot.slack.alerts.reading import Reading, alert_of
from bot.slack.alerts.robusta import read_robusta
from bot.slack.alerts.sentry import read_sentry
from bot.slack.alerts.uptime_kuma import read_uptime_kuma

Reader = Callable[[Flat], Reading | None]

READERS: tuple[Reader, ...] = (
    read_grafana,
    read_alertmanager,
    read_robusta,
    read_sentry,
    read_oncall,
    read_gatus,
    read_uptime_kuma,
    read_aws,
    read_elastalert,
    read_generic,
)
"""By content alone, the narrowest first: names of bots are anyone's to choose."""

_SUBTYPES = frozenset({"", "bot_message", "file_share", "thread_broadcast"})


def parse(
    event: Mapping[str, object], received_at: At, readers: tuple[Reader, ...] = READERS
) -> Alert | None:
    """The alert in a message event, or in the edited message in it; none for people, replies, news."""
    message = _message(event)
    if message is None or not _is_from_app(message) or _is_reply(message):
        return None
    flat = flatten(message)
    readings = (reader(flat) for reader in readers)
    found = next((reading for reading in readings if reading), None)
    return alert_of(found, flat, received_at) if found else None


def _message(event: Mapping[str, object]) -> Mapping[str, object] | None:
    """The message that counts: of an edit, the new one."""
    if event.get("type", "message") != "message":
        return None
    message = as_map(event.get("message")) if event.get("subtype") == "message_changed" else event
    return message if as_text(message.get("subtype")) in _SUBTYPES else None


def _is_from_app(message: Mapping[str, object]) -> bool:
    """Whether an app posted it; Slack sets these fields, people cannot."""
    return message.get("subtype") == "bot_message" or bool(as_text(message.get("bot_id")))


def _is_reply(message: Mapping[str, object]) -> bool:
    thread = as_text(message.get("thread_ts"))
    return bool(thread) and thread != as_text(message.get("ts"))
