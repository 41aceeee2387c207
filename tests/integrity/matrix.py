"""Nobody unauthorised: every situation through the real gate, compared with the oracle; mutants must die."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain import decision
from bot.domain.apply import apply
from bot.domain.decision import Refused
from bot.domain.errors import IllegalEventError
from bot.domain.events import Decided, Entry
from tests.integrity.oracle import Expected, Kind, Situation, expected
from tests.integrity.situations import matrix
from tests.integrity.worlds import Meeting, meeting

APPENDING = frozenset({"STORE_UNAVAILABLE", "RATE_LIMIT"})
Decide = Callable[..., Any]
NOT_BUILT: tuple[tuple[str, Callable[[Situation, str], bool]], ...] = (
    (
        "WRONG_ACTION: refused at the door; a scenario test sees it",
        lambda _, code: code == "WRONG_ACTION",
    ),
)
"""What the rules ask for and today's program does not do; counted and printed, never passed over."""


@dataclass(slots=True)
class Compared:
    """How many situations were driven, which came out wrong, and which could not be driven."""

    driven: int = 0
    wrong: list[tuple[Situation, Expected, Expected]] = field(
        default_factory=list[tuple[Situation, Expected, Expected]]
    )
    undriven: Counter[str] = field(default_factory=Counter[str])


def missing(s: Situation) -> str:
    """Why the situation cannot come out right today; empty where it can."""
    code = expected(s).code
    return next((why for why, holds in NOT_BUILT if holds(s, code)), "")


def compared() -> Compared:
    """The whole matrix through the pure gate; what only the append can refuse goes through the flow."""
    found = Compared()
    for number, s in enumerate(matrix()):
        wanted = expected(s)
        if why := missing(s):
            found.undriven[why] += 1
        elif wanted.code not in APPENDING:
            found.driven += 1
            got = outcome(meeting(s, number), decision.decide)
            if got != wanted:
                found.wrong.append((s, wanted, got))
    return found


def outcome(met: Meeting, decide: Decide) -> Expected:
    """What the gate and the machine behind it make of a meeting."""
    if isinstance(met.click, Refused):
        return Expected(Kind.REFUSED, met.click.code)
    said = decide(met.incident, met.click, met.world)
    if not isinstance(said, Decided):
        return Expected(Kind.REFUSED, said.code)
    return counted(met, said)


def counted(met: Meeting, said: Decided) -> Expected:
    """What the real machine makes of a decision once it is appended."""
    assert said.digest == met.state.digest
    try:
        after = apply(met.incident, Entry(met.incident.version + 1, met.world.now, None, said))
    except IllegalEventError:
        return Expected(Kind.REFUSED, "ILLEGAL")
    if not said.approved:
        return Expected(Kind.ENDS)
    state = next(one for one in after.plans if one.digest == said.digest)
    return Expected(Kind.COMPLETES if state.approved else Kind.COUNTS, flagged=said.originator)


def killed_by(decide: Decide, cases: Sequence[tuple[Expected, Meeting]]) -> int | None:
    """The place of the first situation that tells a mutant from the rules; nothing where none does."""
    for place, (wanted, met) in enumerate(cases):
        try:
            if outcome(met, decide) != wanted:
                return place
        except Exception:  # noqa: BLE001 - a mutant may fail in any way, and that gives it away
            return place
    return None


def drivable() -> tuple[tuple[Expected, Meeting], ...]:
    """Every situation that the pure gate can be put in, made real once for many mutants."""
    return tuple(
        (wanted, meeting(s, number))
        for number, s in enumerate(matrix())
        if not missing(s) and (wanted := expected(s)).code not in APPENDING
    )
