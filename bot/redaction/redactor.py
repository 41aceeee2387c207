# pyright: reportUnknownMemberType=false
"""Secrets out, everywhere: own credentials in every common spelling, and what looks like a credential."""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Protocol, cast, final

import re2

from bot.redaction.chance import ALONE, by_lot, by_lot_in_context
from bot.redaction.rules import CANDIDATE, END_OF_BARE, HARMLESS, LIKELY, STRUCTURES, TAG, VENDORS
from bot.redaction.spellings import decoded, spellings_of

MIN_EXACT = 6
MASKED = 3
MARK = "[secret:"
SHORT = 20_000
"""Characters up to which it pays to ask first whether any rule may apply."""

ID = re.compile(r"0x[0-9a-fA-F]{1,16}|[0-9]{1,5}|\$\{[A-Z_][A-Z0-9_]*\}", re.ASCII)
"""Numbers of objects, counts and ids of users, names of variables: they name a secret at most."""


class Match(Protocol):
    """What a replacement is given; group 1 is the secret."""

    def group(self, group: int = 0) -> str:
        """The text of a group."""
        ...

    def start(self, group: int = 0) -> int:
        """Where a group begins."""
        ...


class Pattern(Protocol):
    """What we use of a compiled RE2 pattern."""

    def sub(self, repl: Callable[[Match], str], text: str) -> str:
        """Replace every match."""
        ...

    def search(self, text: str) -> object | None:
        """The first match, if there is one."""
        ...


def tag_of(secret: str) -> str:
    """The tag that stands for a secret: the same for the same secret, and short enough to tell nothing."""
    return f"{MARK}{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:4]}]"


@final
class Redactor:
    """Replaces secrets by tags; redacting twice changes nothing more."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        spellings = {
            spelling: tag_of(secret)
            for secret in secrets
            if len(secret) >= MIN_EXACT
            for spelling in spellings_of(secret)
        }
        ordered = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._tags = spellings
        self._exact = _compiled("|".join(re.escape(spelling) for spelling in ordered)) if ordered else None
        self._vendors = _compiled("|".join(f"(?:{pattern})" for pattern in VENDORS))
        self._structures = tuple(_compiled(f"{TAG}|(?:{pattern})") for pattern in STRUCTURES)
        self._likely = tuple(_compiled(f"{TAG}|(?:{pattern})") for pattern in LIKELY)
        # Most lines have nothing of all that: one pass instead of many.
        self._any = _compiled("|".join(f"(?:{pattern})" for pattern in (*STRUCTURES, *LIKELY)))
        self._candidate = _compiled(CANDIDATE)
        self._tag = re.compile(TAG, re.ASCII)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        # RE2 builds a new object of the text's own type, which members of an enumeration do not allow.
        text = str(text)
        if not text.isascii():
            # RE2 reads UTF-8, which cannot spell half a surrogate pair; JSON can.
            text = text.encode("utf-8", "replace").decode("utf-8")
        once = self._pass(text)
        # A tag ends words, so that what stood beside a secret may show itself only now.
        if once == text:
            return once
        return "\n".join(self._pass(line) if MARK in line else line for line in once.split("\n"))

    def _pass(self, text: str) -> str:
        if self._exact is not None:
            text = self._exact.sub(lambda found: self._tags[found.group()], text)
        text = self._vendors.sub(lambda found: tag_of(found.group()), text)
        if len(text) > SHORT or self._any.search(text):
            for structure in self._structures:
                text = structure.sub(self._without_value, text)
            for likely in self._likely:
                text = likely.sub(self._without_likely, text)
        return self._candidate.sub(self._without_chance, text)

    def _without_value(self, found: Match) -> str:
        value = found.group(1)
        if not value or value.casefold() in HARMLESS or self._tag.search(value) or ID.fullmatch(value):
            return found.group()
        if len(value) >= MASKED and set(value) <= set("*.x-"):
            return found.group()
        return _tagged(found, value.rstrip(END_OF_BARE) or value)

    def _without_likely(self, found: Match) -> str:
        value = (found.group(1) or "").rstrip(END_OF_BARE)
        if not value or self._tag.search(value) or not by_lot_in_context(value):
            return found.group()
        return _tagged(found, value)

    def _without_chance(self, found: Match) -> str:
        """The word as a tag where it looks drawn by lot, else each part of it that does."""
        word = found.group()
        if len(word) < ALONE:
            return word
        if by_lot(word):
            return word if self._is_text(word) else tag_of(word)
        if "/" not in word:
            return word
        return "/".join(tag_of(part) if by_lot(part) else part for part in word.split("/"))

    def _is_text(self, word: str) -> bool:
        """Whether it is the base64 of words without a secret, which is no key."""
        said = decoded(word)
        return said is not None and self(said) == said


def _tagged(found: Match, value: str) -> str:
    whole, start = found.group(), found.start(1) - found.start()
    return whole[:start] + tag_of(value) + whole[start + len(value) :]


def _compiled(pattern: str) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return cast("Pattern", re2.compile(pattern, options))
