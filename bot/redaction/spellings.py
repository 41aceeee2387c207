"""How else a secret may be written: JSON, URLs, base64 at any offset."""

import base64
import json
from urllib.parse import quote, quote_plus

MIN_BASE64 = 8


def spellings_of(secret: str) -> frozenset[str]:
    """A secret as it is and as JSON, URLs and base64 (at any offset) would spell it."""
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    lowered = {_lower_escapes(one) for one in quoted}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    twice = {json.dumps(one)[1:-1] for one in escaped}
    return frozenset({secret, *quoted, *lowered, *escaped, *twice, *_base64(secret)})


def decoded(word: str) -> str | None:
    """The words whose base64 this is: printable ASCII with a space in it; nothing for anything else."""
    bare = word.replace("-", "+").replace("_", "/")
    try:
        said = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("ascii")
    except ValueError:
        return None
    return said if " " in said and said.isprintable() else None


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
