"""The journal through the real journalctl, and through stand-ins that print what it printed once."""

import lzma
import os
import stat
from pathlib import Path

import pytest

from bot.adapters.journald import arguments, entry_line, read_journal
from bot.adapters.log_reading import LogAsk
from bot.domain.errors import SourceUnavailableError
from bot.domain.ids import At
from bot.domain.service import Source
from bot.ports.world import Window
from tests.fakes.log_stores import read
from tests.needs import need

WINDOW = Window(At(1_790_000_000_000), At(1_790_000_060_500))

DATA = Path(__file__).parents[2] / "data" / "logs"
RECORDED = (DATA / "journal.jsonl").read_text(encoding="utf-8")
TRACE = "PoolTimeout: no connection after 3000 ms | at Pool.take (pool.js:41) | at checkout (app.js:7)"
LINES = [
    "2026-09-21T14:13:40.000Z INFO listening on 8080",
    "2026-09-21T14:13:50.000Z WARN pool 18 of 20 in use",
    "2026-09-21T14:14:00.000Z ERROR caf\ufffd\ufffd cut in half",
    f"2026-09-21T14:14:05.000Z ERROR {TRACE}",
    "2026-09-21T14:14:10.123Z INFO GET /cart 200",
]


def stand_in(folder: Path, script: str) -> str:
    """A program in place of journalctl that also keeps its arguments and its environment."""
    program = folder / "journalctl"
    kept = f'printf "%s\\n" "$@" > {folder}/arguments\nenv > {folder}/environment\n'
    program.write_text(f"#!/bin/sh\n{kept}{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def journal(program: str, **more: str) -> Source:
    return Source("journald", (("unit", "checkout.service"), ("journalctl", program), *more.items()))


def recorded(folder: Path) -> str:
    (folder / "out").write_text(RECORDED)
    return stand_in(folder, f"cat {folder}/out")


async def test_entries_become_lines_with_time_and_level_oldest_first(tmp_path: Path) -> None:
    assert await read(read_journal, journal(recorded(tmp_path)), WINDOW) == (LINES, False)


async def test_the_real_journalctl_takes_our_arguments_and_gives_the_same_lines(tmp_path: Path) -> None:
    packed = (DATA / "checkout.journal.xz").read_bytes()
    (tmp_path / "checkout.journal").write_bytes(lzma.decompress(packed))
    source = journal(str(need("journalctl")), directory=str(tmp_path))
    assert await read(read_journal, source, WINDOW) == (LINES, False)
    louder, _ = await read(read_journal, source, WINDOW, level="error")
    assert louder == LINES[2:4]
    earlier, _ = await read(read_journal, source, Window(WINDOW.start, At(WINDOW.start + 35_000)))
    assert earlier == LINES[:2]


async def test_the_program_gets_a_list_of_arguments_and_a_fixed_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_CREDENTIAL", "secret")
    await read(read_journal, journal(recorded(tmp_path)), WINDOW, level="warn")
    assert (tmp_path / "arguments").read_text().split("\n")[:-1] == [
        "--output=json", "--no-pager", "--quiet", "--reverse", "--utc", "--unit=checkout.service",
        "--since=@1790000000", "--until=@1790000061", "--priority=4",
    ]  # fmt: skip
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text().splitlines()}
    assert names <= {"LC_ALL", "PATH", "PWD", "SHLVL", "_", "OLDPWD"}


async def test_a_cap_keeps_the_newest_entries_and_ends_the_program(tmp_path: Path) -> None:
    entry = RECORDED.partition("\n")[0]
    forever = stand_in(tmp_path, f"echo $$ > {tmp_path}/pid\nwhile :; do echo '{entry}'; done")
    lines, cut = await read(read_journal, journal(forever), WINDOW, max_bytes=1_000)
    assert cut
    assert 0 < sum(len(line) + 1 for line in lines) <= 1_000
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'No journal files were found.' >&2; exit 1", "ended with 1: No journal files were found."),
        ("echo Sep 21 12:00:00 not json", "something else than JSON"),
        ("head -c 3000000 /dev/zero", "an entry of more than 1000000 bytes"),
    ],
)
async def test_what_is_no_journal_is_an_unavailable_source(tmp_path: Path, script: str, why: str) -> None:
    with pytest.raises(SourceUnavailableError, match=why):
        await read(read_journal, journal(stand_in(tmp_path, script)), WINDOW)


async def test_a_missing_program_is_an_unavailable_source(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailableError, match="cannot be run"):
        await read(read_journal, journal(str(tmp_path / "none")), WINDOW)


def test_a_relative_program_is_refused() -> None:
    with pytest.raises(SourceUnavailableError, match="absolute path"):
        arguments(journal("journalctl"), LogAsk(WINDOW))


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[]",
        b"7",
        b'{"MESSAGE": "x", "__REALTIME_TIMESTAMP": "soon"}',
        b'{"MESSAGE": null, "__REALTIME_TIMESTAMP": "1790000030000000"}',
    ],
)
def test_an_entry_without_time_or_message_is_no_line(raw: bytes) -> None:
    assert entry_line(raw) is None
