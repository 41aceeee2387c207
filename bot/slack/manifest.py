"""The manifest of the Slack app that a team creates for itself, and what its scopes are for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast

import yaml

WHAT_FOR: Mapping[str, str] = {
    "app_mentions:read": "questions in an incident's thread",
    "channels:history": "alerts in public channels",
    "channels:read": "telling public channels that are shared with others (rule 10)",
    "chat:write": "cards",
    "commands": "/greenlight",
    "assistant:write": "prompts in the agent view",
    "files:write": "the chart of the symptom, and drafts as files",
    "im:history": "messages to the app in the agent view",
    "groups:history": "alerts in private channels",
    "groups:read": "telling private channels that are shared with others (rule 10)",
    "reactions:write": "marks on messages",
    "usergroups:read": "rosters from user groups",
    "users:read": "who clicked: a person, active, of this workspace",
}


@dataclass(frozen=True, slots=True)
class Scopes:
    """The bot scopes of the manifest."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]

    def missing(self, granted: Iterable[str]) -> tuple[str, ...]:
        """Those without which something breaks."""
        return tuple(scope for scope in self.needed if scope not in set(granted))

    def beyond(self, granted: Iterable[str]) -> tuple[str, ...]:
        """Those that Greenlight has no use for; fewer are safer."""
        return tuple(sorted(set(granted) - {*self.needed, *self.optional}))


PRIVATE = ("groups:history", "groups:read")
AGENT = ("assistant:write", "im:history")
AGENT_VIEW = {
    "agent_description": "Investigates alerts and answers from the record of each incident.",
    "suggested_prompts": [
        {"title": "What is open?", "message": "status"},
        {"title": "Who can approve?", "message": "who can approve"},
    ],
}


def manifest(*, private: bool = False, agent: bool = False) -> str:
    """The manifest as YAML: the fewest scopes, and what private channels or the agent view need beyond."""
    text = resources.files("bot.slack").joinpath("manifest.yaml").read_text(encoding="utf-8")
    if not private and not agent:
        return text
    document = cast("dict[str, Any]", yaml.safe_load(text))
    asked, settings = document["oauth_config"]["scopes"], document["settings"]
    events = settings["event_subscriptions"]["bot_events"]
    if private:
        asked["bot"] = sorted({*asked["bot"], *PRIVATE})
        events.append("message.groups")
    if agent:
        asked["bot"] = sorted({*asked["bot"], *AGENT})
        events.append("message.im")
        document["features"]["agent_view"] = AGENT_VIEW
        document["features"]["app_home"]["messages_tab_read_only_enabled"] = False
    return yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)


def scopes() -> Scopes:
    """The scopes without which something breaks, and those that only some need."""
    document = cast("dict[str, Any]", yaml.safe_load(manifest()))
    asked = document["oauth_config"]["scopes"]
    return Scopes(tuple(asked["bot"]), (*asked["bot_optional"], *PRIVATE, *AGENT))
