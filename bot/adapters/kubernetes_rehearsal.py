"""What a step would change, before anybody approves it and again before it runs."""

from collections.abc import Mapping

from bot.adapters.kubernetes_difference import difference
from bot.adapters.kubernetes_hands import UID, WRITE
from bot.adapters.kubernetes_objects import KEY
from bot.adapters.kubernetes_patches import CannotPatchError, after, agreed, patch_for
from bot.adapters.kubernetes_reads import looking, opened, where_is, wish_of, workload_of
from bot.adapters.kubernetes_wire import CONFLICT, Cluster, RefusedError
from bot.adapters.tasks import Task
from bot.domain.errors import SourceUnavailableError
from bot.domain.rehearsal import DryRun

REHEARSE = "rehearse_"
SCALE = "kubernetes.scale"
TRIES = 4


async def rehearse(task: Task) -> DryRun:
    """The difference that the step would make; raises SourceUnavailableError.

    Kubernetes lets nobody rehearse who may not write. A process with the write credential (act), or with one
    for rehearsals, asks the server for a dry run; another one (think) works the difference out by itself,
    and the server's must be the same before the step.
    """
    settings = dict(task.target.settings)
    if UID not in dict(task.step.preconditions):
        return DryRun(refused=f"{task.action.id} must have {UID} among its preconditions.")
    prefix = next((one for one in (WRITE, REHEARSE) if settings.get(f"{one}kubeconfig")), "")
    try:
        async with opened(settings, prefix) as cluster:
            before, then = await _both(cluster, task, asked=bool(prefix))
    except (RefusedError, CannotPatchError) as refused:
        return DryRun(refused=refused.message)
    except TimeoutError as error:
        raise SourceUnavailableError("The cluster did not answer the dry run in time.") from error
    shown = frozenset({*settings.get("env", "").split(","), task.action.setting("env")})
    return DryRun(difference(before, then, shown))


async def probe(task: Task) -> tuple[bool | None, str]:
    """Whether a step in doubt was applied, by looking alone; never raises, nothing where it is not certain.

    The server was told to give up on the write long before the last probe.
    """
    try:
        async with looking(dict(task.target.settings)) as cluster:
            found = await workload_of(cluster, where_is(task))
    except SourceUnavailableError as error:
        return None, error.message
    if found.annotations.get(KEY) == task.key:
        return True, f"{found.where.name} carries the mark of this step"
    if task.action.how == SCALE and found.replicas == task.only_parameter:
        return True, f"{found.where.name} is to have {found.replicas} replicas"
    if dict(task.step.preconditions).items() <= {**dict(task.step.preconditions), **found.held}.items():
        return False, f"{found.where.name} is as it was approved"
    return None, f"{found.where.name} was changed, and carries no mark of this step"


async def _both(
    cluster: Cluster, task: Task, *, asked: bool
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """The object as it is and as it would be; asked of the server, or worked out."""
    for _ in range(TRIES):
        found = await workload_of(cluster, where_is(task))
        patch = patch_for(await wish_of(cluster, task, found), found)
        if not asked:
            return found.raw, after(found.raw, patch)
        try:
            return found.raw, agreed(found, patch, await cluster.patch(patch, dry_run=True))
        except RefusedError as refused:
            if refused.status != CONFLICT:
                raise
    raise SourceUnavailableError(f"{task.target.id} changed at each of {TRIES} dry runs.")
