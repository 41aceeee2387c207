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
    "files:write": "evidence that is too long for a message",
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


def manifest() -> str:
    """The manifest as YAML."""
    return resources.files("bot.slack").joinpath("manifest.yaml").read_text(encoding="utf-8")


def scopes() -> Scopes:
    """The scopes that the manifest asks for."""
    document = cast("dict[str, Any]", yaml.safe_load(manifest()))
    asked = document["oauth_config"]["scopes"]
    return Scopes(tuple(asked["bot"]), tuple(asked["bot_optional"]))
