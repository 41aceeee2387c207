"""Changes one workload: bound to its uid and resource version, marked with the step's key, watched."""

from collections.abc import Mapping

from bot.adapters.kubernetes_objects import KEY, Workload
from bot.adapters.kubernetes_patches import CannotPatchError, Wish, agreed, patch_for
from bot.adapters.kubernetes_reads import opened, where_is, wish_of, workload_of
from bot.adapters.kubernetes_rollout import rolled_out
from bot.adapters.kubernetes_wire import CONFLICT, Cluster, Patch, RefusedError
from bot.adapters.tasks import Task
from bot.domain.decision import ExecutionCode
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.ports.world import Done

UID = "uid"
WRITE = "write_"
TRIES = 4
MARGIN_SECONDS = 5.0
WRITE_SECONDS = 20.0


class _UntouchedError(SourceUnavailableError):
    """It failed before anything was changed."""


async def perform(task: Task) -> Done:
    """Patch once and watch the rollout.

    Raises ExecutorRefusedError (DRIFT) where the workload is not the approved one, TimeoutError and
    SourceUnavailableError where the outcome is unknown; a refusal of the server is a definite failure.
    """
    try:
        async with opened(dict(task.target.settings), WRITE) as cluster:
            found, written = await _marked(cluster, task)
            name = f"{found.where.kind} {found.where.namespace}/{found.where.name}"
            if written is None:
                return Done(ok=True, detail=f"{name} carries the mark of this step already.")
            seconds = max(1.0, task.step.timeout_seconds - WRITE_SECONDS - MARGIN_SECONDS)
            told = await rolled_out(cluster, written, found, seconds)
            return Done(ok=True, detail=f"{name} was changed; rollout {told}.")
    except (_UntouchedError, CannotPatchError) as error:
        return Done(ok=False, detail=f"{error.message} Nothing was changed.")


async def _marked(cluster: Cluster, task: Task) -> tuple[Workload, Mapping[str, object] | None]:
    """The workload before the write and the answer to it, or nothing where it was written before.

    A conflict that comes from the controller's own notes on the status is tried again; a change of what is
    wanted is drift.
    """
    for _ in range(TRIES):
        found, wish = await _looked(cluster, task)
        if found.annotations.get(KEY) == task.key:
            return found, None
        patch = patch_for(wish, found)
        written = await _written(cluster, task, patch)
        if written is not None:
            return found, agreed(found, patch, written)
    raise ExecutorRefusedError(ExecutionCode.DRIFT, f"{task.target.id} changed at each of {TRIES} tries.")


async def _looked(cluster: Cluster, task: Task) -> tuple[Workload, Wish]:
    try:
        found = await workload_of(cluster, where_is(task))
        if found.annotations.get(KEY) != task.key:
            _unchanged(task, found)
        return found, await wish_of(cluster, task, found)
    except (RefusedError, SourceUnavailableError, TimeoutError) as error:
        message = str(error) or type(error).__name__
        raise _UntouchedError(f"It could not be read with the write credential: {message}") from error


async def _written(cluster: Cluster, task: Task, patch: Patch) -> Mapping[str, object] | None:
    """The answer to the write; nothing where the object had another resource version by then."""
    seconds = min(WRITE_SECONDS, task.step.timeout_seconds / 2)
    try:
        return await cluster.patch(patch, dry_run=False, seconds=max(1.0, seconds))
    except RefusedError as refused:
        if refused.status == CONFLICT:
            return None
        raise _UntouchedError(refused.message) from refused


def _unchanged(task: Task, found: Workload) -> None:
    """Refuse where the workload is not the approved one, seen with the write credential; status may change.

    The uid is unique in the world: it also tells that this credential is for the cluster of the approval.
    """
    approved = dict(task.step.preconditions)
    if UID not in approved:
        raise ExecutorRefusedError(ExecutionCode.DRIFT, f"{task.action.id} was approved without a {UID}.")
    changed = [
        f"{name} was {approved[name]}, is {value}"
        for name, value in found.held.items()
        if approved.get(name, value) != value
    ]
    if changed:
        raise ExecutorRefusedError(ExecutionCode.DRIFT, "; ".join(changed))
