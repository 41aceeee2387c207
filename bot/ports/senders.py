"""Senders of alerts that are described in `senders.yaml` instead of in code."""

from collections.abc import Callable
from dataclasses import dataclass

Find = Callable[[str], str | None]
"""The first group of the first hit (the whole hit where there is no group); nothing without a hit."""

PLACES = frozenset({"username", "text", "title", "pretext", "footer", "body"})
"""Parts of a message where a rule may look; `field:<name>` is the value of a field, `body` all texts."""


@dataclass(frozen=True, slots=True)
class Pick:
    """Where to look and what to take from there."""

    place: str
    find: Find


@dataclass(frozen=True, slots=True)
class SenderRule:
    """How to know the messages of one sender, and what they say.

    All of `match` must hit. `identity` is what all messages of one alert share; the title where it is empty.
    `captured` is false while nobody has checked the rule against a real message.
    """

    name: str
    match: tuple[Pick, ...]
    title: tuple[Pick, ...]
    resolved: tuple[Pick, ...]
    acknowledged: tuple[Pick, ...] = ()
    severity: tuple[Pick, ...] = ()
    service: tuple[Pick, ...] = ()
    identity: tuple[Pick, ...] = ()
    summary: tuple[Pick, ...] = ()
    captured: bool = True
