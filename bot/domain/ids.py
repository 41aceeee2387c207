"""Names and numbers that identify things: one NewType each, so that none is taken for another."""

from typing import NewType

At = NewType("At", int)
"""A moment: Unix time in whole milliseconds, UTC."""

IncidentId = NewType("IncidentId", str)
PlanId = NewType("PlanId", str)
EvidenceId = NewType("EvidenceId", str)
Fingerprint = NewType("Fingerprint", str)
Digest = NewType("Digest", str)
"""Lower-case hex SHA-256."""

PersonId = NewType("PersonId", str)
"""A Slack user id."""

ServiceName = NewType("ServiceName", str)
TargetId = NewType("TargetId", str)
"""Service and target of the inventory, as `checkout/process`."""

ActionId = NewType("ActionId", str)
EnvironmentId = NewType("EnvironmentId", str)
RosterName = NewType("RosterName", str)
Fence = NewType("Fence", int)
"""The number of a lease; a later lease has a higher one."""

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def grouped(digest: str) -> str:
    """The first twelve hex digits of a digest as people compare them: `7f3a-91c0-42de`."""
    return "-".join(digest[start : start + 4] for start in (0, 4, 8))
