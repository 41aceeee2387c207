# pyright: reportUnknownMemberType=false
"""Secrets out, everywhere: own credentials in every common spelling, and what looks like a credential."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Protocol, cast
from urllib.parse import quote, quote_plus

import re2

MIN_EXACT = 6
MIN_BASE64 = 8
HARMLESS = frozenset(
    {"null", "none", "nil", "true", "false", "invalid", "expired", "missing", "required", "empty"}
)
"""Words that say something about a credential and are none."""

TAG = r"\[secret:[0-9a-f]{4}\]"

NAMES = (
    r"[\w.-]*(?:passw(?:or)?d|passwd|pwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|client[_-]?secret|credentials?|session[_-]?id|cookie)"
)
# Each has one group: the secret itself; what stands around it is kept.
STRUCTURES = (
    # Whole private keys, also where the end was cut off.
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----([A-Za-z0-9+/=\\\s:,-]{16,}?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
    r"(?i)\b(?:bearer|basic|digest|negotiate)\s+([A-Za-z0-9+/=._~-]{8,})",
    r"(?i)authorization\\?[\"']?\s*[:=]\s*\\?[\"']?(?:[a-z]{3,12}\s+)?([^\s\"'\\,\[\]]{10,})",
    r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}://[^\s/:@\"']{0,200}:([^\s/@\"']{1,200})@",
    r"(?i)(?:set-)?cookie[\"']?\s*[:=]\s*[\"']?([^\s\"'][^\r\n\"']{3,})",
    # "password": "a b", password='a b', with JSON escaped once more inside a string as well.
    r"(?i)\b" + NAMES + r"\\?[\"']?\s{0,4}[:=]{1,2}>?\s{0,4}\\?\"([^\"\\]+)",
    r"(?i)\b" + NAMES + r"[\"']?\s{0,4}[:=]{1,2}>?\s{0,4}'([^']+)",
    r"(?i)\b" + NAMES + r"\s{0,4}[:=]{1,2}\s{0,4}([^\s\"'\\,;&|<>(){}\[\]]{3,})",
    r"(?i)\s--?" + NAMES + r"\s+([^\s\"'-][^\s\"']{2,})",
)
VENDORS = (
    r"xox[a-zA-Z]-[A-Za-z0-9-]{8,}",
    r"xapp-[A-Za-z0-9-]{8,}",
    r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{8,}",
    r"gh[pousr]_[A-Za-z0-9]{16,}",
    r"github_pat_[A-Za-z0-9_]{16,}",
    r"gl(?:pat|cbt|ptt|dt|rt|soat|ft)-[A-Za-z0-9_-]{12,}",
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    r"\bsk-(?:ant-|proj-|svcacct-|or-)?[A-Za-z0-9_-]{16,}",
    r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}",
    r"\bwhsec_[A-Za-z0-9]{16,}",
    r"\bAIza[A-Za-z0-9_-]{30,}",
    r"\bya29\.[A-Za-z0-9_-]{16,}",
    r"\bGOCSPX-[A-Za-z0-9_-]{16,}",
    r"\bnpm_[A-Za-z0-9]{30,}",
    r"\bpypi-[A-Za-z0-9_-]{32,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}",
    r"\bdo[opr]_v1_[a-f0-9]{32,}",
    r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"\bdapi[a-f0-9]{32}",
    r"\bglsa_[A-Za-z0-9]{20,}",
    r"\bNRAK-[A-Z0-9]{20,}",
    r"\bAGE-SECRET-KEY-1[A-Z0-9]{20,}",
    r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*",
)


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


def tag_of(secret: str) -> str:
    """The tag that stands for a secret: the same for the same secret, and short enough to tell nothing."""
    return f"[secret:{hashlib.sha256(secret.encode('utf-8', 'surrogatepass')).hexdigest()[:4]}]"


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
        self._tag = re.compile(TAG, re.ASCII)

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        text = str(text)  # RE2 wants plain strings, not enums that are strings too
        # RE2 builds a new object of the text's own type, which members of an enumeration do not allow.
        text = str(text)
        if not text.isascii():
            # RE2 reads UTF-8, which cannot spell half a surrogate pair; JSON can.
            text = text.encode("utf-8", "replace").decode("utf-8")
        if self._exact is not None:
            text = self._exact.sub(lambda found: self._tags[found.group()], text)
        text = self._vendors.sub(lambda found: tag_of(found.group()), text)
        for structure in self._structures:
            text = structure.sub(self._without_value, text)
        return text

    def _without_value(self, found: Match) -> str:
        whole = found.group()
        value = found.group(1)
        if not value or value.casefold() in HARMLESS or self._tag.fullmatch(value):
            return whole
        start = found.start(1) - found.start()
        return whole[:start] + tag_of(value) + whole[start + len(value) :]


def spellings_of(secret: str) -> frozenset[str]:
    """A secret as it is and as JSON, URLs and base64 (at any offset) would spell it."""
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lowered = {_lower_escapes(one) for one in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    twice = {json.dumps(one)[1:-1] for one in escaped}
    return frozenset({secret, *quoted, *lowered, *escaped, *twice, *_base64(secret)})


def _lower_escapes(quoted: str) -> str:
    parts = quoted.split("%")
    return "%".join((parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])))


def _base64(secret: str) -> set[str]:
    """The part of the base64 text that depends on the secret alone, for each of the three offsets."""
    raw = secret.encode()
    if len(raw) < MIN_BASE64:
        return set()
    found: set[str] = set()
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * offset + raw).decode().rstrip("=")
            first = (0, 2, 3)[offset]
            last = len(text) if (offset + len(raw)) % 3 == 0 else len(text) - 1
            found.add(text[first:last])
    return found


def _compiled(pattern: str) -> Pattern:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 64 << 20
    return cast("Pattern", re2.compile(pattern, options))
