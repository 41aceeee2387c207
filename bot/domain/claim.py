"""One thing that must hold across incidents for an append to be taken."""

from dataclasses import dataclass
from enum import StrEnum


class ClaimKind(StrEnum):
    """What a claim does.

    TAKE fails where another holder has the key; RELEASE frees one's own. COUNT is a sliding window that
    adds its holder; ROOM is judged as COUNT is and adds nothing. FAIL adds its holder to a row, MEND ends
    the row, STEADY fails where the row is `limit` long and its last was added within the window. UNPAUSED
    fails where the scope that is its key is paused.
    """

    TAKE = "take"
    RELEASE = "release"
    COUNT = "count"
    ROOM = "room"
    FAIL = "fail"
    MEND = "mend"
    STEADY = "steady"
    UNPAUSED = "unpaused"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim; a COUNT fails where the last `window` milliseconds already hold `limit` others.

    A window of more than a year is a limit for good: its refusal names no moment to wait for.
    `code` is the reason code with which a failed claim refuses the append, `title` says the limit in words.
    """

    kind: ClaimKind
    key: str
    holder: str
    code: str = ""
    limit: int = 0
    window: int = 0
    title: str = ""
