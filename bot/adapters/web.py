"""HTTP servers that are only looked at: one door with deadlines, byte caps, verified TLS and typed errors."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

import httpx2

from bot.adapters.shapes import mapping
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Source

SECONDS = 8.0
"""From the first byte sent to the last byte read; a slow trickle ends with it as well."""
TIMEOUT = httpx2.Timeout(SECONDS, connect=3.0)
MAX_BYTES = 4_000_000
MAX_REDIRECTS = 3
MAX_SAID = 10_000
LARGE = 100_000
"""Bytes from which parsing is left to a thread."""

OK = range(200, 300)
MOVED = frozenset({301, 302, 303, 307, 308})
DENIED = frozenset({401, 403, 407})
TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Question:
    """One request; a body makes it a search by POST, which is never sent anywhere else by a redirect."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and a body of bounded size."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Backend:
    """One server; its address and credential come from configuration only."""

    name: str
    url: str
    client: httpx2.AsyncClient = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    ca_file: str = ""
    seconds: float = SECONDS
    max_bytes: int = MAX_BYTES

    def with_headers(self, **headers: str) -> "Backend":
        """The same server, with more headers in each request."""
        return replace(self, headers={**self.headers, **headers})

    async def json(self, question: Question) -> object:
        """The answer as JSON; raises SourceUnavailableError."""
        reply = await self.ask(question)
        if reply.status not in OK:
            raise SourceUnavailableError(f"{self.name} answered {reply.status}: {_said(reply.body)}")
        return await self.parsed(reply)

    async def text(self, question: Question) -> str:
        """The answer as UTF-8 text; raises SourceUnavailableError."""
        reply = await self.ask(question)
        if reply.status not in OK:
            raise SourceUnavailableError(f"{self.name} answered {reply.status}.")
        return self._decoded(reply)

    async def parsed(self, reply: Reply) -> object:
        """The JSON of an answer; raises SourceUnavailableError."""
        text = self._decoded(reply)
        try:
            return await asyncio.to_thread(json.loads, text) if len(text) > LARGE else json.loads(text)
        except (ValueError, RecursionError) as error:
            what = "an HTML page" if text.lstrip()[:1] == "<" else "something else than JSON"
            raise SourceUnavailableError(f"{self.name} answered {reply.status} with {what}.") from error

    async def ask(self, question: Question) -> Reply:
        """The bytes of the answer, whatever its status; raises SourceUnavailableError."""
        try:
            async with asyncio.timeout(self.seconds), self._trusting() as client:
                return await self._followed(client, question)
        except (TimeoutError, httpx2.TimeoutException) as error:
            why = f"{self.name} did not answer within {self.seconds:g} s."
            raise SourceUnavailableError(why) from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SourceUnavailableError(f"{self.name} did not answer ({type(error).__name__}).") from error

    async def _followed(self, client: httpx2.AsyncClient, question: Question) -> Reply:
        url = f"{self.url.rstrip('/')}{question.path}"
        params: Mapping[str, str] | None = question.params or None
        for _ in range(MAX_REDIRECTS + 1):
            async with self._answer(client, url, params, question.body) as answer:
                if answer.status_code not in MOVED:
                    return await self._read(answer)
                url, params = self._moved(url, answer, question), None
        raise SourceUnavailableError(f"{self.name} redirects in circles.")

    def _moved(self, url: str, answer: httpx2.Response, question: Question) -> str:
        """Where a look may go on: on the same scheme, host and port, and never with a body."""
        there = urljoin(str(answer.request.url), answer.headers.get("location", ""))
        if question.body is not None or _origin(there) != _origin(url):
            where = "".join(each for each in urlsplit(there).netloc[:80] if each.isprintable())
            raise SourceUnavailableError(
                f"{self.name} answered {answer.status_code}, a redirect to {where or 'nowhere'}: refused."
            )
        return there

    @asynccontextmanager
    async def _answer(
        self,
        client: httpx2.AsyncClient,
        url: str,
        params: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> AsyncGenerator[httpx2.Response]:
        headers = {"Accept": "application/json", **self.headers, "Accept-Encoding": "identity"}
        # Said with each request, so that no client that we are given can do otherwise.
        async with client.stream(
            "GET" if body is None else "POST", url, params=params, json=body, headers=headers,
            timeout=TIMEOUT, follow_redirects=False,
        ) as answer:  # fmt: skip
            yield answer

    async def _read(self, answer: httpx2.Response) -> Reply:
        if answer.status_code in DENIED:
            raise SourceUnavailableError(
                f"{self.name} answered {answer.status_code}: it does not accept our credential."
            )
        if answer.status_code == TOO_MANY:
            raise SourceUnavailableError(f"{self.name} answered 429: too many requests.")
        # A compressed body could be a thousand times its size; we ask for none and take none.
        if answer.headers.get("content-encoding", "identity").casefold() != "identity":
            raise SourceUnavailableError(f"{self.name} sent a compressed answer that was not asked for.")
        body = bytearray()
        async for chunk in answer.aiter_bytes():
            body += chunk
            if len(body) > self.max_bytes:
                raise SourceUnavailableError(f"{self.name} answered with more than {self.max_bytes} bytes.")
        return Reply(answer.status_code, bytes(body))

    def _decoded(self, reply: Reply) -> str:
        try:
            return reply.body.decode()
        except UnicodeDecodeError as error:
            what = f"{self.name} answered {reply.status} with bytes that are no UTF-8."
            raise SourceUnavailableError(what) from error

    @asynccontextmanager
    async def _trusting(self) -> AsyncGenerator[httpx2.AsyncClient]:
        """The common client, or one of its own for a server that another authority vouches for."""
        if not self.ca_file:
            yield self.client
            return
        try:
            # Loading certificates reads files, which would block the loop.
            trust = await asyncio.to_thread(ssl.create_default_context, cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            why = f"{self.name}: ca_file cannot be read as certificates ({type(error).__name__})."
            raise SourceUnavailableError(why) from error
        async with httpx2.AsyncClient(verify=trust, trust_env=False) as client:
            yield client


def http_client() -> httpx2.AsyncClient:
    """A client that follows nothing, takes no proxy from the environment and gives up in time."""
    return httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)


def backend_of(name: str, source: Source, client: httpx2.AsyncClient, url: str = "") -> Backend:
    """The server that a source names, with its credential: a bearer token, or a name and a password."""
    headers: dict[str, str] = {}
    if source.setting("token"):
        headers["Authorization"] = f"Bearer {source.setting('token')}"
    elif source.setting("username"):
        pair = f"{source.setting('username')}:{source.setting('password')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    if source.setting("tenant"):
        headers["X-Scope-OrgID"] = source.setting("tenant")
    seconds = float(source.setting("timeout_seconds", f"{SECONDS:g}"))
    return Backend(name, source.setting("url", url), client, headers, source.setting("ca_file"), seconds)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", "", None
    return parts.scheme, parts.hostname or "", port or {"http": 80, "https": 443}.get(parts.scheme)


def _said(body: bytes) -> str:
    """What a server says about its error, on one printable line: in JSON, or as plain text."""
    text = body[:MAX_SAID].decode("utf-8", "replace").strip()
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = "an HTML page" if text[:1] == "<" else text
    for name in ("error", "message", "reason"):
        found = mapping(found).get(name, found)
    said = found if isinstance(found, str) and found else "no reason given"
    return "".join(letter if letter.isprintable() else " " for letter in said[:300])
