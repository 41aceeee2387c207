"""The state of a workload as fields: what is wanted, how far the rollout is, how the pods fare."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from bot.adapters.kubernetes_objects import KEY, Container, where_of
from bot.adapters.kubernetes_patches import release_of, split_image
from bot.adapters.kubernetes_reads import Seen, cluster_uid, looking, seen
from bot.adapters.kubernetes_rollout import rollout_of
from bot.domain.service import Target

MAX_RELEASES = 8
QUANTITY = re.compile(r"([0-9]{1,12})(m|Ki|Mi|Gi|k|M|G|)", re.ASCII)
BYTES: Mapping[str, int] = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
MEBIBYTE = 2**20


async def observed(target: Target) -> dict[str, str]:
    """Every field that can be seen now; raises SourceUnavailableError."""
    settings = dict(target.settings)
    container = settings.get("container", "")
    async with looking(settings) as cluster:
        found = await seen(cluster, where_of(settings), container)
    one = found.workload.container(container)
    wanted = frozenset(settings.get("env", "").split(","))
    return {**_wanted(found), **_released(found), **dict(_inside(one, wanted)), **dict(_pods(found))}


async def identity(target: Target) -> str | None:
    """The uid of the cluster; raises SourceUnavailableError."""
    async with looking(dict(target.settings)) as cluster:
        return await cluster_uid(cluster)


def _wanted(found: Seen) -> dict[str, str]:
    one, rollout = found.workload, rollout_of(found.workload)
    return {
        **one.held,
        "mark": one.annotations.get(KEY, "none"),
        "rollout": rollout.state,
        "updated": str(rollout.updated),
        "available": str(rollout.available),
    }


def _released(found: Seen) -> dict[str, str]:
    """The releases that can be gone back to, oldest first; numbered as kubectl's history does."""
    known = [release_of(found.workload, one) for one in found.revisions][-MAX_RELEASES:]
    fields = {"releases": ",".join(known)}
    if found.current:
        fields |= {
            "release": release_of(found.workload, found.current),
            "revision": str(found.current.number),
        }
    if found.previous:
        fields["previous_release"] = release_of(found.workload, found.previous)
    tags = [
        parts[1]
        for revision in found.revisions
        for one in revision.containers[:1]
        if (parts := split_image(one.image)) is not None
    ]
    return fields | {"tags": ",".join(dict.fromkeys(tags[-MAX_RELEASES:]))}


def _inside(one: Container, wanted: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The container's image, limits, and those variables that the inventory says may be seen."""
    yield "image", one.image
    parts = split_image(one.image)
    if parts is not None:
        yield "tag", parts[1]
    memory, cpu = _number(one.limits.get("memory")), _number(one.limits.get("cpu"))
    if memory is not None and memory[1] != "m" and memory[0] * BYTES[memory[1]] % MEBIBYTE == 0:
        yield "memory_limit_mb", str(memory[0] * BYTES[memory[1]] // MEBIBYTE)
    if cpu is not None and cpu[1] in {"m", ""}:
        yield "cpu_limit_m", str(cpu[0] if cpu[1] else cpu[0] * 1_000)
    for name, value in one.env:
        if name in wanted:
            yield f"env.{name}", value


def _pods(found: Seen) -> Iterator[tuple[str, str]]:
    yield "pods", str(len(found.pods))
    yield "ready", str(sum(one.ready for one in found.pods))
    yield "restarts", str(sum(one.restarts for one in found.pods))
    waiting = Counter(one.waiting for one in found.pods if one.waiting)
    ends = Counter(one.last_end for one in found.pods if one.last_end)
    for name, counted in (("waiting", waiting), ("last_end", ends)):
        if counted:
            yield name, ",".join(f"{reason}={count}" for reason, count in sorted(counted.items()))


def _number(raw: object) -> tuple[int, str] | None:
    parts = QUANTITY.fullmatch(raw) if isinstance(raw, str) else None
    return (int(parts[1]), parts[2]) if parts else None
