"""supervisord over XML-RPC, on a TCP port or a unix socket.

supervisord knows one credential for looking and for changing. A think process that only observes holds the
same one; what keeps it from changing anything is that the hands exist in act processes alone.
"""

import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from xml.parsers.expat import ExpatError

import httpx2

from bot.adapters.reach import reach_of
from bot.adapters.shapes import mapping
from bot.domain.errors import GreenlightError, SourceUnavailableError
from bot.domain.service import Target

MAX_BYTES = 1_000_000
LOOK_SECONDS = 4.0
CONNECT_SECONDS = 2.0
ALREADY_STARTED, NOT_RUNNING = 60, 70
OK, UNAUTHORISED = 200, {401, 403}


class SupervisorFaultError(GreenlightError):
    """The supervisor refused: a definite answer, nothing was done by this call."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotReachedError(SourceUnavailableError):
    """No connection to the supervisor could be made: nothing was done by this call."""


@dataclass(frozen=True, slots=True)
class Supervisor:
    """One program under one supervisord; `url` is `http(s)://host:port/RPC2` or `unix:///path/to.sock`."""

    url: str
    program: str
    username: str = ""
    password: str = field(default="", repr=False)

    async def info(self) -> Mapping[str, object]:
        """What the supervisor says of the program; raises SourceUnavailableError."""
        try:
            return mapping(await self._call("supervisor.getProcessInfo", LOOK_SECONDS, self.program))
        except SupervisorFaultError as fault:
            raise SourceUnavailableError(f"supervisord on {self.program}: {fault.message}") from fault

    async def identification(self) -> str:
        """The identifier that the supervisor was configured with; raises SourceUnavailableError."""
        try:
            found = await self._call("supervisor.getIdentification", LOOK_SECONDS)
        except SupervisorFaultError as fault:
            raise SourceUnavailableError(f"supervisord does not say who it is: {fault.message}") from fault
        if not isinstance(found, str) or not found:
            raise SourceUnavailableError("supervisord does not say who it is.")
        return found

    async def restart(self, seconds: float) -> None:
        """Stop the program and start it again, each waited for.

        Raises SupervisorFaultError (refused), NotReachedError (nothing done), SourceUnavailableError
        (unknown), TimeoutError (unknown).
        """
        await self._tolerating(NOT_RUNNING, "supervisor.stopProcess", seconds)
        try:
            await self._tolerating(ALREADY_STARTED, "supervisor.startProcess", seconds)
        except NotReachedError as error:
            raise SourceUnavailableError("supervisord was lost between stop and start.") from error

    async def _tolerating(self, code: int, method: str, seconds: float) -> None:
        try:
            await self._call(method, seconds, self.program, True)
        except SupervisorFaultError as fault:
            if fault.code != code:
                raise

    async def _call(self, method: str, seconds: float, *args: str | bool) -> object:
        body = xmlrpc.client.dumps(args, method).encode()
        timeout = httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
        url, transport = _transport(self.url)
        auth = httpx2.BasicAuth(self.username, self.password) if self.username else None
        headers = {"Content-Type": "text/xml", "Accept-Encoding": "identity"}
        try:
            async with (
                httpx2.AsyncClient(
                    transport=transport, timeout=timeout, auth=auth, trust_env=False
                ) as client,
                client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                return _parsed(answer.status_code, await _capped(answer))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise NotReachedError("supervisord cannot be reached.") from error
        except httpx2.TimeoutException as error:
            raise TimeoutError(f"supervisord did not answer {method} within {seconds:g} s") from error
        except httpx2.HTTPError as error:
            raise SourceUnavailableError(f"supervisord broke off ({type(error).__name__}).") from error


def supervisor_of(target: Target) -> Supervisor | None:
    """The supervisor of a target, where its settings name one."""
    reach = reach_of(target)
    if not reach.rpc_url or not reach.program:
        return None
    return Supervisor(reach.rpc_url, reach.program, reach.username, reach.password)


def _transport(url: str) -> tuple[str, httpx2.AsyncHTTPTransport]:
    if url.startswith("unix://"):
        uds = url.removeprefix("unix://")
        return "http://localhost/RPC2", httpx2.AsyncHTTPTransport(uds=uds, trust_env=False, verify=False)
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.username is not None:
        raise SourceUnavailableError(
            "rpc_url must be http(s)://host:port/RPC2 or unix:///path, no credentials."
        )
    path = url if parts.path not in {"", "/"} else f"{url.rstrip('/')}/RPC2"
    # Without TLS there is nothing to verify, and loading the certificates would block the loop.
    return path, httpx2.AsyncHTTPTransport(trust_env=False, verify=parts.scheme == "https")


async def _capped(answer: httpx2.Response) -> bytes:
    if answer.headers.get("content-encoding", "identity").casefold() != "identity":
        raise SourceUnavailableError("supervisord sent a compressed answer that was not asked for.")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise SourceUnavailableError(f"supervisord answered with more than {MAX_BYTES} bytes.")
    return bytes(body)


def _parsed(status: int, body: bytes) -> object:
    if status in UNAUTHORISED:
        raise SupervisorFaultError(status, "supervisord refused the user name or the password.")
    if status != OK:
        raise SourceUnavailableError(f"supervisord answered {status}.")
    if b"<!" in body:
        raise SourceUnavailableError("supervisord answered with a document type, which is never read.")
    try:
        values, _ = xmlrpc.client.loads(body)
    except xmlrpc.client.Fault as fault:
        raise SupervisorFaultError(fault.faultCode, fault.faultString[:200]) from fault
    except (ExpatError, xmlrpc.client.Error, ValueError, TypeError, IndexError) as error:
        raise SourceUnavailableError("supervisord answered with something else than XML-RPC.") from error
    return values[0] if values else None
