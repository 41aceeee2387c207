"""The chain over stored entries: each MAC covers the entry's bytes and the MAC before it."""

import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.domain.errors import GreenlightError

KEY_BYTES = 32
MAC_HEX = 64
SHORTEST_HEAD = 12
"""A card prints at least this many hex digits of the head."""

_OPEN = b'{"mac":"'
_MIDDLE = b'","entry":'
_CLOSE = b"}"
_BODY_AT = len(_OPEN) + MAC_HEX + len(_MIDDLE)


class ChainKeyError(GreenlightError):
    """The key of the chain is missing, damaged or readable by others."""


@dataclass(frozen=True, slots=True)
class Element:
    """A stored element taken apart: its MAC (hex) and the entry's bytes."""

    mac: str
    entry: bytes


def read_or_create_key(path: Path) -> bytes:
    """The key in this file, made with mode 0600 where there is none; raises ChainKeyError."""
    if not path.exists():
        _create(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ChainKeyError(f"{path} must be readable by its owner alone (chmod 600).")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise ChainKeyError(f"{path} does not hold a key in hexadecimal.") from error
    if len(key) != KEY_BYTES:
        raise ChainKeyError(f"{path} holds {len(key)} bytes, not {KEY_BYTES}.")
    return key


def _create(path: Path) -> None:
    """Write a whole file under another name first, so that nobody ever reads half a key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        # Another process made the key in the same moment: theirs counts.
        pass
    finally:
        draft.unlink()


def key_id(key: bytes) -> str:
    """What tells one key from another without telling the key."""
    return hmac.new(key, b"greenlight chain key id", hashlib.sha256).hexdigest()[:16]


def genesis(key: bytes, incident: str) -> str:
    """What stands before the first entry, so that no entry can move to another incident."""
    return hmac.new(key, b"genesis\0" + incident.encode(), hashlib.sha256).hexdigest()


def sealed(key: bytes, head: str, entries: Sequence[bytes]) -> tuple[bytes, ...]:
    """The stored elements for these entries after this head."""
    elements: list[bytes] = []
    for entry in entries:
        head = _mac(key, head, entry)
        elements.append(_OPEN + head.encode() + _MIDDLE + entry + _CLOSE)
    return tuple(elements)


def opened(element: bytes) -> Element | None:
    """A stored element taken apart; nothing where it has not this shape."""
    shaped = element.startswith(_OPEN) and element[_BODY_AT - len(_MIDDLE) : _BODY_AT] == _MIDDLE
    if not shaped or not element.endswith(_CLOSE):
        return None
    try:
        mac = element[len(_OPEN) : len(_OPEN) + MAC_HEX].decode("ascii")
    except UnicodeDecodeError:
        return None
    return Element(mac, element[_BODY_AT : -len(_CLOSE)])


def problems(
    key: bytes, incident: str, elements: Sequence[bytes], numbers: Sequence[int | None], head: str | None
) -> tuple[str, ...]:
    """What is wrong with a chain: edits, deletions, swaps, insertions; truncation against a known head.

    `numbers` are those that the entries carry; `head` is a head that was printed once, whole or its
    first digits, with or without dashes.
    """
    macs: list[str] = []
    found = list(_broken(key, incident, elements, numbers, macs))
    if head is not None:
        wanted = head.replace("-", "").strip().lower()
        if len(wanted) < SHORTEST_HEAD:
            found.append(f"a head needs at least {SHORTEST_HEAD} hexadecimal digits to be compared")
        elif not any(mac.startswith(wanted) for mac in macs):
            found.append(f"the head {head} is not in this record: it was cut short or rewritten")
    return tuple(found)


def _broken(
    key: bytes,
    incident: str,
    elements: Sequence[bytes],
    numbers: Sequence[int | None],
    macs: list[str],
) -> Iterator[str]:
    """Compare each element with the MAC that stands before it, and go on from what is stored."""
    before = genesis(key, incident)
    for place, (element, number) in enumerate(zip(elements, numbers, strict=True), start=1):
        parts = opened(element)
        if parts is None:
            yield f"place {place}: the bytes are no entry"
            before = ""
            continue
        if number != place:
            yield f"place {place}: holds entry number {number}"
        if not hmac.compare_digest(_mac(key, before, parts.entry), parts.mac):
            yield f"place {place}: edited, or not what followed the entry before it"
        macs.append(parts.mac)
        before = parts.mac


def _mac(key: bytes, before: str, entry: bytes) -> str:
    return hmac.new(key, before.encode() + b"\0" + entry, hashlib.sha256).hexdigest()
