# pyright: reportUnknownMemberType=false
"""Secrets out, everywhere: own credentials in every common spelling, and what looks like a credential."""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Protocol, cast, final

import re2

from bot.redaction.chance import ALONE, by_lot, by_lot_in_context
from bot.redaction.dense import MOST, TooManyError, Work, left_out, pieces
from bot.redaction.rules import CANDIDATE, END_OF_BARE, HARMLESS, LIKELY, STRUCTURES, VENDORS
from bot.redaction.spellings import decoded, spellings_of

MIN_EXACT = 6
MASKED = 3
MARK = "[secret:"
INSIDE = "[\ue000"
"""How a mark is written while rules run: without a word in it that a rule reads as a name."""

TAG = re.compile(r"\[secret:(?=[0-9a-f]{4}\])", re.ASCII)
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
    return f"{MARK}{_digest(secret)}]"


def _tag(secret: str) -> str:
    return f"{INSIDE}{_digest(secret)}]"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()[:4]


@final
class Redactor:
    """Replaces secrets by tags; redacting twice changes nothing more.

    Where one text has more than `most` secrets, the pieces of it that have any are left out, and it says so.
    """

    def __init__(self, secrets: Iterable[str] = (), most: int = MOST) -> None:
        spellings = {
            spelling: _tag(secret)
            for secret in secrets
            if len(secret) >= MIN_EXACT
            for spelling in spellings_of(secret)
        }
        ordered = sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
        self._most = most
        self._tags = spellings
        self._exact = _compiled("|".join(re.escape(spelling) for spelling in ordered)) if ordered else None
        self._vendors = _compiled("|".join(f"(?:{pattern})" for pattern in VENDORS))
        self._structures = tuple(_compiled(pattern) for pattern in STRUCTURES)
        self._likely = tuple(_compiled(pattern) for pattern in LIKELY)
        # Most lines have nothing of all that: one pass instead of many.
        self._any = _compiled("|".join(f"(?:{pattern})" for pattern in (*STRUCTURES, *LIKELY)))
        self._candidate = _compiled(CANDIDATE)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        # RE2 builds a new object of the text's own type, which members of an enumeration do not allow.
        text = str(text)
        if not text.isascii():
            # RE2 reads UTF-8, which cannot spell half a surrogate pair; JSON can.
            text = text.encode("utf-8", "replace").decode("utf-8").replace("\ue000", "\ufffd")
        work = Work(self._most)
        marked = TAG.sub(INSIDE, text)
        try:
            found = self._whole(marked, work)
        except TooManyError:
            work = Work(self._most)
            found = "".join(self._piece(piece, work) for piece in pieces(marked))
        return found.replace(INSIDE, MARK)

    def _whole(self, text: str, work: Work) -> str:
        once = self._pass(text, work)
        # A tag ends words, so that what stood beside a secret may show itself only now.
        if once == text:
            return once
        lines = once.split("\n")
        return "\n".join(self._pass(line, work) if INSIDE in line else line for line in lines)

    def _piece(self, text: str, work: Work) -> str:
        """A piece of a text with too many secrets: as long as work is left, and whole where it has none."""
        mine = work.share()
        if mine.left:
            try:
                return self._whole(text, mine)
            except TooManyError:
                return left_out(text)
            finally:
                work.spend(mine)
        exact = self._exact is not None and self._exact.search(text)
        if exact or self._vendors.search(text) or self._any.search(text):
            return left_out(text)
        return self._candidate.sub(self._without_chance, text)

    def _pass(self, text: str, work: Work) -> str:
        if self._exact is not None:
            text = self._exact.sub(lambda found: work.did(self._tags[found.group()]), text)
        text = self._vendors.sub(lambda found: work.did(_tag(found.group())), text)
        if len(text) > SHORT or self._any.search(text):
            for structure in self._structures:
                text = structure.sub(lambda found: work.did(_without_value(found)), text)
            for likely in self._likely:
                text = likely.sub(lambda found: work.did(_without_likely(found)), text)
        return self._candidate.sub(self._without_chance, text)

    def _without_chance(self, found: Match) -> str:
        """The word as a tag where it looks drawn by lot, else each part of it that does."""
        word = found.group()
        if len(word) < ALONE:
            return word
        if by_lot(word):
            return word if self._is_text(word) else _tag(word)
        if "/" not in word:
            return word
        return "/".join(_tag(part) if by_lot(part) else part for part in word.split("/"))

    def _is_text(self, word: str) -> bool:
        """Whether it is the base64 of words without a secret, which is no key."""
        said = decoded(word)
        return said is not None and self(said) == said


def _without_value(found: Match) -> str:
    value = found.group(1)
    if not value or value.casefold() in HARMLESS or INSIDE in value or ID.fullmatch(value):
        return found.group()
    if len(value) >= MASKED and set(value) <= set("*.x-"):
        return found.group()
    return _tagged(found, value.rstrip(END_OF_BARE) or value)


def _without_likely(found: Match) -> str:
    value = (found.group(1) or "").rstrip(END_OF_BARE)
    if not value or INSIDE in value or not by_lot_in_context(value):
        return found.group()
    return _tagged(found, value)


def _tagged(found: Match, value: str) -> str:
    whole, start = found.group(), found.start(1) - found.start()
    return whole[:start] + _tag(value) + whole[start + len(value) :]


def _compiled(pattern: str) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return cast("Pattern", re2.compile(pattern, options))
