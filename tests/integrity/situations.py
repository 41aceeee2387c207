"""The exhaustive matrix of situations, made from the oracle's vocabulary alone."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

from tests.integrity.oracle import (
    Append,
    Channel,
    Message,
    Pause,
    Plan,
    Prior,
    Role,
    Roster,
    Situation,
    Tier,
    User,
    Verdict,
    possible,
)

ROLES = tuple(frozenset(some) for size in range(4) for some in combinations(Role, size))
FAULTS: tuple[tuple[str, object], ...] = (
    ("known_action", False),
    ("well_formed", False),
    *(("message", value) for value in (Message.WRONG_MESSAGE, Message.WRONG_CHANNEL)),
    *(("plan", value) for value in Plan if value is not Plan.OPEN),
    *(("pause", value) for value in Pause if value is not Pause.NOTHING),
    ("digest_equal", False),
    ("policy_changed", True),
    ("catalogue_changed", True),
    *(("user", value) for value in User if value is not User.HUMAN),
    *(("channel", value) for value in Channel if value is not Channel.NORMAL),
    *(("roster", value) for value in Roster if value is not Roster.FINE),
    ("roles", frozenset[Role]()),
    ("originator", True),
    ("prior", Prior.OWN),
    ("frozen", True),
    *(("append", value) for value in Append if value is not Append.DONE),
)
BASES = tuple(
    Situation(roles=frozenset({role}), tier=tier, verdict=verdict)
    for tier, role in ((Tier.LOW, Role.ON_CALL), (Tier.MEDIUM, Role.LEAD), (Tier.HIGH, Role.SENIOR))
    for verdict in Verdict
)


def matrix() -> tuple[Situation, ...]:
    """Return every situation once: who may decide what, who is who, and which failure comes first."""
    found = dict.fromkeys(each for part in (_who(), _people(), _first()) for each in part if possible(each))
    return tuple(found)


def _who() -> Iterator[Situation]:
    """Roles x tiers x originators x earlier approvals x rosters x pauses x freeze x verdict."""
    axes = product(
        ROLES, Tier, (False, True), Prior, Roster, (Pause.NOTHING, Pause.INCIDENT), (False, True), Verdict
    )
    for roles, tier, own, prior, roster, pause, frozen, verdict in axes:
        yield Situation(
            roles=roles,
            tier=tier,
            originator=own,
            prior=prior,
            roster=roster,
            pause=pause,
            frozen=frozen,
            verdict=verdict,
        )


def _people() -> Iterator[Situation]:
    """Roles x tiers x originators x channels x users x plan states x verdict."""
    for roles, tier, own, channel, user, plan, verdict in product(
        ROLES, Tier, (False, True), Channel, User, Plan, Verdict
    ):
        yield Situation(
            roles=roles, tier=tier, originator=own, channel=channel, user=user, plan=plan, verdict=verdict
        )


def _first() -> Iterator[Situation]:
    """Every single failure and pair of failures on each tier and verdict: the order of rule 16."""
    for base, size in product(BASES, (0, 1, 2)):
        for faults in combinations(FAULTS, size):
            yield _faulty(base, faults)


def _faulty(base: Situation, faults: tuple[tuple[str, object], ...]) -> Situation:
    """Return the base with the failures put in; of two failures of one field the later one stays."""
    changed = base
    for name, value in faults:
        changed = replace(changed, **{name: value})
    return changed
