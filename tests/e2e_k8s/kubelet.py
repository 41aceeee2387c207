"""A kubelet whose containers are local processes: binds, runs, restarts, reports, serves logs over TLS."""

import asyncio
import os
import ssl
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from aiohttp import web

from tests.e2e_k8s.plane import Plane

NODE = "node-1"
EVERY_SECONDS = 0.15
MERGE = "application/merge-patch+json"
PROGRAM = Path(__file__).with_name("shop.py")
CHUNK = 65_536


def now() -> str:
    """This moment as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Box:
    """One pod's container: its process, how often it began, how it ended last."""

    name: str
    namespace: str
    container: str
    image: str
    env: dict[str, str]
    folder: Path
    process: asyncio.subprocess.Process | None = None
    runs: int = 0
    ended: dict[str, Any] = field(default_factory=dict[str, Any])
    begun_at: str = ""
    again_at: float = 0.0
    told: str = ""
    reader: asyncio.Task[None] | None = None

    @property
    def port_file(self) -> Path:
        """Where the program tells its port."""
        return self.folder / "port"

    @property
    def port(self) -> int | None:
        """The port of the program, once it serves."""
        alive = self.process is not None and self.process.returncode is None
        return int(self.port_file.read_text()) if alive and self.port_file.exists() else None

    def log(self, *, previous: bool) -> Path:
        """The log of the running container, or of the one before it."""
        return self.folder / f"{self.runs - (1 if previous else 0)}.log"

    async def begin(self) -> None:
        """Start the program and follow what it says."""
        self.runs += 1
        self.port_file.unlink(missing_ok=True)
        environment = {"PATH": os.environ["PATH"], "IMAGE": self.image, "PORT_FILE": str(self.port_file)}
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(PROGRAM),
            env={**environment, **self.env},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        self.begun_at = now()
        self.reader = asyncio.create_task(self._follow(self.process, self.log(previous=False)))

    async def _follow(self, process: asyncio.subprocess.Process, path: Path) -> None:
        assert process.stdout is not None
        with path.open("ab", buffering=0) as log:
            async for line in process.stdout:
                stamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "000Z")
                log.write(f"{stamp} ".encode() + line)

    async def end(self) -> None:
        """End the program by its id."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        if self.reader is not None:
            await self.reader

    def status(self) -> dict[str, Any]:
        """What a kubelet says of the pod."""
        running = self.process is not None and self.process.returncode is None
        ready = self.port is not None
        state = (
            {"running": {"startedAt": self.begun_at}}
            if running
            else {"waiting": {"reason": "CrashLoopBackOff"}}
        )
        one = {
            "name": self.container,
            "image": self.image,
            "imageID": "",
            "ready": ready,
            "restartCount": max(0, self.runs - 1),
            "state": state,
        }
        if self.ended:
            one["lastState"] = {"terminated": self.ended}
        conditions = [
            {"type": kind, "status": "True" if ready else "False"} for kind in ("Ready", "ContainersReady")
        ]
        return {
            "phase": "Running",
            "podIP": "127.0.0.1",
            "conditions": conditions,
            "containerStatuses": [one],
        }


@dataclass(slots=True)
class Kubelet:
    """One node of the cluster."""

    plane: Plane
    folder: Path
    boxes: dict[str, Box] = field(default_factory=dict[str, Box])

    def ports(self) -> dict[str, int]:
        """The ports of all containers that serve, by pod."""
        found = {box.name: box.port for box in self.boxes.values()}
        return {name: port for name, port in found.items() if port is not None}

    async def register(self, port: int) -> None:
        """Tell the API server about the node and where its logs are."""
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        await self.plane.call("POST", "/api/v1/nodes", node)
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        }
        await self.plane.call("PATCH", f"/api/v1/nodes/{NODE}/status", {"status": status}, MERGE)

    async def work(self) -> None:
        """Look at the pods again and again."""
        while True:
            try:
                await self._look()
            except (httpx2.HTTPError, AssertionError) as error:
                print(f"kubelet: {error!r:.300}", file=sys.stderr)
            await asyncio.sleep(EVERY_SECONDS)

    async def stop(self) -> None:
        """End every container."""
        await asyncio.gather(*(box.end() for box in self.boxes.values()))

    async def _look(self) -> None:
        pods: list[dict[str, Any]] = (await self.plane.call("GET", "/api/v1/pods"))["items"]
        known = {pod["metadata"]["uid"] for pod in pods}
        # Without a grace period a pod is gone before it could be seen to go.
        gone = [self.boxes.pop(uid) for uid in list(self.boxes) if uid not in known]
        await asyncio.gather(*(box.end() for box in gone), *(self._tend(pod) for pod in pods))

    async def _tend(self, pod: dict[str, Any]) -> None:
        meta, spec = pod["metadata"], pod["spec"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if "deletionTimestamp" in meta:
            box = self.boxes.pop(meta["uid"], None)
            if box is not None:
                await box.end()
            body = {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0}
            await self.plane.call("DELETE", path, body)
        elif not spec.get("nodeName"):
            body = {
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": {"name": meta["name"]},
                "target": {"apiVersion": "v1", "kind": "Node", "name": NODE},
            }
            await self.plane.call("POST", f"{path}/binding", body)
        else:
            await self._run(pod, path)

    async def _run(self, pod: dict[str, Any], path: str) -> None:
        box = self.boxes.get(pod["metadata"]["uid"]) or self._box(pod)
        clock = asyncio.get_running_loop().time()
        if box.process is None:
            await box.begin()
        elif box.process.returncode is not None and not box.again_at:
            box.again_at = clock + min(1.5, 0.5 * box.runs)
            box.ended = {"exitCode": box.process.returncode, "reason": "Error", "finishedAt": now()}
        elif box.again_at and clock >= box.again_at:
            box.again_at = 0.0
            await box.begin()
        status = box.status()
        if repr(status) != box.told:
            await self.plane.call("PATCH", f"{path}/status", {"status": status}, MERGE)
            box.told = repr(status)

    def _box(self, pod: dict[str, Any]) -> Box:
        meta, one = pod["metadata"], pod["spec"]["containers"][0]
        folder = self.folder / meta["uid"]
        folder.mkdir(parents=True)
        env = {each["name"]: each.get("value", "") for each in one.get("env", [])}
        box = Box(meta["name"], meta["namespace"], one["name"], one["image"], env, folder)
        self.boxes[meta["uid"]] = box
        return box

    async def logs(self, request: web.Request) -> web.StreamResponse:
        """`/containerLogs/namespace/pod/container`, as a kubelet serves it."""
        asked, match = request.query, request.match_info
        box = next((one for one in self.boxes.values() if one.name == match["pod"]), None)
        path = box.log(previous=asked.get("previous") == "true") if box else None
        if path is None or not path.exists():
            return web.Response(
                status=404, text=f"previous terminated container {match['container']!r} not found"
            )
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        with path.open("rb") as file:
            _forward(file, int(asked.get("tailLines", "-1")), path.stat().st_size)
            stamped = asked.get("timestamps") == "true"
            since = asked.get("sinceTime", "").removesuffix("Z").encode()
            while chunk := file.readlines(CHUNK):
                kept = [one if stamped else one.partition(b" ")[2] for one in chunk if one[:19] >= since]
                await answer.write(b"".join(kept))
        return answer


def _forward(file: Any, lines: int, size: int) -> None:
    """Go to the last so many lines of a file."""
    if lines < 0:
        return
    at, seen = size, 0
    while at > 0 and seen <= lines:
        at = max(0, at - CHUNK)
        file.seek(at)
        seen += file.read(CHUNK).count(b"\n")
    file.seek(at)
    for _ in range(max(0, seen - lines)):
        file.readline()


@asynccontextmanager
async def serving(plane: Plane, folder: Path) -> AsyncGenerator[Kubelet]:
    """The kubelet at work."""
    kubelet = Kubelet(plane, folder)
    pair = plane.authority.signed(
        "kubelet", "/O=system:nodes/CN=system:node:node-1", "subjectAltName=IP:127.0.0.1"
    )
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.certificate, pair.key)
    app = web.Application()
    app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", kubelet.logs)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    await kubelet.register(runner.addresses[0][1])
    task = asyncio.create_task(kubelet.work())
    try:
        yield kubelet
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await kubelet.stop()
        await runner.cleanup()
