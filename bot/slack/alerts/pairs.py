"""Keys and values that a message states: fields, `Key: value` lines, label lists, Go maps."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from bot.slack.alerts.flat import Flat, Role

MAX_PAIRS = 400
MAX_VALUE = 500

_BULLET = r"[ \t]*(?:[•●◦▪‣*-][ \t]+)?"
_LINE = re.compile(
    rf"^(?P<bullet>{_BULLET})(?P<key>[^\s:=][^:=\n]{{0,59}}?)[ \t]*(?P<sign>:|=)[ \t]+(?P<value>\S.*)$"
)
_TIGHT = re.compile(rf"^(?P<bullet>{_BULLET})(?P<key>[A-Za-z_][\w.]{{0,59}})(?P<sign>=)(?P<value>\S.*)$")
_LABEL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,63}")
_GO_MAP = re.compile(r"map\[([^\[\]\n]{1,4000})\]")
_GO_PAIR = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63}):(\S*(?: (?![A-Za-z_][A-Za-z0-9_]{0,63}:)\S+)*)")
_BRACED = re.compile(r'([A-Za-z_][A-Za-z0-9_]{0,63})="([^"\n]{0,500})"')
_EMOJI_PREFIX = re.compile(r"^\s*(?::[a-z0-9_+-]{1,50}:\s*)+")
_BODY = (Role.TEXT, Role.PRETEXT, Role.SECTION, Role.BODY, Role.CONTEXT)
_PROSE = frozenset(
    {"http", "https", "alert", "description", "summary", "details", "value", "message", "text"}
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One stated value; a label where the key is an identifier in a list, a map or behind `=`."""

    key: str
    value: str
    is_label: bool


def pairs_of(flat: Flat) -> tuple[Pair, ...]:
    """Every pair that the texts state (fields are separate), in reading order, the titles last."""
    body = tuple(islice(_in_texts(flat.of(*_BODY)), MAX_PAIRS))
    if any(pair.is_label for pair in body):
        return body
    return body + tuple(islice(_in_texts(flat.of(Role.HEADER, Role.TITLE)), MAX_PAIRS))


def normal(key: str) -> str:
    """A key as it is compared: lower case, words with single spaces, no emoji in front."""
    return re.sub(r"[\s_-]+", " ", _EMOJI_PREFIX.sub("", key.strip())).strip(" :*").lower()


def common_labels(pairs: Iterable[Pair]) -> dict[str, str]:
    """The labels whose value is the same in each alert; a repeated key starts the next alert."""
    alerts = _alerts(pair for pair in pairs if pair.is_label)
    if not alerts:
        return {}
    first = alerts[0]
    return {key: value for key, value in first.items() if all(each.get(key) == value for each in alerts)}


def first_value(pairs: Iterable[tuple[str, str]], *keys: str) -> str:
    """The first value under any of some keys, the keys in order of preference; empty where there is none."""
    named: dict[str, str] = {}
    for key, value in pairs:
        if value:
            named.setdefault(normal(key), value)
    return next((named[key] for key in keys if key in named), "")


def stated(pairs: Iterable[Pair]) -> tuple[tuple[str, str], ...]:
    """Pairs as plain tuples."""
    return tuple((pair.key, pair.value) for pair in pairs)


def _alerts(labels: Iterable[Pair]) -> list[Mapping[str, str]]:
    alerts: list[dict[str, str]] = []
    for pair in labels:
        if not alerts or pair.key in alerts[-1]:
            alerts.append({})
        alerts[-1][pair.key] = pair.value
    most = max((len(each) for each in alerts), default=0)
    # A single stray repetition is no alert of its own: it would empty the common labels.
    return [each for each in alerts if len(each) * 2 >= most]


def _in_texts(texts: Iterable[str]) -> Iterator[Pair]:
    for text in texts:
        for line in text.splitlines():
            yield from _in_line(_EMOJI_PREFIX.sub("", line))


def _in_line(line: str) -> Iterator[Pair]:
    go_map = _GO_MAP.search(line)
    if go_map:
        yield from (Pair(key, value, is_label=True) for key, value in _GO_PAIR.findall(go_map.group(1)))
        return
    braced = _BRACED.findall(line)
    if braced:
        yield from (Pair(key, value, is_label=True) for key, value in braced)
        return
    match = _TIGHT.match(line[:1000]) or _LINE.match(line[:1000])
    if match:
        key, value = match.group("key").strip(), match.group("value").strip()[:MAX_VALUE]
        listed = bool(match.group("bullet").strip()) or match.group("sign") == "="
        yield Pair(key, value, is_label=listed and _is_label_name(key))


def _is_label_name(key: str) -> bool:
    return bool(_LABEL_NAME.fullmatch(key)) and key.lower() not in _PROSE
