"""What a reader of Slack would meet in rendered cards: pings, links, and the words that are shown."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from bot.slack.views.scene import Card

PING = re.compile(r"<[@!#](?!date\^)[^>]*>|@(?:channel|here|everyone)\b")
LINK = re.compile(r"<(?:https?|mailto|tel|ftp|javascript|slack)[^>]*>", re.IGNORECASE)
BARE = re.compile(r"\bhttps?://", re.IGNORECASE)
ADDRESSED = {"user", "usergroup", "broadcast", "channel"}


@dataclass(frozen=True, slots=True)
class Shown:
    """Pings and links that Slack would act on, and all text that stands in the cards."""

    pings: tuple[str, ...]
    links: tuple[str, ...]
    text: str


def shown_in(cards: Iterable[Card], ours: frozenset[str], allowed: tuple[str, ...]) -> Shown:
    """What stands in these cards, without the mentions of our own people and without allowed links."""
    pings, links, words = list[str](), list[str](), list[str]()
    for card in cards:
        pings += PING.findall(card.message.text)
        links += LINK.findall(card.message.text)
        for node in _nodes(list(card.message.blocks)):
            pings += _pings(node)
            links += _links(node)
            words += [value for value in node.values() if isinstance(value, str)]
    return Shown(
        tuple(ping for ping in pings if ping.strip("<@>") not in ours),
        tuple(link for link in links if not any(link.lstrip("<").startswith(one) for one in allowed)),
        "\n".join(words),
    )


def _nodes(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, Mapping):
        node = cast("Mapping[str, object]", value)
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[object]", value):
            yield from _nodes(inner)


def _pings(node: Mapping[str, object]) -> list[str]:
    if node.get("type") in ADDRESSED:
        return [str(node.get("user_id") or node.get("usergroup_id") or node.get("range") or node["type"])]
    text = str(node.get("text", ""))
    return PING.findall(text) if node.get("type") == "mrkdwn" else []


def _links(node: Mapping[str, object]) -> list[str]:
    found = [str(node[name]) for name in ("url", "image_url", "title_url", "thumb_url") if node.get(name)]
    if node.get("type") == "mrkdwn":
        text = str(node.get("text", ""))
        found += LINK.findall(text)
        # Slack makes links of bare addresses unless it is told to take the text as it stands.
        found += [] if node.get("verbatim") is True else BARE.findall(text)
    return found
