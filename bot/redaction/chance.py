"""Whether a word looks drawn by lot: how often it changes between upper case, lower case and digits."""

import itertools
import re

ALONE = 20
"""Characters from which a word without any context may count as a secret."""

BESIDE_A_NAME = 12
"""Characters from which a value of a name such as `key` may count as one."""

LONG_RUN = 24
MIN_OF_EACH = 2
MIN_CHANGES = 3
MANY = 0.35
FAIR = 0.2
WORDY = 0.85
WORD_LENGTH = 3
BASE36_DIGITS = 4
BASE36 = 0.3

FILES = ("iVBORw0KGgo", "/9j/4", "R0lGODlh", "JVBERi0")
"""How PNG, JPEG, GIF and PDF begin in base64."""

UUID = re.compile(r"(?i)[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}", re.ASCII)
HEX = re.compile(r"(?:[0-9a-f]+|[0-9A-F]+)", re.ASCII)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", re.ASCII)
RUN = re.compile(r"[A-Za-z0-9]+", re.ASCII)
PLAIN = re.compile(r"[A-Za-z0-9+/_=~.!@#$%^&*:|-]+", re.ASCII)


def by_lot(word: str) -> bool:
    """Whether a word looks like a random key although nothing around it says so.

    Digests, commit ids and UUIDs are ordinary in logs and stay; so do class names, paths and pod names.
    """
    if len(word) < ALONE or word.startswith(FILES):
        return False
    upper, lower, digits = _counts(word)
    if digits < MIN_OF_EACH:
        return False
    if upper >= MIN_OF_EACH and lower >= MIN_OF_EACH:
        return _changes(word) >= MANY * (upper + lower + digits - 1) and _wordiness(word) < WORDY
    longest = max(RUN.findall(word), key=len)
    if (upper and lower) or len(longest) < LONG_RUN or HEX.fullmatch(longest):
        return False
    digits = sum(char.isdigit() for char in longest)
    return digits >= BASE36_DIGITS and _changes(longest) >= BASE36 * (len(longest) - 1)


def by_lot_in_context(value: str) -> bool:
    """Whether the value of a name that may hold a key looks like one; here digests and UUIDs count."""
    if len(value) < BESIDE_A_NAME or not PLAIN.fullmatch(value):
        return False
    if UUID.search(value):
        return True
    upper, lower, digits = _counts(value)
    if not digits or not upper + lower:
        return False
    letters_and_digits = upper + lower + digits
    if letters_and_digits == len(value) >= LONG_RUN:
        return True
    changes = _changes(value)
    return changes >= MIN_CHANGES and changes >= FAIR * (letters_and_digits - 1)


def _counts(word: str) -> tuple[int, int, int]:
    upper = sum("A" <= char <= "Z" for char in word)
    lower = sum("a" <= char <= "z" for char in word)
    return upper, lower, sum("0" <= char <= "9" for char in word)


def _changes(word: str) -> int:
    """Changes between upper case, lower case and digits from one to the next."""
    kinds = [_kind(char) for char in word if char.isalnum()]
    return sum(one != other for one, other in itertools.pairwise(kinds))


def _wordiness(word: str) -> float:
    """The share of letters in pieces of three and more that could be words, as in `DiskFullIn24Hours`."""
    pieces = WORD.findall(word)
    return sum(len(piece) for piece in pieces if len(piece) >= WORD_LENGTH) / max(sum(map(len, pieces)), 1)


def _kind(char: str) -> int:
    return 0 if char.isdigit() else 1 if char.isupper() else 2
