"""Hands and eyes on a real supervisord that runs a tiny program."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import psutil
import pytest

from bot.adapters.clock import SystemClock
from bot.adapters.eyes import SourceEyes
from bot.adapters.hands import ApprovedHands
from bot.adapters.supervisor import NotReachedError, Supervisor
from bot.adapters.web import http_client
from bot.domain.errors import SourceUnavailableError
from bot.domain.evidence import Observation
from bot.domain.finding import ProposedStep
from bot.domain.ids import ActionId
from bot.playground.processes import free_port
from bot.ports.world import Done, Window
from tests.fakes.claimed import claimed, kept
from tests.fakes.content import PROCESS, FixedContent, example_content
from tests.fakes.store import memory_store
from tests.waiting import eventually

PROGRAM = "import signal\nsignal.pause()\n"
PASSWORD = "correct-horse-battery"


@dataclass(frozen=True, slots=True)
class House:
    """A supervised program with releases, a configuration file and a log of deployments."""

    root: Path
    unix: str
    tcp: str
    content: FixedContent
    client: httpx2.AsyncClient
    pid: int

    def eyes(self) -> SourceEyes:
        def never(_lines: object, _budget: int) -> object:
            raise AssertionError("no logs here")

        return SourceEyes(SystemClock(), str, self.client, never)  # pyright: ignore[reportArgumentType]

    async def observe(self) -> Observation:
        return await self.eyes().observe(self.content.inventory().services[0], PROCESS)

    async def perform(self, action: str, *parameters: tuple[str, object]) -> Done:
        """Have one step of an approved plan run."""
        clock = SystemClock()
        store = memory_store(clock)
        seen = {PROCESS: dict((await self.observe()).fields)}
        case = claimed(self.content, clock, ProposedStep(ActionId(action), PROCESS, parameters), state=seen)
        await kept(store.incidents, case, clock)
        hands = ApprovedHands(store.incidents, self.content, clock, str)
        return await hands.perform(case.incident, case.order)


def laid_out(root: Path) -> tuple[str, str]:
    """Write the files of the program and of its supervisord; its unix and TCP addresses."""
    for version in ("9", "41", "42"):
        (root / "releases" / version).mkdir(parents=True)
    (root / "current").symlink_to("releases/42")
    (root / "config.json").write_text('{"acquire_timeout": 1.5, "pool_size": 20, "name": "caf\\u00e9"}')
    deployed = {"at": "2026-11-22T10:00:00+00:00", "who": "marco", "service": "checkout", "what": "deploy"}
    (root / "deploys.jsonl").write_text(json.dumps(deployed | {"from": "41", "to": "42"}) + "\n")
    (root / "program.py").write_text(PROGRAM)
    port = free_port()
    (root / "s.conf").write_text(
        f"""[supervisord]
identifier=shop-1
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile={root}/s.pid
[unix_http_server]
file={root}/s.sock
username=ops
password={PASSWORD}
[inet_http_server]
port=127.0.0.1:{port}
username=ops
password={PASSWORD}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:checkout]
command={sys.executable} {root}/program.py
startsecs=0
stopsignal=TERM
[program:broken]
command={root}/nowhere
autostart=false
startretries=0
"""
    )
    return f"unix://{root}/s.sock", f"http://127.0.0.1:{port}/RPC2"


def reached(root: Path, url: str) -> FixedContent:
    content = example_content()
    service = content.fixed_inventory.services[0]
    settings = (
        ("rpc_url", url),
        ("username", "ops"),
        ("password", PASSWORD),
        ("program", "checkout"),
        ("config_path", f"{root}/config.json"),
        ("releases_path", f"{root}/releases"),
        ("current_path", f"{root}/current"),
        ("deploy_log", f"{root}/deploys.jsonl"),
    )
    target = replace(service.targets[0], settings=settings)
    inventory = replace(content.fixed_inventory, services=(replace(service, targets=(target,)),))
    return replace(content, fixed_inventory=inventory)


@pytest.fixture(params=["unix", "tcp"])
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[House]:
    unix, tcp = laid_out(tmp_path)
    argv = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "supervisor.supervisord",
        "-n",
        "-c",
        str(tmp_path / "s.conf"),
    ]
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    async with http_client() as client:
        content = reached(tmp_path, {"unix": unix, "tcp": tcp}[request.param])
        house = House(tmp_path, unix, tcp, content, client, process.pid)
        try:
            await eventually(lambda: running(house))
            yield house
        finally:
            await ended(process)


async def ended(process: asyncio.subprocess.Process) -> None:
    """End supervisord and then its children, at once: an orderly end takes it a second."""
    known = [psutil.Process(process.pid)] if process.returncode is None else []
    children = [child for one in known for child in one.children(recursive=True)]
    if process.returncode is None:
        process.kill()
    await process.wait()
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()


async def running(house: House) -> bool:
    try:
        return (await house.observe()).field("state") == "RUNNING"
    except SourceUnavailableError:
        return False


async def test_the_observed_state_is_that_of_the_process_its_release_and_its_file(house: House) -> None:
    seen = await house.observe()
    fields = dict(seen.fields)
    pid = fields.pop("pid_start").partition("@")[0]
    assert psutil.Process(int(pid)).ppid() == house.pid
    assert fields == {
        "acquire_timeout": "1.5",
        "pool_size": "20",
        "previous_version": "41",
        "releases": "9,41,42",
        "state": "RUNNING",
        "version": "42",
    }


async def test_a_restart_gives_another_process(house: House) -> None:
    before = await house.observe()
    done = await house.perform("restart")
    after = await house.observe()
    assert done.ok, done.detail
    assert after.field("state") == "RUNNING"
    assert after.field("pid_start") != before.field("pid_start")


async def test_a_pool_is_made_larger_in_the_file_alone(house: House) -> None:
    before = await house.observe()
    done = await house.perform("increase_pool_size", ("pool_size", 50))
    after = await house.observe()
    assert (done.ok, done.detail) == (True, "pool_size: 20 -> 50")
    changed = set(after.fields) - set(before.fields)
    assert changed == {("pool_size", "50")}


async def test_a_rollback_switches_the_link_restarts_and_is_written_down(house: House) -> None:
    before = await house.observe()
    done = await house.perform("rollback_deployment", ("version", "41"))
    after = await house.observe()
    assert done.ok, done.detail
    assert (house.root / "current").readlink() == Path("releases/41")
    assert (after.field("version"), after.field("state")) == ("41", "RUNNING")
    assert after.field("pid_start") != before.field("pid_start")
    line = json.loads((house.root / "deploys.jsonl").read_text().splitlines()[-1])
    assert {key: line[key] for key in ("who", "service", "what", "from", "to")} == {
        "who": "greenlight",
        "service": "checkout",
        "what": "rollback",
        "from": "42",
        "to": "41",
    }
    assert not [path for path in house.root.iterdir() if path.name.startswith(".")]


async def test_a_rollback_is_seen_among_the_changes(house: House) -> None:
    service = house.content.inventory().services[0]
    log = replace(service.changes[0], settings=(("path", f"{house.root}/deploys.jsonl"),))
    clock = SystemClock()
    start = clock.now()
    await house.perform("rollback_deployment", ("version", "41"))
    seen = await house.eyes().recent_changes(replace(service, changes=(log,)), Window(start, clock.now()))
    assert [(change.what, change.before, change.after) for change in seen] == [("rollback", "42", "41")]


async def test_a_wrong_password_changes_nothing_and_is_said(house: House) -> None:
    supervisor = Supervisor(house.tcp, "checkout", "ops", "wrong")
    with pytest.raises(SourceUnavailableError, match="refused the user name or the password"):
        await supervisor.info()


async def test_a_program_that_is_not_there_is_named_as_such(house: House) -> None:
    with pytest.raises(SourceUnavailableError, match="BAD_NAME"):
        await Supervisor(house.unix, "nobody", "ops", PASSWORD).info()


async def test_a_program_that_does_not_start_is_a_failure_with_its_reason(house: House) -> None:
    service = house.content.fixed_inventory.services[0]
    settings = tuple(
        (name, "broken" if name == "program" else value) for name, value in service.targets[0].settings
    )
    broken = replace(service.targets[0], settings=settings)
    house.content.fixed_inventory = replace(
        house.content.fixed_inventory, services=(replace(service, targets=(broken,)),)
    )
    done = await house.perform("restart")
    assert not done.ok
    assert "NO_FILE" in done.detail


async def test_a_supervisor_that_is_gone_is_told_apart_from_one_that_refuses(house: House) -> None:
    os.kill(house.pid, signal.SIGTERM)
    supervisor = Supervisor(house.unix, "checkout", "ops", PASSWORD)

    async def gone() -> bool:
        try:
            await supervisor.info()
        except NotReachedError:
            return True
        except SourceUnavailableError:
            return False
        return False

    await eventually(gone)


async def test_the_password_is_in_no_representation(house: House) -> None:
    assert PASSWORD not in repr(Supervisor(house.unix, "checkout", "ops", PASSWORD))


async def test_the_supervisor_says_by_its_identifier_where_the_target_is_live(house: House) -> None:
    service = house.content.inventory().services[0]
    assert await house.eyes().identity(service, PROCESS) == "shop-1"
    dead = reached(house.root, f"unix://{house.root}/nobody.sock").inventory().services[0]
    with pytest.raises(SourceUnavailableError):
        await house.eyes().identity(dead, PROCESS)
    bare = replace(service, targets=(replace(service.targets[0], settings=()),))
    assert await house.eyes().identity(bare, PROCESS) is None
