"""Real HTTP servers on loopback, by raw bytes: a well-behaved one that is scripted, and hostile ones."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
METADATA = "http://169.254.169.254/latest/meta-data/"
CHUNK = b'{"status": "success", "padding": "' + b"x" * 65_500


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, object]:
        """The body."""
        parsed: dict[str, object] = json.loads(self.body)
        return parsed


Script = Callable[[Asked], object]
"""Gives what is answered: bytes for a whole response, anything else as JSON with 200."""


@dataclass(slots=True)
class Server:
    """Where it listens, and everything that it was asked."""

    url: str
    asked: list[Asked] = field(default_factory=list[Asked])


@asynccontextmanager
async def scripted(script: Script, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Server]:
    """A server that answers what a script says."""

    async def answer(writer: asyncio.StreamWriter, asked: Asked) -> None:
        said = script(asked)
        writer.write(said if isinstance(said, bytes) else response(json.dumps(said).encode()))

    async with _serving(answer, tls) as server:
        yield server


@asynccontextmanager
async def hostile(fault: Answer) -> AsyncGenerator[Server]:
    """A server that answers everything with one fault."""

    async def answer(writer: asyncio.StreamWriter, _: Asked) -> None:
        await fault(writer)

    async with _serving(answer) as server:
        yield server


@asynccontextmanager
async def _serving(
    answer: Callable[[asyncio.StreamWriter, Asked], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncGenerator[Server]:
    server = Server("")
    tasks = set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            asked = await _request(reader)
            server.asked.append(asked)
            await answer(writer, asked)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            tasks.discard(task)

    listening = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = listening.sockets[0].getsockname()[1]
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    try:
        yield server
    finally:
        listening.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listening.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, target, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    params = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return Asked(method, parts.path, params, headers, body)


def response(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A whole response."""
    named = {"content-type": "application/json", "content-length": str(len(body)), "connection": "close"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def saying(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """A fault that is one whole response."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(response(body, status, **headers))

    return answer


async def silent(_: asyncio.StreamWriter) -> None:
    """Never says anything."""
    await asyncio.Event().wait()


async def trickling(writer: asyncio.StreamWriter) -> None:
    """Says one byte more again and again, so that no single read ever times out."""
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{"a": "')
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless(writer: asyncio.StreamWriter) -> None:
    """Never stops, as fast as it can."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        writer.write(f"{len(CHUNK):x}\r\n".encode() + CHUNK + b"\r\n")
        await writer.drain()


async def huge(writer: asyncio.StreamWriter) -> None:
    """Announces a gigabyte and sends it."""
    size = 1 << 30
    writer.write(
        f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n".encode()
    )
    for _ in range(size // len(CHUNK)):
        writer.write(CHUNK)
        await writer.drain()


async def breaking_off(writer: asyncio.StreamWriter) -> None:
    """Hangs up in the middle of a body."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{")
    await writer.drain()


async def babbling(writer: asyncio.StreamWriter) -> None:
    """Speaks no HTTP at all."""
    writer.write(b"\x00\x01\x02 SSH-2.0-OpenSSH_9.2\r\n\r\n")
    await writer.drain()


FAULTS: dict[str, Answer] = {
    "silent": silent,
    "trickling": trickling,
    "endless": endless,
    "huge": huge,
    "gzip_bomb": saying(gzip.compress(b"0" * 50_000_000), content_encoding="gzip"),
    "breaking_off": breaking_off,
    "babbling": babbling,
    "garbage": saying(b"\x1b]0;owned\x07" * 50),
    "html": saying(b"<!doctype html><title>Sign in</title>", content_type="text/html"),
    "no_utf8": saying(b'{"status": "\xff\xfe\xc3\x28"}'),
    "deep": saying(b"[" * 200_000),
    "null": saying(b"null"),
    "empty": saying(b""),
    "wrong_shape": saying(b'{"status": "success", "data": 7, "hits": [], "spec": null}'),
    "metadata": saying(b"", "302 Found", location=METADATA),
    "metadata_307": saying(b"", "307 Temporary Redirect", location=METADATA),
    "circles": saying(b"", "302 Found", location="/again"),
    "unauthorised": saying(b'{"message": "token expired"}', "401 Unauthorized"),
    "forbidden": saying(b"{}", "403 Forbidden"),
    "too_many": saying(b"{}", "429 Too Many Requests", retry_after="86400"),
    "broken": saying(b"<h1>Bad gateway</h1>", "502 Bad Gateway"),
}
"""Every way in which a server may be of no use, by name."""
