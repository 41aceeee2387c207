"""One request and its answer: the base from configuration, TLS verified, sizes capped, nothing followed."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2

from bot.adapters.content_how import AuthDoor
from bot.adapters.plain_values import line
from bot.domain.errors import SourceUnavailableError
from bot.domain.service import Target

MAX_BYTES = 2_000_000
ANSWER_SECONDS = 30.0
CONNECT_SECONDS = 5.0


class NotSentError(SourceUnavailableError):
    """No connection could be made: nothing was sent."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body of bounded size."""

    status: int
    body: bytes = field(repr=False)

    def json(self) -> object:
        """The body as JSON; raises SourceUnavailableError."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise SourceUnavailableError(f"The answer {self.status} is not JSON.") from error


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `path` begins with `/` and stands under the configured base."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """A server as the target's settings name it, with the headers that every request carries."""

    base: str
    client: httpx2.AsyncClient
    headers: Mapping[str, str] = field(repr=False)

    async def ask(self, request: Request, seconds: float = ANSWER_SECONDS) -> Answer:
        """Send one request and read its answer, to the last byte within these seconds.

        Raises NotSentError (nothing was sent), SourceUnavailableError and TimeoutError (it may have been).
        """
        headers = {**self.headers, **request.headers, "Accept-Encoding": "identity"}
        try:
            async with (
                asyncio.timeout(seconds),
                self.client.stream(
                    request.method,
                    f"{self.base}{request.path}",
                    params=request.query or None,
                    headers={name: line(value) for name, value in headers.items()},
                    content=request.body,
                    follow_redirects=False,
                ) as answer,
            ):
                return Answer(answer.status_code, await _capped(answer))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise NotSentError(f"{self._host()} cannot be reached ({type(error).__name__}).") from error
        except httpx2.TimeoutException as error:
            raise TimeoutError(f"{self._host()} did not answer in time.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SourceUnavailableError(f"{self._host()} broke off ({type(error).__name__}).") from error

    def _host(self) -> str:
        return urlsplit(self.base).netloc


@asynccontextmanager
async def site_of(
    target: Target, auth: AuthDoor, *, writing: bool = False, headers: Mapping[str, str] | None = None
) -> AsyncGenerator[Site]:
    """The server of a target; raises NotSentError where its settings do not allow to ask it."""
    base = _base(target.setting("url"))
    token = _token(target, writing=writing)
    sent = {"User-Agent": "greenlight", "Accept": "application/json", **(headers or {})}
    if token:
        sent[auth.header] = f"{auth.prefix}{token}"
    timeout = httpx2.Timeout(None, connect=CONNECT_SECONDS)
    # Loading certificates reads files, which would block the loop.
    verify = await asyncio.to_thread(_trust, target.setting("ca_file")) if base.startswith("https") else False
    async with httpx2.AsyncClient(timeout=timeout, verify=verify, trust_env=False) as client:
        yield Site(base, client, sent)


def _base(url: str) -> str:
    parts = urlsplit(url)
    whole = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None
    if not whole or parts.query or parts.fragment or not url.isascii() or not url.isprintable():
        raise NotSentError("url must be http(s)://host[:port][/path], without credentials or a query.")
    return url.rstrip("/")


def _token(target: Target, *, writing: bool) -> str:
    """The write token where one is configured; it is empty in processes that may only look."""
    named = dict(target.settings)
    if writing and "write_token" in named:
        if not named["write_token"]:
            raise NotSentError(f"{target.id}: this process has no write_token.")
        return named["write_token"]
    return named.get("token", "")


def _trust(ca_file: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise NotSentError(f"ca_file cannot be read as certificates ({type(error).__name__}).") from error


async def _capped(answer: httpx2.Response) -> bytes:
    if answer.headers.get("content-encoding", "identity").casefold() != "identity":
        raise SourceUnavailableError("The answer is compressed, which was not asked for.")
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceUnavailableError(f"The answer has more than {MAX_BYTES} bytes.")
    return bytes(body)
