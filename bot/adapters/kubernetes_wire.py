"""The API server over HTTP: byte caps, deadlines, verified TLS, no redirects, typed answers.

A thin layer of our own rather than a client library: a dozen endpoints, async, and every cap in one place.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from bot.adapters.kubernetes_access import Access
from bot.adapters.shapes import mapping
from bot.domain.errors import GreenlightError, SourceUnavailableError

MAX_BYTES = 8_000_000
LARGE = 100_000
LOOK_SECONDS = 8.0
CONNECT_SECONDS = 3.0
OK, CREATED, REFUSALS = 200, 201, range(400, 500)
UNAUTHORISED, CONFLICT = 401, 409
BUSY = frozenset({408})
"""Statuses below 500 that do not say whether a write was done."""

MERGE = "application/strategic-merge-patch+json"
PLAIN_MERGE = "application/merge-patch+json"
Query = Mapping[str, str]


class RefusedError(GreenlightError):
    """The API server refused: a definite answer, nothing was changed by this call."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class NotReachedError(SourceUnavailableError):
    """No connection to the API server could be made: nothing was changed by this call."""


@dataclass(frozen=True, slots=True)
class Patch:
    """One write as it goes over the wire."""

    path: str
    body: Mapping[str, object]
    media: str = MERGE


@dataclass(slots=True)
class Cluster:
    """One API server under one credential, for as long as its client is open."""

    client: httpx2.AsyncClient = field(repr=False)
    server: str

    async def get(self, path: str, query: Query | None = None) -> Mapping[str, object]:
        """One object or list; raises RefusedError, SourceUnavailableError."""
        return await self._within(LOOK_SECONDS, "GET", path, query or {}, None)

    async def patch(
        self, patch: Patch, *, dry_run: bool, seconds: float | None = None
    ) -> Mapping[str, object]:
        """One object after the patch; a dry run changes nothing.

        Raises RefusedError and NotReachedError where nothing was changed, TimeoutError and
        SourceUnavailableError where that is not known. The server is told to give up earlier than we do.
        """
        seconds = LOOK_SECONDS if seconds is None else seconds
        asked = {"fieldManager": "greenlight", "timeout": f"{max(1, int(seconds) - 1)}s"}
        if dry_run:
            asked["dryRun"] = "All"
        try:
            async with asyncio.timeout(seconds):
                return await self._call("PATCH", patch.path, asked, patch)
        except TimeoutError as error:
            if dry_run:
                raise SourceUnavailableError(f"The dry run had no answer within {seconds:g} s.") from error
            raise

    async def may(self, verb: str, resource: str, namespace: str) -> bool:
        """Whether this credential may do that, as the API server says (SelfSubjectAccessReview)."""
        name, _, sub = resource.partition("/")
        group = "" if name in {"pods", "events", "namespaces", "secrets", "configmaps"} else "apps"
        asked = {"verb": verb, "group": group, "resource": name, "subresource": sub, "namespace": namespace}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = await self._within(LOOK_SECONDS, "POST", path, {}, Patch(path, body, "application/json"))
        return mapping(answer.get("status")).get("allowed") is True

    async def stream(self, path: str, query: Query) -> AsyncGenerator[bytes]:
        """The chunks of a plain text answer, as they come; raises RefusedError, SourceUnavailableError."""
        try:
            async with self._answer("GET", path, query, None) as answer:
                if answer.status_code != OK:
                    _parsed(answer.status_code, await _capped(answer))
                if not answer.headers.get("content-type", "text/plain").startswith("text/plain"):
                    raise SourceUnavailableError("The cluster answered with something else than a log.")
                async for chunk in answer.aiter_bytes():
                    yield chunk
        except httpx2.HTTPError as error:
            raise _lost(error) from error

    async def _within(
        self, seconds: float, method: str, path: str, query: Query, body: Patch | None
    ) -> Mapping[str, object]:
        try:
            async with asyncio.timeout(seconds):
                return await self._call(method, path, query, body)
        except TimeoutError as error:
            raise SourceUnavailableError(f"The cluster did not answer within {seconds:g} s.") from error

    async def _call(self, method: str, path: str, query: Query, body: Patch | None) -> Mapping[str, object]:
        try:
            async with self._answer(method, path, query, body) as answer:
                status, said = answer.status_code, await _capped(answer)
                # A long list takes its time to parse, which the event loop does not have.
                long = len(said) > LARGE
                return await asyncio.to_thread(_parsed, status, said) if long else _parsed(status, said)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise NotReachedError("The cluster cannot be reached.") from error
        except httpx2.TimeoutException as error:
            raise TimeoutError("the cluster did not answer in time") from error
        except httpx2.HTTPError as error:
            raise _lost(error) from error

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, query: Query, body: Patch | None
    ) -> AsyncGenerator[httpx2.Response]:
        headers = {"Content-Type": body.media} if body else {}
        content = json.dumps(body.body).encode() if body else None
        async with self.client.stream(
            method, f"{self.server}{path}", params=query, headers=headers, content=content
        ) as answer:
            if answer.headers.get("content-encoding", "identity").casefold() != "identity":
                raise SourceUnavailableError("The cluster sent a compressed answer that was not asked for.")
            yield answer


Connect = Callable[[Access], httpx2.AsyncClient]


def connect(access: Access) -> httpx2.AsyncClient:
    """A client that follows nothing, takes no proxy from the environment and gives up in time."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "greenlight"}
    if access.token:
        headers["Authorization"] = f"Bearer {access.token}"
    return httpx2.AsyncClient(
        verify=access.tls if access.tls is not None else False,
        timeout=httpx2.Timeout(LOOK_SECONDS, connect=CONNECT_SECONDS),
        headers=headers,
        follow_redirects=False,
        trust_env=False,
    )


async def _capped(answer: httpx2.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceUnavailableError(f"The cluster answered with more than {MAX_BYTES} bytes.")
    return bytes(body)


def _parsed(status: int, body: bytes) -> Mapping[str, object]:
    try:
        raw: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise SourceUnavailableError(
            f"The cluster answered {status} with something else than JSON."
        ) from error
    answer = mapping(raw)
    if status in {OK, CREATED} and answer.get("kind") not in {None, "Status"}:
        return answer
    if status in REFUSALS and status not in BUSY and answer.get("kind") == "Status":
        said = _line(answer.get("message")) or "no reason given"
        raise RefusedError(status, _line(answer.get("reason")), f"The cluster refused ({status}): {said}")
    raise SourceUnavailableError(
        f"The cluster answered {status}: {_line(answer.get('message')) or 'nothing usable'}"
    )


def _line(raw: object) -> str:
    """Text of the server as one printable line of at most 300 characters."""
    text = raw if isinstance(raw, str) else ""
    return "".join(letter if letter.isprintable() else " " for letter in text[:300])


def _lost(error: httpx2.HTTPError) -> SourceUnavailableError:
    return SourceUnavailableError(f"The cluster broke off ({type(error).__name__}).")
