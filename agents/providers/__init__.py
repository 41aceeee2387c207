"""The makers of models, in a closed table; each is loaded when a roster names it."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

from agents.errors import ConfigurationError, RejectedError, choices
from agents.messages import Reply
from agents.model import Ask, Capabilities, Listener, Model
from agents.pace import Pace
from agents.providers.retrying import Patience
from agents.providers.settings import ProviderSettings

TABLE: Mapping[str, str] = {
    "anthropic": "agents.providers.anthropic",
    "openai": "agents.providers.openai",
    "scripted": "agents.providers.scripted",
}


@final
@dataclass(frozen=True, slots=True)
class Unconnected:
    """A model whose provider has no key; it says so when it is asked, and the next model answers."""

    name: str

    @property
    def capabilities(self) -> Capabilities:
        """None."""
        return Capabilities(streams=False)

    async def reply(self, ask: Ask, listener: Listener | None = None) -> Reply:
        """Always fails."""
        del ask, listener
        raise RejectedError("no API key is set for its provider")

    async def aclose(self) -> None:
        """Nothing to close."""


def open_providers(settings: Mapping[str, ProviderSettings]) -> frozenset[str]:
    """The providers that may serve models which no list knows: scripts, and servers of one's own."""
    return frozenset({"scripted", *(name for name, given in settings.items() if given.base_url is not None)})


def connect(
    names: Iterable[str],
    settings: Mapping[str, ProviderSettings],
    pace: Pace,
    patience: Patience | None = None,
) -> dict[str, Model]:
    """The models of these names, as `provider:model`; raises ConfigurationError for an unknown provider."""
    return {name: _connect(name, settings, pace, patience or Patience()) for name in names}


def _connect(name: str, settings: Mapping[str, ProviderSettings], pace: Pace, patience: Patience) -> Model:
    provider, _, model = name.partition(":")
    if provider not in TABLE:
        raise ConfigurationError((f"{name}: unknown provider; valid: {choices(TABLE)}",))
    given = settings.get(provider, ProviderSettings())
    if provider != "scripted" and not given.api_key and given.base_url is None:
        return Unconnected(name)
    connected: Model = importlib.import_module(TABLE[provider]).connect(model, given, pace, patience)
    return connected
