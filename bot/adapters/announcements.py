"""Messages of a deploy channel as changes: kept by the bot process, read by whoever investigates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import httpx2
import re2

from bot.adapters.change_reading import ChangeAsk, Deploys, printable
from bot.domain.errors import SourceUnavailableError, StoreUnavailableError
from bot.domain.evidence import Change
from bot.domain.service import Service
from bot.ports.cards import Announcement, Seen

WHAT = re.compile(
    r"\b(deploy(?:ed|ing|ment|s)?|releas(?:ed?|ing)|roll(?:ed|ing)?[ -]?(?:back|out)|promot(?:ed|ing))\b",
    re.IGNORECASE,
)
WORD = r"[`*\"']{0,2}([A-Za-z0-9][A-Za-z0-9_.:/+-]{0,99})"
FROM = re.compile(rf"\b(?:from|was)\s+{WORD}", re.IGNORECASE)
TO = re.compile(rf"(?:\bto|\bversion|\btag|->|→|=>)\s*{WORD}", re.IGNORECASE)
VERSION = re.compile(r"\bv?\d+(?:\.\d+)+[A-Za-z0-9.+-]*|\bv\d+\b|\b[0-9a-f]{7,40}\b", re.ASCII)
BY = re.compile(r"\bby\s+[`*@<]{0,2}([A-Za-z0-9][A-Za-z0-9_.-]{0,60})", re.IGNORECASE)
MAX_TEXT = 2_000


class _Match(Protocol):
    def groupdict(self) -> dict[str, str | None]: ...


class _Pattern(Protocol):
    def search(self, text: str) -> _Match | None: ...


@dataclass(frozen=True, slots=True)
class Announced:
    """A reader of changes over what was kept of a channel."""

    seen: Seen

    async def __call__(self, ask: ChangeAsk, _: httpx2.AsyncClient) -> Deploys:
        """The announcements of the service in the window; raises SourceUnavailableError."""
        channel, pattern = ask.source.setting("channel"), ask.source.setting("pattern")
        try:
            kept = await self.seen.announced(channel, ask.window.start)
        except StoreUnavailableError as error:
            raise SourceUnavailableError("What was said in the deploy channel cannot be read.") from error
        told = (one for one in kept if one.at <= ask.window.end and names(ask.service, one.text))
        changes = (change_of(one, ask.service, pattern) for one in told)
        return Deploys(tuple(change for change in changes if change is not None))


def names(service: Service, text: str) -> bool:
    """Whether a message names the service, by its name or an alias, as a word of its own."""
    words = (service.name, service.title, *service.aliases)
    return any(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) for word in words)


def change_of(said: Announcement, service: Service, pattern: str = "") -> Change | None:
    """A message as a change, or nothing; a pattern names its groups who, what, from and to."""
    text = said.text[:MAX_TEXT]
    found = _matched(pattern, text) if pattern else _guessed(text, service)
    if found is None:
        return None
    return Change(
        at=said.at,
        who=printable(found.get("who") or said.who) or "unknown",
        what=printable(found.get("what") or "deploy").lower(),
        before=printable(found.get("from") or "unknown"),
        after=printable(found.get("to") or "unknown"),
        service=service.name,
        note=printable(" ".join(text.split())),
    )


def _matched(pattern: str, text: str) -> Mapping[str, str | None] | None:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    compiled = cast("_Pattern", re2.compile(pattern, options))  # pyright: ignore[reportUnknownMemberType]
    found = compiled.search(text)
    return found.groupdict() if found else None


def _guessed(text: str, service: Service) -> Mapping[str, str | None] | None:
    """The words in which deployments are usually announced; only what names a version counts as one."""
    what, before, by = WHAT.search(text), FROM.search(text), BY.search(text)
    # "deployed to production" says where, not which version.
    places = {service.environment.casefold(), "production", "prod", "staging"}
    after = next((one[1] for one in TO.finditer(text) if one[1].casefold() not in places), None)
    after = after or next(
        (one[0] for one in VERSION.finditer(text) if not before or one[0] != before[1]), None
    )
    if what is None or after is None:
        return None
    return {"what": what[1], "from": before[1] if before else None, "to": after, "who": by[1] if by else None}
