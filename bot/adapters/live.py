"""What an executor can tell before it acts: where a target is live, and what a step would change."""

from collections.abc import Awaitable, Callable, Mapping

from bot.adapters.http_look import identity as http_identity
from bot.adapters.kubernetes_eyes import identity as cluster_identity
from bot.adapters.supervisor import supervisor_of
from bot.domain.plan import Step
from bot.domain.rehearsal import DryRun
from bot.domain.service import Service, Target

Identify = Callable[[Target], Awaitable[str | None]]
Rehearse = Callable[[Service, Target, Step], Awaitable[DryRun | None]]
UNNAMED = "supervisor"
"""The identifier of every supervisord whose configuration sets none; it tells nothing."""


async def _supervisor_identity(target: Target) -> str | None:
    """The `identifier` of the supervisord that runs the program; raises SourceUnavailableError."""
    supervisor = supervisor_of(target)
    found = await supervisor.identification() if supervisor else UNNAMED
    return None if found == UNNAMED else found


IDENTITIES: Mapping[str, Identify] = {
    "supervisor": _supervisor_identity,
    "http": http_identity,
    "kubernetes": cluster_identity,
}
"""By executor; one that is not here cannot tell where it is."""

DRY_RUNS: Mapping[str, Rehearse] = {}
"""By executor; one that is not here has no dry run."""
