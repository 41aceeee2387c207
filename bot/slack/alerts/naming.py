"""Which words of a message name what is affected."""

import re
from collections.abc import Iterable, Iterator, Mapping

MAX_CANDIDATES = 12

SERVICE_LABELS = (
    "service",
    "service_name",
    "app",
    "application",
    "app_kubernetes_io_name",
    "kubernetes_io_app",
    "component",
    "deployment",
    "statefulset",
    "daemonset",
    "workload",
    "job_name",
    "cronjob",
    "horizontalpodautoscaler",
    "hpa",
    "container",
    "container_name",
    "pod",
    "pod_name",
    "name",
    "persistentvolumeclaim",
    "queue",
    "topic",
    "consumergroup",
    "datname",
    "database",
    "monitor",
    "endpoint_name",
    "job",
    "instance",
    "target",
    "node",
    "host",
    "hostname",
    "cluster_name",
    "project",
    "affected_service",
    "affected_resource",
    "resource",
    "namespace",
)
_INFRASTRUCTURE = re.compile(
    r"(?:.*-)?(?:kube-state-metrics|kubelet|node-exporter|node_exporter|cadvisor|blackbox-exporter|pushgateway"
    r"|kubernetes-(?:pods|nodes|service-endpoints|cadvisor))|(?:.*/)?.*prometheus.*/.*|.*-prometheus|prometheus"
)
_GENERIC_JOBS = frozenset(
    {"node", "blackbox", "integrations", "metrics", "http", "https", "web", "default", "all"}
)
_REPLICA_POD = re.compile(
    r"(?P<workload>.+?)-(?=[a-z]*\d)[a-z0-9]{3,10}-(?:[bcdfghjklmnpqrstvwxz2456789]{5}|(?=[a-z]*\d)[a-z0-9]{2,5})"
)
_DAEMON_POD = re.compile(r"(?P<workload>.+)-(?=\d*[a-z])(?=[a-z]*\d)[bcdfghjklmnpqrstvwxz2456789]{5}")
_TIMED_JOB = re.compile(r"(?P<workload>.{3,})-\d{8,10}")
_ORDINAL = re.compile(r"-\d{1,3}$")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_MENTIONED = re.compile(
    r"\b(pod|deployment|statefulset|daemonset|cronjob|job|container|node|host|instance|service|endpoint|namespace)"
    r"[ \t]+(?:([a-z0-9][\w.-]{0,62})/)?([A-Za-z0-9][\w.:-]{1,120})",
    re.IGNORECASE,
)
_SPECIFIC = re.compile(r"[-_.:\d]")
_AFTER_COLON = re.compile(r"[:\u2013-]\s+([a-z0-9][a-z0-9_.-]{2,60})$")


def workload(name: str) -> str:
    """The name without the parts that change with each pod or run: `api-7c9f6d5b8-x2m4n` is `api`."""
    for pattern in (_REPLICA_POD, _DAEMON_POD, _TIMED_JOB):
        found = pattern.fullmatch(name)
        if found:
            return found.group("workload")
    return name


def is_passing(value: str) -> bool:
    """Whether a value identifies one run of something, such as a uid, and so nothing that stays."""
    return bool(_UUID.fullmatch(value.lower()))


def is_infrastructure(value: str) -> bool:
    """Whether it names the exporter that measured, not what was measured."""
    return bool(_INFRASTRUCTURE.fullmatch(value.lower()))


def stable_values(values: Iterable[str]) -> tuple[str, ...]:
    """The values that stay while the trouble lasts, each once: no uids, pods as what owns them.

    `indexer-0` beside `indexer` is a pod of it; `pg-replica-02` on its own is a machine.
    """
    kept = [workload(value) for value in values if not is_passing(value)]
    owners = {value: _ORDINAL.sub("", value) for value in kept}
    return tuple(sorted({owner if owner in kept else value for value, owner in owners.items()}))


def named_services(labels: Mapping[str, str]) -> tuple[str, ...]:
    """What labels with names say is affected, the likeliest first."""
    named = {key.lower().replace(" ", "_"): value for key, value in labels.items()}
    values = [workload(named[key]) for key in SERVICE_LABELS if key in named]
    return _ordered(values)


def bare_services(values: Iterable[str]) -> tuple[str, ...]:
    """What label values without their names may say is affected, the likeliest first."""
    useful = [value for value in values if _may_be_service(value)]
    pods = [workload(value) for value in useful if workload(value) != value]
    confirmed = [value for value in useful if value in pods]
    names = [value for value in useful if workload(value) == value and not _is_address(value)]
    addresses = [value for value in useful if _is_address(value)]
    return _ordered([*confirmed, *names, *pods, *addresses])


def mentioned(text: str) -> Iterator[tuple[str, str]]:
    """Kind and name of each resource that prose mentions: `Deployment default/web has not`."""
    for found in _MENTIONED.finditer(text[:4000]):
        kind, space, name = found.group(1).lower(), found.group(2), found.group(3).rstrip(".:-")
        if space:
            yield "namespace", space
        if space or _SPECIFIC.search(name) or kind == "namespace":
            yield kind, name


def title_service(title: str) -> str | None:
    """What a title such as `Heartbeat missing: cron-export` or `checkout-api` names."""
    tail = _AFTER_COLON.search(title)
    if tail:
        return tail.group(1)
    is_name = bool(re.fullmatch(r"[a-z0-9]+(?:[-_./][a-z0-9]+)+", title))
    return title if is_name else None


def _ordered(values: Iterable[str]) -> tuple[str, ...]:
    kept = dict.fromkeys(value for value in values if value and not is_infrastructure(value))
    ordered = sorted(kept, key=lambda value: value in _GENERIC_JOBS)
    return tuple(ordered[:MAX_CANDIDATES])


def _may_be_service(value: str) -> bool:
    if is_infrastructure(value) or is_passing(value) or value.startswith("/"):
        return False
    return bool(re.search(r"[A-Za-z]", value)) or _is_address(value)


def _is_address(value: str) -> bool:
    return bool(re.fullmatch(r"https?://\S+|[\w.-]+:\d{1,5}|\d{1,3}(?:\.\d{1,3}){3}", value))
