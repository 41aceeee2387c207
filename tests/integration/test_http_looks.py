"""The state of a target over HTTP: what is no observation, where it is live, and whom TLS trusts."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.adapters import http_look
from bot.adapters.web import http_client
from bot.domain.errors import SourceUnavailableError
from tests.fakes.homes import TARGET, Room, written
from tests.fakes.job_servers import JobServer, job_server

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture
async def server() -> AsyncGenerator[JobServer]:
    async with job_server() as server:
        yield server


@pytest.mark.parametrize("body", [b"<html>", b'{"a": \xff}', b"[" * 100_000, b"x" * 3_000_000, b"", b"null"])
async def test_an_answer_that_is_no_state_is_no_observation(tmp_path: Path, body: bytes) -> None:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async with served(handle) as url:
        target = {"executor": "http", "url": url, "look.x": '"/a#/x"'}
        room = Room(written(tmp_path, target, ("argocd_sync",)))
        if body == b"null":
            assert await room.observe() == {}
        else:
            with pytest.raises(SourceUnavailableError):
                await room.observe()


@pytest.mark.parametrize(("chunk", "why"), [(b" " * 65_536, "more than 2000000 bytes"), (b" ", "in time")])
async def test_an_answer_without_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: bytes, why: str
) -> None:
    sent = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(chunk)
            sent += len(chunk)
            await asyncio.sleep(0 if len(chunk) > 1 else 0.01)

    monkeypatch.setattr(http_look, "SECONDS", 5.0 if len(chunk) > 1 else 0.3)
    async with served(handle) as url:
        target = {"executor": "http", "url": url, "look.x": '"/a#/x"'}
        with pytest.raises(SourceUnavailableError, match=why):
            await Room(written(tmp_path, target, ("argocd_sync",))).observe()
    assert sent < 20_000_000


async def test_a_look_is_not_led_to_another_address(tmp_path: Path) -> None:
    seen: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request.path)
        if request.path == "/a":
            raise web.HTTPFound("http://169.254.169.254/latest/meta-data/")
        return web.json_response({"x": 1})

    async with served(handle) as url:
        target = {"executor": "http", "url": url, "look.x": '"/a#/x"'}
        with pytest.raises(SourceUnavailableError, match="/a answered 302"):
            await Room(written(tmp_path, target, ("argocd_sync",))).observe()
    assert seen == ["/a"]


async def test_a_target_says_where_it_is_live(tmp_path: Path, server: JobServer) -> None:
    target = {"executor": "http", "url": server.url, "identity": '"/who#/version"'}
    room = Room(written(tmp_path, target, ("argocd_sync",)))
    async with http_client() as client:
        assert await room.eyes(client).identity(room.service, TARGET) == "42"
    silent = Room(written(tmp_path, {**target, "identity": '"/who#/nothing"'}, ("argocd_sync",)))
    async with http_client() as client:
        with pytest.raises(SourceUnavailableError, match="does not say where it is live"):
            await silent.eyes(client).identity(silent.service, TARGET)


@asynccontextmanager
async def served(handle: Handler) -> AsyncGenerator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that no authority has signed."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, cert


async def test_tls_is_verified_and_an_authority_of_ones_own_can_be_named(
    tmp_path: Path, server: JobServer
) -> None:
    key, cert = await asyncio.to_thread(certificate, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    port = runner.addresses[0][1]
    try:
        target = {"executor": "http", "url": f"https://127.0.0.1:{port}", "look.x": '"/a#/version"'}
        plain = Room(written(tmp_path, target, ("argocd_sync",)))
        with pytest.raises(SourceUnavailableError):
            await plain.observe()
        assert not server.heard
        trusting = Room(written(tmp_path, {**target, "ca_file": str(cert)}, ("argocd_sync",)))
        assert await trusting.observe() == {"x": "42"}
    finally:
        await runner.cleanup()
