"""What each `kubernetes.…` of the catalogue sends: pure, from an action, its parameter and the workload."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from bot.adapters.kubernetes_objects import KEY, Container, Revision, Workload, workload
from bot.adapters.kubernetes_wire import PLAIN_MERGE, Patch
from bot.adapters.shapes import items, mapping
from bot.domain.action import Action, Value
from bot.domain.errors import GreenlightError, SourceUnavailableError
from bot.domain.ids import SECOND, At

RESTARTED = "kubectl.kubernetes.io/restartedAt"
HASH_LABEL = "pod-template-hash"
IMAGE = re.compile(r"([a-z0-9][a-zA-Z0-9._:/-]{0,254}?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?", re.ASCII)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", re.ASCII)
UNITS: Mapping[str, str] = {"memory": "Mi", "cpu": "m"}
"""The resources whose limit may be set, each in one unit: mebibytes and thousandths of a core."""


class CannotPatchError(GreenlightError):
    """The action does not fit the workload; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a workload: the action, its only parameter, which container, and the step's key."""

    action: Action
    value: Value | None
    container: str
    key: str
    now: At
    bounds: tuple[int, int]
    revisions: tuple[Revision, ...] = ()


def patch_for(wish: Wish, found: Workload) -> Patch:
    """The write, bound to this uid and resource version; raises CannotPatchError."""
    maker = MAKERS.get(wish.action.how)
    if maker is None:
        raise CannotPatchError(f"{wish.action.how} is nothing that can be done to {found.where.kind}s.")
    if mapping(found.raw.get("spec")).get("paused") is True and wish.action.how != "kubernetes.scale":
        raise CannotPatchError(f"{found.where.name} is paused: no rollout would follow.")
    return maker(wish, found)


def _scale(wish: Wish, found: Workload) -> Patch:
    count, (low, high) = _number(wish), wish.bounds
    if not low <= count <= high:
        raise CannotPatchError(f"{found.where.name} may have {low} to {high} replicas, not {count}.")
    body = {"metadata": _bound(found), "spec": {"replicas": count}}
    return Patch(f"{found.where.path}/scale", body, PLAIN_MERGE)


def _restart(wish: Wish, found: Workload) -> Patch:
    at = datetime.fromtimestamp(wish.now / SECOND, UTC).isoformat(timespec="seconds")
    return _template(wish, found, {"metadata": {"annotations": {RESTARTED: at}}})


def _undo(wish: Wish, found: Workload) -> Patch:
    wanted = str(wish.value)
    revision = next((one for one in wish.revisions if release_of(found, one) == wanted), None)
    if revision is None:
        raise CannotPatchError(f"{found.where.name} has no release {wanted!a:.70} any more.")
    meta = dict(mapping(revision.template.get("metadata")))
    labels = {name: value for name, value in mapping(meta.get("labels")).items() if name != HASH_LABEL}
    kept = {name: value for name, value in revision.template.items() if name != "$patch"}
    return _template(wish, found, {**kept, "metadata": {**meta, "labels": labels}, "$patch": "replace"})


def _set_image(wish: Wish, found: Workload) -> Patch:
    one, tag = _container(wish, found), str(wish.value)
    parts = split_image(one.image)
    if parts is None or not TAG.fullmatch(tag):
        raise CannotPatchError(
            f"{one.image!a:.80} is not an image with a tag that {tag!a:.80} could replace."
        )
    return _in_container(wish, found, one, {"image": f"{parts[0]}:{tag}"})


def _set_env(wish: Wish, found: Workload) -> Patch:
    one, name = _container(wish, found), wish.action.setting("env")
    if name not in dict(one.env):
        raise CannotPatchError(f"{one.name} has no variable {name} with a plain value.")
    return _in_container(wish, found, one, {"env": [{"name": name, "value": str(wish.value)}]})


def _set_limit(wish: Wish, found: Workload) -> Patch:
    one, resource = _container(wish, found), wish.action.setting("resource")
    if resource not in UNITS:
        raise CannotPatchError(f"resource must be one of {', '.join(sorted(UNITS))}.")
    limits = {resource: f"{_number(wish)}{UNITS[resource]}"}
    return _in_container(wish, found, one, {"resources": {"limits": limits}})


Maker = Callable[[Wish, Workload], Patch]
MAKERS: Mapping[str, Maker] = {
    "kubernetes.restart": _restart,
    "kubernetes.scale": _scale,
    "kubernetes.rollout_undo": _undo,
    "kubernetes.set_image": _set_image,
    "kubernetes.set_env": _set_env,
    "kubernetes.set_limit": _set_limit,
}
"""By the action's `how`."""


def agreed(found: Workload, patch: Patch, answer: Mapping[str, object]) -> Mapping[str, object]:
    """The workload as the answer leaves it; of a change of scale the server shows the number alone.

    Raises SourceUnavailableError where it is no such answer.
    """
    if patch.path == found.where.path:
        if workload(found.where, answer).annotations.get(KEY) != _key(patch):
            raise SourceUnavailableError("The cluster answered with something else than what was patched.")
        return answer
    wanted = mapping(patch.body.get("spec")).get("replicas")
    if answer.get("kind") != "Scale" or mapping(answer.get("spec")).get("replicas") != wanted:
        raise SourceUnavailableError("The cluster answered with something else than the scale.")
    return {**found.raw, "spec": {**mapping(found.raw.get("spec")), "replicas": wanted}}


def _key(patch: Patch) -> object:
    return mapping(mapping(patch.body.get("metadata")).get("annotations")).get(KEY)


def release_of(found: Workload, revision: Revision) -> str:
    """What names a revision for good: the hash of its template; going back to it changes its number."""
    return revision.name.removeprefix(f"{found.where.name}-")


def split_image(image: str) -> tuple[str, str] | None:
    """Repository and tag; nothing for an image that is fixed by its digest or is none."""
    found = IMAGE.fullmatch(image)
    if found is None:
        return None
    return found[1], found[2] or "latest"


def after(raw: Mapping[str, object], patch: Patch) -> Mapping[str, object]:
    """The object as this patch alone leaves it: merged as our own patches need it, lists by name."""
    return _merged(raw, patch.body)


def _merged(old: Mapping[str, object], new: Mapping[str, object]) -> Mapping[str, object]:
    if new.get("$patch") == "replace":
        return {name: value for name, value in new.items() if name != "$patch"}
    return {**old, **{name: _one(old.get(name), value) for name, value in new.items()}}


def _one(old: object, new: object) -> object:
    if isinstance(new, dict):
        return _merged(mapping(old), mapping(cast("object", new)))
    rows, wanted = items(old), items(new)
    if rows is not None and wanted is not None:
        return _by_name(list(map(mapping, rows)), list(map(mapping, wanted)))
    return new


def _by_name(
    old: Sequence[Mapping[str, object]], new: Sequence[Mapping[str, object]]
) -> list[Mapping[str, object]]:
    wanted = {one.get("name"): one for one in new}
    kept = [_merged(one, wanted.pop(one.get("name"), {})) for one in old]
    return [*kept, *wanted.values()]


def _template(wish: Wish, found: Workload, template: Mapping[str, object]) -> Patch:
    meta = {**_bound(found), "annotations": {KEY: wish.key}}
    return Patch(found.where.path, {"metadata": meta, "spec": {"template": template}})


def _in_container(wish: Wish, found: Workload, one: Container, change: Mapping[str, object]) -> Patch:
    return _template(wish, found, {"spec": {"containers": [{"name": one.name, **change}]}})


def _bound(found: Workload) -> dict[str, object]:
    """What makes the server refuse with 409 where the object is another one, or has changed since."""
    return {"uid": found.uid, "resourceVersion": found.resource_version}


def _container(wish: Wish, found: Workload) -> Container:
    one = next((each for each in found.containers if wish.container in {"", each.name}), None)
    if one is None:
        raise CannotPatchError(f"{found.where.name} has no container {wish.container!a:.80}.")
    return one


def _number(wish: Wish) -> int:
    if not isinstance(wish.value, int) or isinstance(wish.value, bool):
        raise CannotPatchError(f"{wish.action.id} takes one whole number.")
    return wish.value
