"""The supervisor: its configuration, its process, and a client for its XML-RPC interface."""

import sys
import xmlrpc.client
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiohttp

from bot.playground.service.layout import ServiceHome

ALREADY_STARTED, NOT_RUNNING = 60, 70
TIMEOUT = aiohttp.ClientTimeout(total=20)
MAX_ANSWER = 1_000_000


class SupervisorError(Exception):
    """The supervisor refused or could not be reached."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Program:
    """One service under the supervisor."""

    home: ServiceHome
    port: int
    gateway_url: str


@dataclass(frozen=True, slots=True)
class Supervisor:
    """The address of the supervisor and the credentials that it wants."""

    port: int
    username: str
    password: str

    @property
    def url(self) -> str:
        """The XML-RPC address, without credentials."""
        return f"http://127.0.0.1:{self.port}/RPC2"

    async def call(self, method: str, *args: str | bool) -> object:
        """Calls one method, for example `supervisor.getProcessInfo`; raises SupervisorError."""
        body = xmlrpc.client.dumps(args, method)
        login = aiohttp.encode_basic_auth(self.username, self.password)
        headers = {"Content-Type": "text/xml", "Authorization": login}
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT) as session,
                session.post(self.url, data=body, headers=headers) as answer,
            ):
                answer.raise_for_status()
                text = (await answer.content.read(MAX_ANSWER)).decode()
            return cast("tuple[tuple[object, ...], str]", xmlrpc.client.loads(text))[0][0]
        except xmlrpc.client.Fault as fault:
            raise SupervisorError(fault.faultString, fault.faultCode) from fault
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SupervisorError(f"supervisor not reachable: {error}") from error

    async def state(self, name: str) -> str:
        """The state name of a program, for example RUNNING."""
        info = cast("dict[str, object]", await self.call("supervisor.getProcessInfo", name))
        return str(info["statename"])

    async def restart(self, name: str) -> None:
        """Stops a program and starts it again; returns once the supervisor calls it RUNNING."""
        await self._tolerate(NOT_RUNNING, "supervisor.stopProcess", name)
        await self._tolerate(ALREADY_STARTED, "supervisor.startProcess", name)

    async def _tolerate(self, code: int, method: str, name: str) -> None:
        try:
            await self.call(method, name, True)
        except SupervisorError as error:
            if error.code != code:
                raise


def configuration(directory: Path, supervisor: Supervisor, programs: Sequence[Program]) -> str:
    """The text of supervisord's configuration file."""
    head = f"""[supervisord]
nodaemon=true
silent=true
directory={directory}
logfile={directory}/supervisor/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile={directory}/pids/supervisord-own.pid
childlogdir={directory}/supervisor
identifier=playground

[inet_http_server]
port=127.0.0.1:{supervisor.port}
username={supervisor.username}
password={supervisor.password}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
""".replace("%", "%%")
    return "\n".join([head, *(_section(directory, program) for program in programs)])


def _section(directory: Path, program: Program) -> str:
    words = (
        *(sys.executable, "-m", "bot.playground.service.run", str(program.home.root)),
        *("--name", program.home.name, "--port", str(program.port)),
        *("--gateway", program.gateway_url, "--pids", str(directory)),
    )
    # supervisord expands `%` once in all values, and a second time in this one.
    output = f"{directory}/supervisor/{program.home.name}.out".replace("%", "%%")
    command = " ".join('"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"' for word in words)
    return f"""[program:{program.home.name}]
command={command}
environment=MALLOC_ARENA_MAX="1"
autorestart=true
startsecs=1
startretries=1000
stopwaitsecs=3
stopsignal=TERM
redirect_stderr=true
stdout_logfile={output}
stdout_logfile_maxbytes=1MB
stdout_logfile_backups=0
""".replace("%", "%%")
