"""The rosters of the bot process and of doctor: every kind of source that this environment can reach."""

from bot.adapters.pagerduty import Client, PagerDuty
from bot.adapters.rosters import PolicyRosters, Reader, scheduled
from bot.slack.chat import Chat
from bot.slack.groups import group_reader
from bot.wiring.parts import Parts


def rosters_of(parts: Parts, client: Client, chat: Chat | None) -> PolicyRosters:
    """Lists and schedules always, user groups with Slack, PagerDuty with a key."""
    readers: dict[str, Reader] = {"schedule": scheduled(parts.content.schedules, parts.clock)}
    if chat is not None:
        readers["usergroup"] = group_reader(chat)
    token = parts.settings.pagerduty_token
    if token is not None:
        url = parts.settings.pagerduty_url
        readers["pagerduty"] = PagerDuty(client, parts.clock, token.get_secret_value(), url).reader()
    return PolicyRosters(parts.content, parts.clock, readers)
