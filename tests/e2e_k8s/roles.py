"""The shipped roles: each account tries everything, and may do exactly what stands in this table."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from bot.adapters.kubernetes_access import access
from bot.adapters.kubernetes_hands import perform
from bot.adapters.kubernetes_reads import opened
from bot.adapters.kubernetes_rehearsal import rehearse
from bot.adapters.kubernetes_wire import connect
from tests.e2e_k8s.rig import ACTIONS, NAMESPACE, Rig

FORBIDDEN = 403
APPS = f"/apis/apps/v1/namespaces/{NAMESPACE}"
CORE = f"/api/v1/namespaces/{NAMESPACE}"
DRY = "?dryRun=All"
MERGE = "application/merge-patch+json"


@dataclass(frozen=True, slots=True)
class Deed:
    """One real call, and the same as a question to SelfSubjectAccessReview."""

    method: str
    path: str
    verb: str
    resource: str
    namespace: str = NAMESPACE
    body: str = ""


NOTHING = json.dumps({"metadata": {"annotations": {"tried": "yes"}}})
SCALE = json.dumps({"spec": {"replicas": 2}})
DEEDS: Mapping[str, Deed] = {
    "read a Deployment": Deed("GET", f"{APPS}/deployments/checkout", "get", "deployments"),
    "read a StatefulSet": Deed("GET", f"{APPS}/statefulsets/carts", "get", "statefulsets"),
    "list ReplicaSets": Deed("GET", f"{APPS}/replicasets", "list", "replicasets"),
    "list revisions": Deed("GET", f"{APPS}/controllerrevisions", "list", "controllerrevisions"),
    "list pods": Deed("GET", f"{CORE}/pods", "list", "pods"),
    "list events": Deed("GET", f"{CORE}/events", "list", "events"),
    "read a pod's log": Deed("GET", f"{CORE}/pods/POD/log", "get", "pods/log"),
    "patch a Deployment": Deed(
        "PATCH", f"{APPS}/deployments/checkout{DRY}", "patch", "deployments", body=NOTHING
    ),
    "patch a StatefulSet": Deed(
        "PATCH", f"{APPS}/statefulsets/carts{DRY}", "patch", "statefulsets", body=NOTHING
    ),
    "scale a Deployment": Deed(
        "PATCH", f"{APPS}/deployments/checkout/scale{DRY}", "patch", "deployments/scale", body=SCALE
    ),
    "scale a StatefulSet": Deed(
        "PATCH", f"{APPS}/statefulsets/carts/scale{DRY}", "patch", "statefulsets/scale", body=SCALE
    ),
    "list Deployments": Deed("GET", f"{APPS}/deployments", "list", "deployments"),
    "delete a Deployment": Deed("DELETE", f"{APPS}/deployments/checkout{DRY}", "delete", "deployments"),
    "create a Deployment": Deed("POST", f"{APPS}/deployments{DRY}", "create", "deployments", body="{}"),
    "replace a Deployment": Deed(
        "PUT", f"{APPS}/deployments/checkout{DRY}", "update", "deployments", body="{}"
    ),
    "delete a pod": Deed("DELETE", f"{CORE}/pods/POD{DRY}", "delete", "pods"),
    "run a program in a pod": Deed("POST", f"{CORE}/pods/POD/exec?command=id", "create", "pods/exec"),
    "list secrets": Deed("GET", f"{CORE}/secrets", "list", "secrets"),
    "read a secret": Deed("GET", f"{CORE}/secrets/x", "get", "secrets"),
    "list config maps": Deed("GET", f"{CORE}/configmaps", "list", "configmaps"),
    "read another namespace": Deed(
        "GET", "/apis/apps/v1/namespaces/other/deployments/checkout", "get", "deployments", "other"
    ),
    "scale in another namespace": Deed(
        "PATCH",
        f"/apis/apps/v1/namespaces/other/deployments/x/scale{DRY}",
        "patch",
        "deployments/scale",
        "other",
        SCALE,
    ),
}
READ = frozenset({
    "read a Deployment", "read a StatefulSet", "list ReplicaSets", "list revisions", "list pods",
    "list events", "read a pod's log", "list Deployments",
})  # fmt: skip
OBJECTS = frozenset({"read a Deployment", "read a StatefulSet"})
PATCHES = OBJECTS | {"patch a Deployment", "patch a StatefulSet"}
SCALES = OBJECTS | {"scale a Deployment", "scale a StatefulSet"}
UNDOES = PATCHES | {"list ReplicaSets", "list revisions"}
ALLOWED: Mapping[str, frozenset[str]] = {
    "think": READ,
    "act": READ | PATCHES | SCALES,
    "only-restart": PATCHES,
    "only-rollout-undo": UNDOES,
    "only-scale": SCALES,
    "only-set-env": PATCHES,
    "only-set-image": PATCHES,
    "only-set-limit": PATCHES,
}


async def roles_are_enough_and_no_more(rig: Rig) -> str:
    """Every deed by every account: allowed or 403, by a real call and by the server's own word."""
    assert set(ALLOWED) == {"think", "act", *(f"only-{name}" for name in ACTIONS)}
    pod = (await rig.plane.call("GET", f"{CORE}/pods?labelSelector=app=checkout"))["items"][0]["metadata"][
        "name"
    ]
    wrong, refused, count = list[str](), 0, 0
    for account, allowed in ALLOWED.items():
        config = str(rig.configs[account])
        reached = await asyncio.to_thread(access, config)
        async with connect(reached) as client, opened({"kubeconfig": config}) as cluster:
            for title, deed in DEEDS.items():
                said = await cluster.may(deed.verb, deed.resource, deed.namespace)
                status = await _tried(client, f"{reached.server}{deed.path}".replace("POD", pod), deed)
                count, refused = count + 1, refused + (status == FORBIDDEN)
                if not (said == (status != FORBIDDEN) == (title in allowed)):
                    wrong.append(f"{account}: {title}: {status}, said {said}")
    assert not wrong, wrong
    tried = f"{len(ALLOWED)} accounts x {len(DEEDS)} deeds = {count} calls"
    return f"{tried}, {refused} refused with 403, 0 otherwise than told"


async def _tried(client: httpx2.AsyncClient, url: str, deed: Deed) -> int:
    headers = {"Content-Type": MERGE if deed.method == "PATCH" else "application/json"}
    answer = await client.request(deed.method, url, content=deed.body or None, headers=headers)
    return answer.status_code


async def a_refusal_is_a_definite_failure(rig: Rig) -> str:
    """The role of scaling cannot restart: the step fails, nothing is in doubt, the server says why."""
    task = await rig.task("k8s_restart", None, rig.target(write="only-scale"))
    before = await rig.raw()
    done, foretold = await perform(task), await rehearse(task)
    assert not done.ok
    assert "403" in done.detail
    assert "403" in foretold.refused
    assert (await rig.raw())["metadata"]["generation"] == before["metadata"]["generation"]
    return done.detail
