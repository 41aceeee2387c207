"""`greenlight backup` over a real store: saved while it is used, loaded again, restored into another home."""

import asyncio
import re
import shutil
import stat
from collections.abc import Generator
from pathlib import Path

import pytest

from bot.adapters import backup
from bot.adapters.store import Store, StorePlan
from bot.cli import run
from bot.domain.ids import At, PersonId
from bot.ports.records import Pause
from tests.fakes.recorded import Home, home_at
from tests.fakes.story import INCIDENT, Story, story

FINE, BROKEN, WRONG = 0, 1, 2


def healed() -> Story:
    return story().opened().diagnosed().proposed().approved().executed().verified().closed(note="done")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Home]:
    (tmp_path / "old").mkdir()
    monkeypatch.setenv("GREENLIGHT_HOME", str(tmp_path / "old"))
    with home_at(tmp_path / "old") as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.rdb"


def other_home(home: Home, monkeypatch: pytest.MonkeyPatch, *, key: bool = True) -> Home:
    """A new machine: the key came by another way, nothing else is there."""
    place = home.path.parent / "new"
    (place / ".greenlight").mkdir(mode=0o700, parents=True)
    if key:
        shutil.copy2(home.path / ".greenlight" / "chain.key", place / ".greenlight" / "chain.key")
    monkeypatch.setenv("GREENLIGHT_HOME", str(place))
    return Home(place)


def test_a_store_is_saved_while_it_is_used_and_its_file_holds_every_record_but_no_key(
    home: Home, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.keep(healed())
    assert run(["backup", "save", str(file)]) == FINE
    said = capsys.readouterr().out
    assert "1 incident, 0 broken" in said
    assert "Not in it: the key of the chain" in said
    assert (home.path / ".greenlight" / "chain.key").read_bytes() not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir() if one.is_file()] == [file.name]
    assert not (home.path / ".greenlight" / "store" / "dump.rdb").exists()
    assert run(["backup", "check", str(file)]) == FINE
    assert run(["audit", "verify"]) == FINE


def test_a_restored_home_has_the_same_record_and_is_paused(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = home.keep(healed())
    assert run(["backup", "save", str(file)]) == FINE
    new = other_home(home, monkeypatch)
    assert run(["backup", "restore", str(file)]) == FINE
    assert "Everything is paused" in capsys.readouterr().out
    assert run(["audit", "verify", INCIDENT, "--head", head]) == FINE

    async def pauses(store: Store) -> tuple[Pause, ...]:
        return await store.incidents.pauses()

    (pause,) = new.do(pauses)
    assert (pause.scope, pause.person) == ("all", "greenlight backup restore")
    assert new.do(pauses) == (pause,), "it outlives the server that loaded the file"


def test_a_restored_store_takes_new_entries_and_keeps_them(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.keep(healed())
    assert run(["backup", "save", str(file)]) == FINE
    new = other_home(home, monkeypatch)
    assert run(["backup", "restore", str(file)]) == FINE
    new.do(lambda store: store.incidents.lift_pause("all", PersonId("U1"), "looked", At(0)))

    async def pauses(store: Store) -> tuple[Pause, ...]:
        return await store.incidents.pauses()

    assert new.do(pauses) == ()


def test_a_folder_gets_a_file_named_by_the_time(home: Home, tmp_path: Path) -> None:
    home.keep(healed())
    (tmp_path / "backups").mkdir()
    assert run(["backup", "save", str(tmp_path / "backups")]) == FINE
    (made,) = (tmp_path / "backups").iterdir()
    assert re.fullmatch(r"greenlight-\d{8}T\d{6}Z\.rdb", made.name)
    assert run(["backup", "check", str(made)]) == FINE


@pytest.mark.parametrize("what", ["save", "restore"])
def test_nothing_that_exists_is_replaced(
    home: Home, file: Path, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    home.keep(healed())
    assert run(["backup", "save", str(file)]) == FINE
    before = file.read_bytes()
    assert run(["backup", what, str(file)]) == WRONG
    assert "exists already" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert run(["audit", "verify"]) == FINE


def test_without_the_key_or_with_another_one_nothing_is_restored(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home.keep(healed())
    assert run(["backup", "save", str(file)]) == FINE
    new = other_home(home, monkeypatch, key=False)
    assert run(["backup", "restore", str(file)]) == WRONG
    assert "The key of the chain is missing" in capsys.readouterr().err
    monkeypatch.setenv("GREENLIGHT_AUDIT_KEY", "another-key-another-key-another-key")
    assert run(["backup", "restore", str(file)]) == WRONG
    assert "another key" in capsys.readouterr().err
    assert list((new.path / ".greenlight").iterdir()) == []


def test_a_broken_record_in_a_backup_is_told(
    home: Home, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.keep(healed())

    async def tamper(store: Store) -> None:
        await store.link.call("LREM", store.link.key("entries", INCIDENT), 1, await third(store))

    async def third(store: Store) -> bytes:
        return (await store.link.call("LRANGE", store.link.key("entries", INCIDENT), 2, 2))[0]

    home.do(tamper)
    assert run(["backup", "save", str(file)]) == BROKEN
    assert f"{INCIDENT}  BROKEN" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"REDIS", b"REDIS0011nonsense", b"PK\x03\x04 a zip"])
def test_a_file_that_is_no_backup_is_refused_in_one_line(
    home: Home, file: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    home.keep(healed())
    file.write_bytes(content)
    assert run(["backup", "check", str(file)]) == WRONG
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_cut_backup_is_refused_and_leaves_nothing(
    home: Home, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.keep(healed())
    assert run(["backup", "save", str(file)]) == FINE
    file.write_bytes(file.read_bytes()[:-40])
    new = other_home(home, monkeypatch)
    assert run(["backup", "restore", str(file)]) == WRONG
    assert [one.name for one in (new.path / ".greenlight").iterdir()] == ["chain.key"]


def test_a_place_that_cannot_be_written_is_named(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.keep(healed())
    assert run(["backup", "save", str(tmp_path / "no" / "such" / "folder.rdb")]) == WRONG
    assert capsys.readouterr().err.startswith("greenlight backup: ")


def test_a_store_of_ones_own_is_left_to_its_own_means(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GREENLIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("GREENLIGHT_REDIS_URL", "redis://127.0.0.1:1/0")
    for what in ("save", "restore"):
        assert run(["backup", what, str(file)]) == WRONG
        assert "by its own means" in capsys.readouterr().err


async def test_two_backups_at_once_do_not_take_each_others_snapshot(home: Home, tmp_path: Path) -> None:
    await asyncio.to_thread(home.keep, healed())
    plan = StorePlan(home.path / ".greenlight")
    files = [tmp_path / f"{number}.rdb" for number in range(4)]
    done = await asyncio.gather(*(backup.save(plan, one) for one in files), return_exceptions=True)
    assert all(one is None or isinstance(one, backup.BackupError) for one in done)
    assert [one.exists() for one in files] == [one is None for one in done]
    assert any(one is None for one in done)
