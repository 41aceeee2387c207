"""What is asked of a cluster, once of the real one (recorded) and since then of the recording."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from bot.adapters.change_reading import ChangeAsk
from bot.adapters.kubernetes_changes import read_rollouts
from bot.adapters.kubernetes_eyes import identity, observed
from bot.adapters.kubernetes_hands import perform
from bot.adapters.kubernetes_logs import read_pod_logs
from bot.adapters.kubernetes_rehearsal import probe, rehearse
from bot.adapters.log_reading import LogAsk
from bot.adapters.tasks import Task
from bot.domain.action import Catalogue, Comparison, Pace, UndoKind, Value
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.ids import ActionId, At, EnvironmentId, RosterName, ServiceName, TargetId
from bot.domain.plan import Check, Step, Undo
from bot.domain.service import Criticality, Service, Source, Target
from bot.ports.world import Window

HOUR = 3_600_000
TIMEOUT_SECONDS = 40


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the cluster is (a kubeconfig file), what time it is, the catalogue, and the key of the step."""

    config: str
    now: At
    catalogue: Catalogue
    key: str

    def target(self, name: str = "checkout", kind: str = "Deployment") -> Target:
        """A workload; the same credential looks and writes."""
        settings = {
            "kubeconfig": self.config,
            "namespace": "shop",
            "workload": kind,
            "name": name,
            "env": "POOL_SIZE",
            "max_replicas": "6",
        }
        settings["write_kubeconfig"] = self.config
        return Target(TargetId(f"checkout/{name}"), "kubernetes", tuple(settings.items()))

    def service(self, target: Target) -> Service:
        """A service with this target."""
        roster = RosterName("checkout-oncall")
        where = EnvironmentId("production")
        return Service(
            ServiceName("checkout"), "Checkout", where, Criticality.NORMAL, roster, roster, targets=(target,)
        )

    def window(self) -> Window:
        """The last hour."""
        return Window(At(self.now - HOUR), At(self.now + HOUR))


async def task_on(stand: Stand, target: Target, action: str, value: Value | None) -> Task:
    """A step as if it had been approved just now; a value `previous_release` is read from the workload."""
    known = stand.catalogue.action(action)
    assert known is not None
    fields = await observed(target)
    if isinstance(value, str):
        value = fields.get(value, value)
    step = Step(
        action=ActionId(action),
        version=known.version,
        title=known.title,
        target=target.id,
        executor="kubernetes",
        parameters=((known.parameters[0].name, value),) if value is not None else (),
        before=(),
        preconditions=tuple((name, fields[name]) for name in known.preconditions),
        timeout_seconds=TIMEOUT_SECONDS,
        check=Check("error_rate", "error_rate", "", Comparison.BELOW, "0", Pace(0, 1, 1, 1)),
        undo=Undo(UndoKind.NOT_NEEDED),
    )
    return Task(step, known, stand.service(target), target, stand.key, stand.now)


Result = Any
Scenario = Callable[[Stand], Awaitable[Result]]


def _observes(name: str, kind: str) -> Scenario:
    async def scenario(stand: Stand) -> Result:
        try:
            return await observed(stand.target(name, kind))
        except SourceUnavailableError as error:
            return f"SourceUnavailableError: {error.message}"

    return scenario


async def _identity(stand: Stand) -> Result:
    return await identity(stand.target())


async def _logs(stand: Stand) -> Result:
    source = Source("kubernetes", stand.target().settings)
    async with httpx2.AsyncClient(trust_env=False) as client:
        batches = [batch async for batch in read_pod_logs(source, LogAsk(stand.window()), client)]
    return [line for batch in batches for line in batch.lines]


async def _changes(stand: Stand) -> Result:
    target = stand.target()
    ask = ChangeAsk(Source("kubernetes", target.settings), stand.service(target), stand.window())
    async with httpx2.AsyncClient(trust_env=False) as client:
        found = await read_rollouts(ask, client)
    return [
        [one.at, one.who, one.what, one.before, one.after, one.service, one.note] for one in found.changes
    ]


def does(action: str, value: Value | None, name: str = "checkout", kind: str = "Deployment") -> Scenario:
    """Rehearse, perform, probe."""

    async def scenario(stand: Stand) -> Result:
        task = await task_on(stand, stand.target(name, kind), action, value)
        foretold = await rehearse(task)
        try:
            done = await perform(task)
            told = f"{'done' if done.ok else 'failed'}: {done.detail}"
        except ExecutorRefusedError as refused:
            told = f"{refused.code}: {refused.message}"
        return [list(foretold.difference), foretold.refused, told, list(await probe(task))]

    return scenario


async def _twice(stand: Stand) -> Result:
    task = await task_on(stand, stand.target(), "k8s_restart", None)
    return [(await perform(task)).detail, (await perform(task)).detail]


def now_ms() -> At:
    """This moment."""
    return At(int(time.time() * 1_000))


SCENARIOS: Mapping[str, Scenario] = {
    "identity": _identity,
    "observe-deployment": _observes("checkout", "Deployment"),
    "observe-statefulset": _observes("carts", "StatefulSet"),
    "observe-nothing": _observes("absent", "Deployment"),
    "logs": _logs,
    "changes": _changes,
    "restart": does("k8s_restart", None),
    "restart-twice": _twice,
    "scale": does("k8s_scale", 3),
    "scale-too-far": does("k8s_scale", 9),
    "set-env": does("k8s_increase_pool_size", 8),
    "set-limit": does("k8s_raise_memory_limit", 512),
    "set-limit-invalid": does("k8s_raise_memory_limit", 100),
    "set-tag": does("k8s_set_tag", "v41"),
    "rollout-undo": does("k8s_rollback", "previous_release"),
    "rollout-undo-statefulset": does("k8s_rollback", "previous_release", "carts", "StatefulSet"),
    "forbidden": does("k8s_restart", None),
    "changed-in-between": does("k8s_restart", None),
    "status-changed-in-between": does("k8s_restart", None),
}
