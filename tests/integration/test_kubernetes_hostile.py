"""Whatever stands where the API server should be: a typed error in time, no write called done."""

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiohttp import web

from bot.adapters import kubernetes_logs, kubernetes_wire
from bot.adapters.change_reading import ChangeAsk
from bot.adapters.content import FileContent
from bot.adapters.kubernetes_changes import read_rollouts
from bot.adapters.kubernetes_eyes import identity, observed
from bot.adapters.kubernetes_hands import perform
from bot.adapters.kubernetes_logs import read_pod_logs
from bot.adapters.kubernetes_rehearsal import probe, rehearse
from bot.adapters.log_reading import LogAsk
from bot.adapters.tasks import Task
from bot.domain.action import Catalogue
from bot.domain.errors import ExecutorRefusedError, SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source
from tests.fakes.kubernetes_scenarios import Stand, task_on
from tests.fakes.kubernetes_server import answering

ROOT = Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests" / "data" / "kubernetes"
RECORDED: list[dict[str, Any]] = json.loads((DATA / "observe-deployment.json").read_text())["exchanges"]
NOW = At(json.loads((DATA / "observe-deployment.json").read_text())["now"])
JSON = {"Content-Type": "application/json"}
DEEP = b'{"a":' * 100_000
METADATA = "http://169.254.169.254/latest/meta-data"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return FileContent((ROOT / "runbooks",), {}).catalogue()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_wire, "LOOK_SECONDS", 0.5)
    monkeypatch.setattr(kubernetes_logs, "SECONDS", 1.0)


async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers=JSON)
    await answer.prepare(request)
    while True:
        await answer.write(b" " * 1_000_000)


async def trickle(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers=JSON)
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.05)


async def silent(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def cut_short(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={**JSON, "Content-Length": "5000"})
    await answer.prepare(request)
    await answer.write(b'{"kind": "Depl')
    assert request.transport is not None
    request.transport.close()
    return answer


def fixed(status: int, body: bytes, **headers: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body, headers={**JSON, **headers})

    return handler


def status_of(code: int, message: str = "no") -> bytes:
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "No", "code": code}
    return json.dumps({**body, "message": message}).encode()


HOSTILE = {
    "silent": silent,
    "a byte at a time": trickle,
    "endless": endless,
    "cut short": cut_short,
    "garbage": fixed(200, bytes(range(256)) * 100),
    "invalid UTF-8": fixed(200, b'{"kind": "Deployment", "metadata": {"name": "\xff\xfe"}}'),
    "HTML with 200": fixed(200, b"<html>Please log in</html>", **{"Content-Type": "text/html"}),
    "a list": fixed(200, b"[1, 2, 3]"),
    "nothing": fixed(200, b""),
    "too deep": fixed(200, DEEP),
    "another kind": fixed(200, b'{"kind": "Secret", "metadata": {"name": "checkout"}}'),
    "a Status with 200": fixed(200, status_of(200)),
    "gzip": fixed(200, gzip.compress(b" " * 50_000_000), **{"Content-Encoding": "gzip"}),
    "a redirect to a metadata address": fixed(302, b"", Location=METADATA),
    "moved for good": fixed(308, b"", Location=METADATA),
    "401": fixed(401, status_of(401, "Unauthorized")),
    "403 of a proxy": fixed(403, b"<html>blocked</html>"),
    "403 in a proxy's own JSON": fixed(403, b'{"message": "blocked"}'),
    "429": fixed(429, status_of(429)),
    "500": fixed(500, status_of(500)),
    "503 without words": fixed(503, b""),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_look_at_a_hostile_server_is_a_source_that_did_not_answer(
    name: str, catalogue: Catalogue, tmp_path: Path
) -> None:
    async with answering(tmp_path, HOSTILE[name]) as config:
        stand = Stand(config, NOW, catalogue, "hostile:0")
        target = stand.target()
        source = Source("kubernetes", target.settings)
        ask = ChangeAsk(source, stand.service(target), stand.window())
        async with httpx2.AsyncClient(trust_env=False) as client, asyncio.timeout(20):
            for look in (
                observed(target),
                identity(target),
                read_rollouts(ask, client),
                _lines(stand, client),
            ):
                with pytest.raises(SourceUnavailableError) as caught:
                    await look
                assert caught.value.message.isprintable()
                assert len(caught.value.message) < 400


async def _lines(stand: Stand, client: httpx2.AsyncClient, max_bytes: int = 4_000_000) -> list[str]:
    source = Source("kubernetes", stand.target().settings)
    batches = [
        batch async for batch in read_pod_logs(source, LogAsk(stand.window(), max_bytes=max_bytes), client)
    ]
    return [line for batch in batches for line in batch.lines]


def until_the_write(hostile: Any, dry_run: Any = None) -> Any:
    """A server that is well until somebody writes."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.method == "PATCH":
            chosen = dry_run if "dryRun" in request.query and dry_run is not None else hostile
            answer: web.StreamResponse = await chosen(request)
            return answer
        known = next((one for one in RECORDED if one["path"] == request.path), None)
        if known is None:
            return web.Response(status=404, body=status_of(404), headers=JSON)
        return web.json_response(known["answer"])

    return handler


async def prepared(config: str, catalogue: Catalogue) -> Task:
    return await task_on(
        Stand(config, NOW, catalogue, "hostile:0"), _target(config, catalogue), "k8s_restart", None
    )


def _target(config: str, catalogue: Catalogue) -> Any:
    return Stand(config, NOW, catalogue, "hostile:0").target()


CERTAIN = {"401", "429"}
"""What a real API server says before it does anything; all else says nothing of what was done."""


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_write_is_a_definite_failure_only_where_the_api_server_says_so(
    name: str, catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.kubernetes_hands.WRITE_SECONDS", 1.0)
    async with answering(tmp_path, until_the_write(HOSTILE[name])) as config:
        task = await prepared(config, catalogue)
        if name in CERTAIN:
            done = await perform(task)
            assert not done.ok
            assert "Nothing was changed" in done.detail
            assert (await rehearse(task)).refused
        else:
            with pytest.raises((SourceUnavailableError, TimeoutError)):
                await perform(task)
            with pytest.raises(SourceUnavailableError):
                await rehearse(task)
        assert (await probe(task))[0] is False


async def test_an_answer_that_is_right_and_too_long_is_not_taken(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_wire, "LOOK_SECONDS", 20.0)

    async def handler(request: web.Request) -> web.Response:
        known = next(one for one in RECORDED if one["path"] == request.path)
        body = json.dumps(known["answer"]).encode() + b" " * kubernetes_wire.MAX_BYTES
        return web.Response(body=body, headers=JSON)

    async with answering(tmp_path, handler) as config:
        with pytest.raises(SourceUnavailableError, match="more than 8000000 bytes"):
            await observed(Stand(config, NOW, catalogue, "long:0").target())


async def test_a_server_that_cannot_be_reached_was_not_changed(catalogue: Catalogue, tmp_path: Path) -> None:
    async with answering(tmp_path, until_the_write(silent)) as config:
        task = await prepared(config, catalogue)
    done = await perform(task)
    assert not done.ok
    assert "cannot be reached" in done.detail
    assert (await probe(task))[0] is None


async def test_conflicts_without_end_are_drift_and_nothing_is_written(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    async with answering(tmp_path, until_the_write(fixed(409, status_of(409)))) as config:
        task = await prepared(config, catalogue)
        with pytest.raises(ExecutorRefusedError) as caught:
            await perform(task)
    assert caught.value.code == "DRIFT"


async def test_no_write_follows_a_redirect_and_no_credential_goes_elsewhere(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    elsewhere: list[str] = []

    async def other(request: web.Request) -> web.Response:
        elsewhere.append(request.path)
        return web.Response()

    (tmp_path / "other").mkdir()
    async with answering(tmp_path / "other", other) as there:
        address = (await asyncio.to_thread(Path(there).read_text)).partition("server: ")[2].split()[0]
        moved = fixed(307, b"", Location=f"{address}/apis/apps/v1/namespaces/shop/deployments/checkout")
        async with answering(tmp_path, until_the_write(moved)) as config:
            task = await prepared(config, catalogue)
            with pytest.raises(SourceUnavailableError):
                await perform(task)
    assert elsewhere == []


async def test_a_gigantic_log_is_read_in_flat_memory_and_its_newest_lines_are_kept(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes_logs, "SECONDS", 60.0)
    line = b"2026-11-22T21:36:46.000000000Z ERROR something went wrong, for the thousandth time, as before\n"
    count = 150_000
    known = json.loads((DATA / "logs.json").read_text())["exchanges"]

    async def handler(request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("/log"):
            return web.json_response(next(one["answer"] for one in known if one["path"] == request.path))
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        for _ in range(count // 1_000):
            await answer.write(line * 1_000)
        await answer.write(line.replace(b"as before", b"at last"))
        return answer

    monkeypatch.setattr(kubernetes_logs, "MAX_STREAMS", 1)
    async with answering(tmp_path, handler) as config, httpx2.AsyncClient(trust_env=False) as client:
        now = At(json.loads((DATA / "logs.json").read_text())["now"])
        stand = Stand(config, now, catalogue, "huge:0")
        tracemalloc.start()
        try:
            lines = await _lines(stand, client, 1_000_000)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(line) * count > 14_000_000
    assert peak < 7_000_000
    assert sum(map(len, lines)) < 1_000_000
    assert lines[-1].endswith("at last")
