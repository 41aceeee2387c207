"""What the API server says of workloads, revisions and pods, as typed values; only what is used is read."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.adapters.log_files import moment
from bot.adapters.shapes import NOTHING, items, mapping
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At

NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?", re.ASCII)
REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
KEY = "greenlight-oncall/step"
"""The annotation that carries the idempotency key of the last step that we took here."""

PLURALS: Mapping[str, str] = {"Deployment": "deployments", "StatefulSet": "statefulsets"}
MAX_ITEMS = 500


@dataclass(frozen=True, slots=True)
class Where:
    """Which workload: everything here goes into paths and was checked."""

    kind: str
    namespace: str
    name: str

    @property
    def path(self) -> str:
        """The path of the workload."""
        return f"/apis/apps/v1/namespaces/{self.namespace}/{PLURALS[self.kind]}/{self.name}"


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a pod template."""

    name: str
    image: str
    env: tuple[tuple[str, str], ...]
    limits: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Manager:
    """Who wrote which part of an object, and when."""

    name: str
    at: At | None
    template: bool
    """Whether the pod template is among what it wrote."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A Deployment or a StatefulSet; `raw` is the object as it came."""

    where: Where
    uid: str
    resource_version: str
    generation: int
    replicas: int
    template: Mapping[str, object] = field(repr=False)
    containers: tuple[Container, ...]
    annotations: Mapping[str, str]
    selector: str
    managers: tuple[Manager, ...]
    raw: Mapping[str, object] = field(repr=False)

    @property
    def held(self) -> Mapping[str, str]:
        """The fields that a plan can be bound to: all are known at once, none by the controller's leave."""
        template = json.dumps(self.template, sort_keys=True).encode()
        return {
            "uid": self.uid,
            "generation": str(self.generation),
            "replicas": str(self.replicas),
            "template": hashlib.sha256(template).hexdigest()[:12],
        }

    @property
    def status(self) -> Mapping[str, object]:
        """What the controller says of it."""
        return mapping(self.raw.get("status"))

    def container(self, wanted: str) -> Container:
        """The container of that name, or the first one; raises SourceUnavailableError."""
        for one in self.containers:
            if wanted in {"", one.name}:
                return one
        raise SourceUnavailableError(f"{self.where.name} has no container {wanted!a:.80}.")


@dataclass(frozen=True, slots=True)
class Revision:
    """One former or present pod template of a workload."""

    number: int
    name: str
    at: At | None
    cause: str
    template: Mapping[str, object] = field(repr=False)
    containers: tuple[Container, ...] = ()
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod, with how its container fares."""

    name: str
    phase: str
    ready: bool
    created: At | None
    restarts: int
    waiting: str
    last_end: str
    owners: tuple[str, ...]


def where_of(settings: Mapping[str, str]) -> Where:
    """The workload that settings name; raises SourceUnavailableError where a name could not be one."""
    # Sources name their own kind by `kind`, so that the workload's kind has a second name.
    kind = settings.get("workload") or "Deployment"
    if kind not in PLURALS:
        raise SourceUnavailableError(f"workload must be Deployment or StatefulSet, not {kind!a:.60}.")
    return Where(kind, checked_name(settings.get("namespace", "")), checked_name(settings.get("name", "")))


def checked_name(name: str) -> str:
    """A name that may stand in a path; raises SourceUnavailableError."""
    if not NAME.fullmatch(name) or ".." in name:
        raise SourceUnavailableError(f"{name!a:.80} is no Kubernetes name.")
    return name


def workload(where: Where, raw: Mapping[str, object]) -> Workload:
    """The workload from its object; raises SourceUnavailableError."""
    meta, spec = mapping(raw.get("metadata")), mapping(raw.get("spec"))
    template = mapping(spec.get("template"))
    uid, version, generation = meta.get("uid"), meta.get("resourceVersion"), meta.get("generation")
    if raw.get("kind") != where.kind or meta.get("name") != where.name or not template:
        raise SourceUnavailableError(
            f"The cluster answered with something else than {where.kind} {where.name}."
        )
    if not (isinstance(uid, str) and isinstance(version, str) and isinstance(generation, int)):
        raise SourceUnavailableError(f"{where.kind} {where.name} has no identity.")
    return Workload(
        where=where,
        uid=uid,
        resource_version=version,
        generation=generation,
        replicas=whole(spec.get("replicas"), 1),
        template=template,
        containers=_containers(template),
        annotations=_texts(meta.get("annotations")),
        selector=_selector(mapping(spec.get("selector"))),
        managers=tuple(_manager(mapping(one)) for one in items(meta.get("managedFields")) or ()),
        raw=raw,
    )


def replica_set(raw: object, owner: str) -> Revision | None:
    """The revision of a Deployment that a ReplicaSet holds, where it belongs to this owner."""
    meta, spec = mapping(mapping(raw).get("metadata")), mapping(mapping(raw).get("spec"))
    number = _texts(meta.get("annotations")).get(REVISION, "")
    if owner not in _owners(meta) or not (number.isascii() and number.isdigit()):
        return None
    return _revision(int(number), meta, mapping(spec.get("template")))


def controller_revision(raw: object, owner: str) -> Revision | None:
    """The revision of a StatefulSet, where it belongs to this owner."""
    meta, number = mapping(mapping(raw).get("metadata")), mapping(raw).get("revision")
    if owner not in _owners(meta) or not isinstance(number, int):
        return None
    spec = mapping(mapping(mapping(raw).get("data")).get("spec"))
    return _revision(number, meta, mapping(spec.get("template")))


def pod(raw: object, container: str) -> Pod | None:
    """A pod, seen by the container of that name or its first one; nothing where it has no usable name."""
    meta, status = mapping(mapping(raw).get("metadata")), mapping(mapping(raw).get("status"))
    name = meta.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return None
    statuses = [mapping(one) for one in items(status.get("containerStatuses")) or ()]
    one = next((each for each in statuses if container in {"", each.get("name")}), NOTHING)
    ended = mapping(mapping(one.get("lastState")).get("terminated"))
    end = f"{text(ended.get('reason'))}:{whole(ended.get('exitCode'), 0)}" if ended else ""
    return Pod(
        name=name,
        phase=text(status.get("phase")),
        ready=one.get("ready") is True,
        created=moment(meta.get("creationTimestamp")),
        restarts=whole(one.get("restartCount"), 0),
        waiting=text(mapping(mapping(one.get("state")).get("waiting")).get("reason")),
        last_end=end,
        owners=_owners(meta),
    )


def listed(raw: Mapping[str, object]) -> list[object]:
    """The items of a list; raises SourceUnavailableError where there are none or too many."""
    none: list[object] = []
    found = none if raw.get("items", 0) is None else items(raw.get("items"))
    if found is None or len(found) > MAX_ITEMS:
        raise SourceUnavailableError("The cluster answered with no list, or with a list that is too long.")
    return found


def text(raw: object) -> str:
    """Printable text of at most 200 characters; empty for anything else."""
    given = raw if isinstance(raw, str) else ""
    return "".join(letter if letter.isprintable() else " " for letter in given[:200])


def whole(raw: object, default: int) -> int:
    """A whole number, or the default for anything else."""
    return raw if isinstance(raw, int) and not isinstance(raw, bool) else default


def _revision(number: int, meta: Mapping[str, object], template: Mapping[str, object]) -> Revision | None:
    if not template:
        return None
    notes = _texts(meta.get("annotations"))
    at = moment(meta.get("creationTimestamp"))
    name, uid = text(meta.get("name")), text(meta.get("uid"))
    return Revision(number, name, at, text(notes.get(CAUSE)), template, _containers(template), uid)


def _containers(template: Mapping[str, object]) -> tuple[Container, ...]:
    found = [mapping(one) for one in items(mapping(template.get("spec")).get("containers")) or ()]
    return tuple(
        Container(
            name=text(one.get("name")),
            image=text(one.get("image")),
            env=tuple(_env(one)),
            limits=mapping(mapping(one.get("resources")).get("limits")),
        )
        for one in found
    )


def _env(container: Mapping[str, object]) -> list[tuple[str, str]]:
    """The variables with a literal value; references to secrets are not followed."""
    found = [mapping(one) for one in items(container.get("env")) or ()]
    return [(str(one["name"]), str(one["value"])) for one in found if "name" in one and "value" in one]


def _manager(raw: Mapping[str, object]) -> Manager:
    spec = mapping(mapping(raw.get("fieldsV1")).get("f:spec"))
    return Manager(text(raw.get("manager")), moment(raw.get("time")), "f:template" in spec)


def _texts(raw: object) -> Mapping[str, str]:
    return {name: value for name, value in mapping(raw).items() if isinstance(value, str)}


def _owners(meta: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(text(mapping(one).get("uid")) for one in items(meta.get("ownerReferences")) or ())


def _selector(raw: Mapping[str, object]) -> str:
    parts = [f"{name}={value}" for name, value in sorted(_texts(raw.get("matchLabels")).items())]
    for one in map(mapping, items(raw.get("matchExpressions")) or ()):
        key, values = text(one.get("key")), ",".join(text(v) for v in items(one.get("values")) or ())
        word = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        parts.append(word.get(text(one.get("operator")), f"!{key}"))
    if not parts:
        raise SourceUnavailableError("A workload without a selector cannot be looked at.")
    return ",".join(parts)
