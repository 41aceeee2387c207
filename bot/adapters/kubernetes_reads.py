"""Looking at one workload: the object, its revisions, its pods."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.adapters import kubernetes_objects as objects
from bot.adapters.kubernetes_access import access
from bot.adapters.kubernetes_objects import Pod, Revision, Where, Workload
from bot.adapters.kubernetes_patches import Wish
from bot.adapters.kubernetes_wire import Cluster, RefusedError, connect
from bot.adapters.shapes import mapping
from bot.adapters.tasks import Task
from bot.domain.errors import SourceUnavailableError

PAGE = str(objects.MAX_ITEMS)
MIN_REPLICAS, MAX_REPLICAS = 1, 100
"""The bounds of scaling where a target names none; no target is scaled to nothing unless it says so."""


@asynccontextmanager
async def opened(settings: Mapping[str, str], prefix: str = "") -> AsyncGenerator[Cluster]:
    """The cluster of a source or target under its read credential; with `write_` under that for writing.

    Raises SourceUnavailableError where this process has no such credential.
    """
    config = settings.get(f"{prefix}kubeconfig", "")
    if not config:
        raise SourceUnavailableError(f"no {prefix}kubeconfig is given to this process.")
    found = await asyncio.to_thread(access, config, settings.get(f"{prefix}context", ""))
    async with connect(found) as client:
        yield Cluster(client, found.server)


@asynccontextmanager
async def looking(settings: Mapping[str, str]) -> AsyncGenerator[Cluster]:
    """The cluster to look at; a refusal is a source that did not answer."""
    try:
        async with opened(settings) as cluster:
            yield cluster
    except RefusedError as refused:
        raise SourceUnavailableError(refused.message) from refused
    except TimeoutError as error:
        raise SourceUnavailableError("The cluster did not answer in time.") from error


@dataclass(frozen=True, slots=True)
class Seen:
    """A workload with its revisions, oldest first, and its pods."""

    workload: Workload
    revisions: tuple[Revision, ...]
    pods: tuple[Pod, ...]

    @property
    def current(self) -> Revision | None:
        """The revision whose template is the workload's."""
        name = objects.text(self.workload.status.get("updateRevision"))
        number = self.workload.annotations.get(objects.REVISION, "")
        return next((one for one in self.revisions if name == one.name or number == str(one.number)), None)

    @property
    def previous(self) -> Revision | None:
        """The newest revision before the current one."""
        now = self.current
        return next((one for one in reversed(self.revisions) if now and one.number < now.number), None)


def where_is(task: Task) -> Where:
    """Which workload a task is about; raises SourceUnavailableError."""
    return objects.where_of(dict(task.target.settings))


async def workload_of(cluster: Cluster, where: Where) -> Workload:
    """The workload now."""
    return objects.workload(where, await cluster.get(where.path))


async def revisions_of(cluster: Cluster, found: Workload) -> tuple[Revision, ...]:
    """The revisions that the cluster still holds, oldest first."""
    deployment = found.where.kind == "Deployment"
    what = "replicasets" if deployment else "controllerrevisions"
    read = objects.replica_set if deployment else objects.controller_revision
    path = f"/apis/apps/v1/namespaces/{found.where.namespace}/{what}"
    rows = objects.listed(await cluster.get(path, {"labelSelector": found.selector, "limit": PAGE}))
    known = [one for row in rows if (one := read(row, found.uid)) is not None]
    return tuple(sorted(known, key=lambda one: one.number))


async def pods_of(
    cluster: Cluster, found: Workload, revisions: tuple[Revision, ...], container: str
) -> tuple[Pod, ...]:
    """The pods that belong to the workload, newest first."""
    owners = {found.uid, *(one.uid for one in revisions)}
    path = f"/api/v1/namespaces/{found.where.namespace}/pods"
    rows = objects.listed(await cluster.get(path, {"labelSelector": found.selector, "limit": PAGE}))
    pods = [one for row in rows if (one := objects.pod(row, container)) and owners & set(one.owners)]
    return tuple(sorted(pods, key=lambda one: (one.created or 0, one.name), reverse=True))


async def seen(cluster: Cluster, where: Where, container: str) -> Seen:
    """The workload with all that belongs to it."""
    found = await workload_of(cluster, where)
    revisions = await revisions_of(cluster, found)
    return Seen(found, revisions, await pods_of(cluster, found, revisions, container))


async def wish_of(cluster: Cluster, task: Task, found: Workload) -> Wish:
    """What the step wants of the workload, with all that is needed to say it."""
    target = task.target
    undoes = task.action.how == "kubernetes.rollout_undo"
    low = target.setting("min_replicas") or str(MIN_REPLICAS)
    high = target.setting("max_replicas") or str(MAX_REPLICAS)
    if not (low.isdecimal() and high.isdecimal()):
        raise SourceUnavailableError(f"min_replicas and max_replicas of {target.id} must be whole numbers.")
    return Wish(
        action=task.action,
        value=task.only_parameter,
        container=target.setting("container"),
        key=task.key,
        now=task.now,
        bounds=(int(low), int(high)),
        revisions=await revisions_of(cluster, found) if undoes else (),
    )


async def cluster_uid(cluster: Cluster) -> str:
    """What tells one cluster from another: the uid of its kube-system namespace."""
    uid = mapping((await cluster.get("/api/v1/namespaces/kube-system")).get("metadata")).get("uid")
    if not isinstance(uid, str) or not uid:
        raise SourceUnavailableError("The cluster does not say who it is.")
    return uid
