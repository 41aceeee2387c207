"""A hop between the adapter and the API server: writes down what passes, and can meddle before a write."""

import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx2
import yaml
from aiohttp import web

from tests.e2e_k8s.plane import Plane

ADDED = "spec.template.metadata.annotations.mesh.example/injected: (none) -> yes"
Meddle = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Hop:
    """One exchange after the other, as they were."""

    plane: Plane
    _strangers: httpx2.AsyncClient
    """Knows the server's authority and has no certificate: who asks is told by the token alone."""
    url: str = ""
    exchanges: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    before_write: Meddle | None = None
    write_token: str = ""
    """Another credential for what is patched, dry runs included."""
    injecting: bool = False
    """Add an annotation to every template on its way, as the mutating webhooks of service meshes do."""
    lose_writes: bool = False
    """Break the connection after the server has done a write, before its answer arrives."""

    def config(self, folder: Path, name: str, token: Path) -> Path:
        """A kubeconfig file that leads through this hop."""
        path = folder / f"{name}.kubeconfig"
        user = {"name": "hop", "user": {"tokenFile": str(token)}}
        context = {"name": "hop", "context": {"cluster": "hop", "user": "hop"}}
        clusters = [{"name": "hop", "cluster": {"server": self.url}}]
        body = {"current-context": "hop", "clusters": clusters, "users": [user], "contexts": [context]}
        path.write_text(yaml.safe_dump(body))
        return path

    async def forward(self, request: web.Request) -> web.Response:
        """Pass a request on under its own credential, and write the exchange down."""
        body = await request.read()
        if self.injecting and request.method == "PATCH":
            body = _injected(body)
        if request.method == "PATCH" and "dryRun" not in request.query and self.before_write is not None:
            meddle, self.before_write = self.before_write, None
            await meddle()
        headers = {
            name: request.headers[name]
            for name in ("Authorization", "Content-Type")
            if name in request.headers
        }
        if self.write_token and request.method == "PATCH":
            headers["Authorization"] = f"Bearer {self.write_token}"
        answer = await self._strangers.request(
            request.method, f"{self.plane.server}{request.path_qs}", content=body, headers=headers
        )
        if self.lose_writes and request.method == "PATCH" and "dryRun" not in request.query:
            assert request.transport is not None
            request.transport.close()
        content_type = answer.headers.get("content-type", "")
        is_json = content_type.startswith("application/json")
        self.exchanges.append(
            {
                "method": request.method,
                "path": request.path,
                "query": dict(request.query),
                "body": json.loads(body) if body else None,
                "media": request.headers.get("Content-Type", "") if body else "",
                "status": answer.status_code,
                "type": content_type,
                "answer": answer.json() if is_json else answer.text,
            }
        )
        return web.Response(
            status=answer.status_code, body=answer.content, headers={"Content-Type": content_type}
        )


@asynccontextmanager
async def hopping(plane: Plane) -> AsyncGenerator[Hop]:
    """A hop on a free port of the loopback."""
    tls = ssl.create_default_context(cafile=plane.authority.pair.certificate)
    client = httpx2.AsyncClient(verify=tls, trust_env=False, timeout=30.0)
    hop = Hop(plane, client)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", hop.forward)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hop.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield hop
    finally:
        await runner.cleanup()
        await client.aclose()


def _injected(body: bytes) -> bytes:
    patch = json.loads(body)
    template = patch.get("spec", {}).get("template")
    if template is not None:
        annotations = template.setdefault("metadata", {}).setdefault("annotations", {})
        annotations["mesh.example/injected"] = "yes"
    return json.dumps(patch).encode()


def slim(raw: Any) -> Any:
    """An answer without the bookkeeping of who wrote which field, which is most of it."""
    if isinstance(raw, dict):
        found = cast("dict[str, Any]", raw)
        return {name: slim(value) for name, value in found.items() if name != "managedFields"}
    return [slim(one) for one in cast("list[Any]", raw)] if isinstance(raw, list) else raw
