"""How far a rollout is, as the controller says, and waiting for its end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from bot.adapters.kubernetes_objects import Workload, text, whole, workload
from bot.adapters.kubernetes_reads import workload_of
from bot.adapters.kubernetes_wire import Cluster, RefusedError
from bot.adapters.shapes import items, mapping
from bot.domain.errors import SourceUnavailableError

EVERY_SECONDS = 0.5
STALLED = "ProgressDeadlineExceeded"
COMPLETE, PROGRESSING, STUCK, PAUSED = "complete", "progressing", "stalled", "paused"


@dataclass(frozen=True, slots=True)
class Rollout:
    """The numbers behind a rollout."""

    state: str
    wanted: int
    updated: int
    available: int
    total: int

    def told(self) -> str:
        """As people read it."""
        return f"{self.state}: {self.updated} of {self.wanted} updated, {self.available} available"


def rollout_of(found: Workload) -> Rollout:
    """The rollout as far as the controller has seen the newest wish."""
    status, wanted = found.status, found.replicas
    updated = whole(status.get("updatedReplicas"), 0)
    total = whole(status.get("replicas"), 0)
    # StatefulSets of older servers count no available replicas.
    available = whole(status.get("availableReplicas"), whole(status.get("readyReplicas"), 0))
    observed = whole(status.get("observedGeneration"), 0) >= found.generation
    if found.where.kind == "StatefulSet" and status.get("currentRevision") == status.get("updateRevision"):
        updated = max(updated, whole(status.get("currentReplicas"), 0))
    return Rollout(
        _state(found, (wanted, updated, available, total), observed), wanted, updated, available, total
    )


def _state(found: Workload, counts: tuple[int, int, int, int], observed: bool) -> str:  # noqa: FBT001 - private
    wanted, updated, available, total = counts
    if mapping(found.raw.get("spec")).get("paused") is True:
        return PAUSED
    if observed and updated == wanted == available == total:
        return COMPLETE
    reasons = {text(condition.get("reason")) for condition in _conditions(found.status)}
    return STUCK if observed and STALLED in reasons else PROGRESSING


def _conditions(status: Mapping[str, object]) -> list[Mapping[str, object]]:
    return [mapping(one) for one in items(status.get("conditions")) or ()]


async def rolled_out(cluster: Cluster, written: Mapping[str, object], found: Workload, seconds: float) -> str:
    """What became of a rollout within this time, as one sentence; never raises for what it cannot see."""
    last = "the rollout could not be watched"
    try:
        async with asyncio.timeout(seconds):
            last = rollout_of(_newest(found, written)).told()
            while True:
                rollout = rollout_of(await workload_of(cluster, found.where))
                last = rollout.told()
                if rollout.state in {COMPLETE, STUCK}:
                    return last
                await asyncio.sleep(EVERY_SECONDS)
    except TimeoutError:
        return f"{last}, after {seconds:.0f} s"
    except (RefusedError, SourceUnavailableError) as error:
        return f"{last}; then it could not be watched ({error.message})"


def _newest(found: Workload, written: Mapping[str, object]) -> Workload:
    return workload(found.where, written) if written.get("kind") == found.where.kind else found
