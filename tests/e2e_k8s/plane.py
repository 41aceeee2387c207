"""A real control plane on this machine's loopback: etcd, kube-apiserver, kube-controller-manager."""

import asyncio
import json
import os
import shutil
import socket
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import yaml

from tests.e2e_k8s.pki import Authority, Pair, authority

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("GREENLIGHT_K8S_CACHE") or ROOT / ".cache" / "kubernetes")
PATIENCE = 60.0
CONTROLLERS = "deployment,replicaset,statefulset,garbagecollector,namespace,serviceaccount"


class MissingError(Exception):
    """A program of the control plane is not there: `bash tools/kubernetes/build.sh` builds them."""


@dataclass(slots=True)
class Plane:
    """The control plane, spoken to as its first administrator."""

    folder: Path
    server: str
    authority: Authority
    admin: Pair
    client: httpx2.AsyncClient
    pids: dict[str, int] = field(default_factory=dict[str, int])

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, media: str = "application/json"
    ) -> dict[str, Any]:
        """One request as administrator; fails on any refusal."""
        content = None if body is None else json.dumps(body).encode()
        answer = await self.client.request(
            method, f"{self.server}{path}", content=content, headers={"Content-Type": media}
        )
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json()
        return found

    async def apply(self, manifest: str) -> None:
        """Create every object of some YAML documents."""
        for one in yaml.safe_load_all(manifest):
            await self.call("POST", collection(one), one)

    async def token_of(self, namespace: str, account: str) -> str:
        """A token for a service account, by the TokenRequest interface."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        body: dict[str, Any] = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        token: str = (await self.call("POST", path, body))["status"]["token"]
        return token

    async def kubeconfig(self, namespace: str, account: str) -> Path:
        """A kubeconfig file for a service account."""
        token = self.folder / f"{account}.token"
        token.write_text(await self.token_of(namespace, account))
        return self._kubeconfig(account, {"tokenFile": token.name})

    def admin_kubeconfig(self) -> Path:
        """A kubeconfig file for the administrator, by client certificate."""
        user = {"client-certificate": str(self.admin.certificate), "client-key": str(self.admin.key)}
        return self._kubeconfig("admin", user)

    def _kubeconfig(self, name: str, user: Mapping[str, str]) -> Path:
        cluster = {"server": self.server, "certificate-authority": str(self.authority.pair.certificate)}
        path = self.folder / f"{name}.kubeconfig"
        body = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "e2e",
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": name, "user": dict(user)}],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name}}],
        }
        path.write_text(yaml.safe_dump(body))
        return path


def collection(one: Mapping[str, Any]) -> str:
    """Where an object of this kind is created."""
    version, kind = str(one["apiVersion"]), str(one["kind"])
    root = f"/api/{version}" if "/" not in version else f"/apis/{version}"
    plural = f"{kind.lower()}es" if kind.endswith("s") else f"{kind.lower()}s"
    namespace = one["metadata"].get("namespace")
    return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"


def program(name: str) -> Path:
    """A program of the control plane; raises MissingError."""
    built, found = CACHE / name, shutil.which(name)
    if built.exists():
        return built
    if found is None:
        raise MissingError(f"{name} is missing: bash tools/kubernetes/build.sh builds or installs it.")
    return Path(found)


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[Plane]:
    """The control plane, ready; everything is ended afterwards."""
    certificates = await asyncio.to_thread(authority, folder)
    admin = certificates.signed("admin", "/O=system:masters/CN=admin")
    serving = certificates.signed("apiserver", "/CN=kube-apiserver", _san())
    port, store, peer = free_port(), free_port(), free_port()
    tls = ssl.create_default_context(cafile=certificates.pair.certificate)
    tls.load_cert_chain(admin.certificate, admin.key)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx2.AsyncClient(verify=tls, trust_env=False, timeout=30.0)
        )
        plane = Plane(folder, f"https://127.0.0.1:{port}", certificates, admin, client)
        plane.pids["etcd"] = await stack.enter_async_context(
            child(folder, "etcd", _etcd(folder, store, peer))
        )
        server = _apiserver(certificates, serving, port, store)
        plane.pids["kube-apiserver"] = await stack.enter_async_context(
            child(folder, "kube-apiserver", server)
        )
        await _until_ready(plane)
        controllers = [
            f"--kubeconfig={plane.admin_kubeconfig()}",
            f"--controllers={CONTROLLERS}",
            "--leader-elect=false",
            "--port=0",
            "--secure-port=0",
            "--concurrent-deployment-syncs=2",
        ]
        name = "kube-controller-manager"
        plane.pids[name] = await stack.enter_async_context(child(folder, name, controllers))
        yield plane


@asynccontextmanager
async def child(folder: Path, name: str, arguments: list[str]) -> AsyncGenerator[int]:
    """One program, ended by its id."""
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            str(program(name)), *arguments, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


def _etcd(folder: Path, port: int, peer: int) -> list[str]:
    own, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={own}",
        f"--advertise-client-urls={own}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
    ]


def _apiserver(certificates: Authority, serving: Pair, port: int, store: int) -> list[str]:
    accounts = certificates.signed("accounts", "/CN=accounts")
    kubelet = certificates.signed("kubelet-client", "/O=system:masters/CN=kube-apiserver")
    return [
        f"--etcd-servers=http://127.0.0.1:{store}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--client-ca-file={certificates.pair.certificate}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={accounts.key}",
        f"--service-account-key-file={accounts.key}",
        "--authorization-mode=RBAC",
        f"--kubelet-certificate-authority={certificates.pair.certificate}",
        f"--kubelet-client-certificate={kubelet.certificate}",
        f"--kubelet-client-key={kubelet.key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount",
        "--endpoint-reconciler-type=none",
    ]


def _san() -> str:
    return "subjectAltName=IP:127.0.0.1,DNS:localhost"


async def _until_ready(plane: Plane) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        try:
            answer = await plane.client.get(f"{plane.server}/readyz")
            if answer.status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        if asyncio.get_running_loop().time() > deadline:
            raise MissingError(f"kube-apiserver did not become ready: see {plane.folder}/kube-apiserver.log")
        await asyncio.sleep(0.1)
