"""The cluster of one run: accounts under the shipped manifests, the shop's workloads, and shorthands."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.adapters.content import FileContent
from bot.adapters.kubernetes_eyes import observed
from bot.adapters.tasks import Task
from bot.domain.action import Catalogue, Comparison, Pace, UndoKind, Value
from bot.domain.ids import ActionId, At, EnvironmentId, RosterName, ServiceName, TargetId
from bot.domain.plan import Check, Step, Undo
from bot.domain.service import Criticality, Service, Target
from tests.e2e_k8s.kubelet import Kubelet
from tests.e2e_k8s.kubelet import serving as kubelet_serving
from tests.e2e_k8s.plane import ROOT, Plane
from tests.e2e_k8s.plane import running as plane_running
from tests.e2e_k8s.traffic import Traffic, flowing

MANIFESTS = ROOT / "deploy" / "kubernetes"
NAMESPACE, OWN = "shop", "greenlight"
ACTIONS = ("restart", "rollout-undo", "scale", "set-env", "set-image", "set-limit")
PATIENCE = 40.0
STRATEGIC = "application/strategic-merge-patch+json"

CHECKOUT = """
apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  replicas: 2
  {extra}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: registry.example/shop/checkout:v41
          env:
            - {{name: POOL_SIZE, value: "5"}}
            - {{name: API_TOKEN, value: hunter2-hunter2}}
          resources: {{limits: {{memory: 256Mi, cpu: 500m}}}}
"""
DEPLOYMENT = "minReadySeconds: 0\n  progressDeadlineSeconds: 600"
STATEFUL = "serviceName: carts\n  podManagementPolicy: Parallel"


@dataclass(slots=True)
class Rig:
    """Everything that runs."""

    folder: Path
    plane: Plane
    kubelet: Kubelet
    traffic: Traffic
    catalogue: Catalogue
    configs: dict[str, Path] = field(default_factory=dict[str, Path])
    number: int = 0

    def target(
        self, name: str = "checkout", write: str = "act", kind: str = "Deployment", **more: str
    ) -> Target:
        """A target under the read credential and one to write."""
        settings = {
            "kubeconfig": str(self.configs["think"]),
            "write_kubeconfig": str(self.configs[write]) if write else "",
            "namespace": NAMESPACE,
            "workload": kind,
            "name": name,
            "env": "POOL_SIZE",
        }
        return Target(TargetId(f"{name}/{name}"), "kubernetes", tuple({**settings, **more}.items()))

    async def task(self, action: str, value: Value | None = None, target: Target | None = None) -> Task:
        """A step as if it had been approved just now."""
        target = target or self.target()
        known = self.catalogue.action(action)
        assert known is not None
        fields = await observed(target)
        self.number += 1
        step = Step(
            action=ActionId(action),
            version=known.version,
            title=known.title,
            target=target.id,
            executor="kubernetes",
            parameters=((known.parameters[0].name, value),) if value is not None else (),
            before=(),
            preconditions=tuple((name, fields[name]) for name in known.preconditions),
            timeout_seconds=40,
            check=Check("error_rate", "error_rate", "", Comparison.BELOW, "0", Pace(0, 1, 1, 1)),
            undo=Undo(UndoKind.NOT_NEEDED),
        )
        return Task(
            step, known, service(target), target, f"e2e{self.number:09d}:0", At(int(time.time() * 1000))
        )

    async def deployed(self, tag: str, name: str = "checkout") -> None:
        """Somebody deploys another version, as kubectl set image does."""
        body = {"containers": [{"name": "app", "image": f"registry.example/shop/checkout:{tag}"}]}
        await self.changed({"spec": {"template": {"spec": body}}}, name)

    async def changed(self, patch: dict[str, Any], name: str = "checkout", kind: str = "deployments") -> None:
        """Somebody else changes a workload."""
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/{kind}/{name}"
        await self.plane.call("PATCH", f"{path}?fieldManager=kubectl-set", patch, STRATEGIC)

    async def raw(self, name: str = "checkout", kind: str = "deployments") -> dict[str, Any]:
        """The workload as the server holds it."""
        return await self.plane.call("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/{kind}/{name}")

    async def settled(self, name: str = "checkout", kind: str = "deployments") -> None:
        """Wait until a rollout is complete."""

        def complete(found: dict[str, Any]) -> bool:
            status, wanted = found["status"], found["spec"]["replicas"]
            counts = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas")]
            new = status.get("currentRevision") == status.get("updateRevision")
            counts[1] = (
                status.get("currentReplicas", counts[1]) if new and kind == "statefulsets" else counts[1]
            )
            return counts == [wanted] * 3 and status["observedGeneration"] >= found["metadata"]["generation"]

        await until(lambda: self.raw(name, kind), complete)


async def until(look: Callable[[], Any], holds: Callable[[Any], bool], seconds: float = PATIENCE) -> Any:
    """Look until it holds; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = await look()
        if holds(found):
            return found
        assert time.monotonic() < deadline, f"not in time: {found!r:.600}"
        await asyncio.sleep(0.1)


def service(target: Target) -> Service:
    """A service with this one target."""
    return Service(
        ServiceName("checkout"),
        "Checkout",
        EnvironmentId("production"),
        Criticality.NORMAL,
        RosterName("x"),
        RosterName("x"),
        targets=(target,),
    )


def manifest(name: str, namespace: str = NAMESPACE, account: str = "greenlight-act") -> str:
    """A shipped manifest as `kubectl -n namespace apply` would send it, bound to this account."""
    documents = list(yaml.safe_load_all((MANIFESTS / f"{name}.yaml").read_text()))
    for one in documents:
        if one["kind"] in {"Role", "RoleBinding"}:
            one["metadata"]["namespace"] = namespace
        for subject in one.get("subjects", []):
            if subject["name"] == "greenlight-act":
                subject["name"] = account
        if account != "greenlight-act":
            one["metadata"]["name"] += f"-{account}"
            if "roleRef" in one:
                one["roleRef"]["name"] += f"-{account}"
    return yaml.safe_dump_all(documents)


@asynccontextmanager
async def rigged(folder: Path) -> AsyncGenerator[Rig]:
    """The cluster with its accounts and two workloads, ready."""
    async with (
        plane_running(folder) as plane,
        kubelet_serving(plane, folder / "pods") as kubelet,
        flowing(kubelet) as traffic,
    ):
        catalogue = FileContent((ROOT / "runbooks",), {}).catalogue()
        rig = Rig(folder, plane, kubelet, traffic, catalogue)
        await _accounts(rig)
        for name, kind, extra in (("checkout", "Deployment", DEPLOYMENT), ("carts", "StatefulSet", STATEFUL)):
            text = CHECKOUT.format(name=name, kind=kind, extra=extra, namespace=NAMESPACE)
            await plane.apply(text)
            await rig.settled(name, f"{kind.lower()}s")
        yield rig


async def _accounts(rig: Rig) -> None:
    """Think and act under the shipped roles, and one account for each action alone."""
    await rig.plane.apply(
        yaml.safe_dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    )
    for name in ("accounts",):
        await rig.plane.apply((MANIFESTS / f"{name}.yaml").read_text())
    for name in ("read", *ACTIONS):
        await rig.plane.apply(manifest(name))
    for name in ACTIONS:
        account = f"only-{name}"
        metadata = {"name": account, "namespace": OWN}
        await rig.plane.apply(
            yaml.safe_dump({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
        )
        await rig.plane.apply(manifest(name, account=account))
        rig.configs[account] = await rig.plane.kubeconfig(OWN, account)
    rig.configs["think"] = await rig.plane.kubeconfig(OWN, "greenlight-think")
    rig.configs["act"] = await rig.plane.kubeconfig(OWN, "greenlight-act")
    rig.configs["admin"] = rig.plane.admin_kubeconfig()
