"""The title form of Alertmanager's default template, which many senders and templates share."""

import re
from dataclasses import dataclass

LINK_SUFFIX = re.compile(r"\s\|\s(?:https?://\S*)?$")
_TAG = re.compile(
    r"^\s*(?::[a-z0-9_+-]{1,40}:\s*|[^\w\s\[(]{1,3}\s*){0,3}\[(?:FIRING|RESOLVED)(?::\d+)?(?:,\s*RESOLVED:\d+)?\]",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*(?:[A-Z_][A-Za-z0-9_]*)+(?:\([^()\s]*\))?|[A-Z][a-z]+\([^()\s]*\)")


@dataclass(frozen=True, slots=True)
class Heading:
    """`[FIRING:1] <values of the group's labels> (<other common values>)`, both sorted by label name."""

    group: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def values(self) -> tuple[str, ...]:
        """All values, those of the group first."""
        return self.group + self.rest

    @property
    def name(self) -> str:
        """The alert's name, first among the labels; with spaces in it, the whole group stands for it."""
        for values in (self.group, self.rest):
            if values and _NAME.fullmatch(values[0]):
                return values[0]
        named = next((value for value in self.values if re.fullmatch(r"[A-Z][a-z]+[A-Z]\w+", value)), "")
        return named or " ".join(self.group) or " ".join(self.rest[:1])


def heading_of(text: str) -> Heading | None:
    """The parts of a title in the default form; none where it has another."""
    tag = _TAG.match(text)
    if not tag:
        return None
    inside = LINK_SUFFIX.sub("", text[tag.end() :].splitlines()[0] if text[tag.end() :] else "").strip()
    start = _closing_group(inside)
    group, rest = (inside, "") if start is None else (inside[:start], inside[start + 1 : -1])
    return Heading(tuple(group.split()), tuple(rest.split()))


def _closing_group(text: str) -> int | None:
    """Where the parenthesis that closes the text opens; it stands alone or after a space."""
    if not text.endswith(")"):
        return None
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            return position if position == 0 or text[position - 1] == " " else None
    return None
