"""A stand-in for the API server: it answers as the real one once did, and to the same questions only."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

TOKEN = "e2e-token"


@dataclass(slots=True)
class Replay:
    """The exchanges that are still to come; each question must be the next one, word for word."""

    exchanges: list[dict[str, Any]]
    wrong: list[str] = field(default_factory=list[str])

    async def answer(self, request: web.Request) -> web.Response:
        """The recorded answer to the next recorded question."""
        body = await request.read()
        asked = {
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "body": json.loads(body) if body else None,
            "media": request.headers.get("Content-Type", "") if body else "",
        }
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.wrong.append(f"{request.path}: no credential")
        expected = self.exchanges.pop(0) if self.exchanges else {}
        for name, value in asked.items():
            if expected.get(name) != value:
                self.wrong.append(f"{name}: {value!r:.300} and not {expected.get(name)!r:.300}")
        if self.wrong:
            return web.Response(status=500, text="another question was expected")
        answer = expected["answer"]
        text = answer if isinstance(answer, str) else json.dumps(answer)
        headers = {"Content-Type": expected["type"]}
        return web.Response(status=expected["status"], body=text.encode(), headers=headers)


Handler = Any


@asynccontextmanager
async def answering(folder: Path, handler: Handler) -> AsyncGenerator[str]:
    """A kubeconfig file for a server on the loopback that answers everything by this handler."""
    app = web.Application(client_max_size=20_000_000)
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield await asyncio.to_thread(_config, folder, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def _config(folder: Path, server: str) -> str:
    path = folder / "kubeconfig"
    body = {
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "here", "user": {"token": TOKEN}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
    }
    path.write_text(yaml.safe_dump(body))
    return str(path)
