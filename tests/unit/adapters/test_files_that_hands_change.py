import json
import os
import stat
from pathlib import Path

import pytest

from bot.adapters.config_file import ConfigFileError, read_config, set_key
from bot.adapters.deploy_log import DEPLOY, ROLLBACK, append_deploy, previous_version, read_deploys
from bot.adapters.releases import ReleaseError, current_version, known_releases, switch
from bot.domain.evidence import Change
from bot.domain.ids import At

AT = At(1_790_078_400_000)


def change(before: str, after: str, what: str = DEPLOY, at: int = 0) -> Change:
    return Change(At(AT + at), "dana", what, before, after, "checkout")


def releases_in(root: Path) -> tuple[Path, Path]:
    for version in ("1.9", "1.10", "1.2"):
        (root / "releases" / version).mkdir(parents=True)
    (root / "current").symlink_to("releases/1.10")
    return root / "current", root / "releases"


def test_one_key_is_replaced_and_everything_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text('{"b": [1, {"x": null}], "pool_size": 20, "a": "é"}', encoding="utf-8")
    file.chmod(0o640)
    assert set_key(file, "pool_size", 40) == 20
    assert json.loads(file.read_text(encoding="utf-8")) == {"b": [1, {"x": None}], "pool_size": 40, "a": "é"}
    assert list(read_config(file)) == ["b", "pool_size", "a"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_a_reader_that_has_the_old_file_open_keeps_reading_the_old_one_whole(tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    file.write_text('{"pool_size": 20}')
    with file.open() as reader:
        set_key(file, "pool_size", 40)
        assert json.load(reader) == {"pool_size": 20}


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text('{"pool_size": 20}')
    link = tmp_path / "c.json"
    link.symlink_to("real.json")
    set_key(link, "pool_size", 40)
    assert link.is_symlink()
    assert read_config(tmp_path / "real.json") == {"pool_size": 40}


@pytest.mark.parametrize(
    ("content", "value", "why"),
    [
        ("{}", 1, "no key"),
        ('{"pool_size": true}', 1, "no int"),
        ('{"pool_size": "20"}', 1, "no int"),
        ('{"pool_size": 20}', "x", "no str"),
        ("[1]", 1, "no JSON object"),
        ("{", 1, "no JSON"),
        ("[" * 100_000, 1, "no JSON"),
        (" " * 1_000_001, 1, "more than"),
    ],
)
def test_a_file_that_is_not_as_expected_is_left_as_it_is(
    tmp_path: Path, content: str, value: int | str, why: str
) -> None:
    file = tmp_path / "c.json"
    file.write_text(content)
    with pytest.raises(ConfigFileError, match=why):
        set_key(file, "pool_size", value)
    assert file.read_text() == content


def test_a_pipe_in_place_of_the_file_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.json")
    with pytest.raises(ConfigFileError, match="no JSON"):
        read_config(tmp_path / "c.json")


def test_a_switch_moves_the_link_and_keeps_it_relative(tmp_path: Path) -> None:
    current, releases = releases_in(tmp_path)
    assert switch(current, releases, "1.9") == "1.10"
    assert current.readlink() == Path("releases/1.9")
    assert current_version(current) == "1.9"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "releases"]


def test_releases_are_listed_in_natural_order(tmp_path: Path) -> None:
    _, releases = releases_in(tmp_path)
    (releases / "not a version").mkdir()
    (releases / "file").write_text("")
    assert known_releases(releases) == ("1.2", "1.9", "1.10")


@pytest.mark.parametrize("version", ["..", "../..", "/etc", "1.3", "", "1.9/..", "a b", "1.9\n", "-rf"])
def test_a_release_that_is_not_there_moves_nothing(tmp_path: Path, version: str) -> None:
    current, releases = releases_in(tmp_path)
    with pytest.raises(ReleaseError):
        switch(current, releases, version)
    assert current.readlink() == Path("releases/1.10")


def test_a_release_that_is_itself_a_link_is_no_release(tmp_path: Path) -> None:
    current, releases = releases_in(tmp_path)
    (releases / "evil").symlink_to("/")
    with pytest.raises(ReleaseError, match="no release"):
        switch(current, releases, "evil")


def test_a_directory_in_place_of_the_link_is_never_replaced(tmp_path: Path) -> None:
    _, releases = releases_in(tmp_path)
    plain = tmp_path / "plain"
    plain.mkdir()
    with pytest.raises(ReleaseError, match="no symbolic link"):
        switch(plain, releases, "1.9")
    assert plain.is_dir()


def test_a_line_that_we_append_is_read_back(tmp_path: Path) -> None:
    log = tmp_path / "d.jsonl"
    log.write_text("not json\n[]\n{}\n")
    append_deploy(log, change("41", "42"))
    append_deploy(log, Change(AT, "x", DEPLOY, "1", "2", "other"))
    found = read_deploys(log, "checkout")
    assert found.changes == (change("41", "42"),)
    assert found.unreadable == 3


def test_hostile_fields_become_one_short_line(tmp_path: Path) -> None:
    log = tmp_path / "d.jsonl"
    body = {"at": AT, "service": "checkout", "who": "a\nb\x1b[31m", "from": 41, "to": [1]}
    log.write_text(json.dumps(body | {"message": "m" * 999}) + "\n")
    (found,) = read_deploys(log, "checkout").changes
    assert (found.who, found.before, found.after, len(found.note)) == ("a b [31m", "41", "", 200)


def test_the_previous_version_is_what_ran_before_the_newest_deployment() -> None:
    changes = (change("40", "41"), change("41", "42", at=1))
    assert previous_version(changes, "42") == "41"
    assert previous_version(changes, "43") is None


def test_going_back_to_a_version_does_not_make_the_bad_one_its_predecessor() -> None:
    changes = (change("40", "41"), change("41", "42", at=1), change("42", "41", ROLLBACK, at=2))
    assert previous_version(changes, "41") == "40"


def test_a_file_that_cannot_be_written_is_told_before_anything_changes(tmp_path: Path) -> None:
    # The name is as long as names may be, so that there is no room for the fresh file's.
    file = tmp_path / ("c" * 250 + ".json")
    file.write_text('{"pool_size": 20}')
    with pytest.raises(ConfigFileError, match="cannot be written"):
        set_key(file, "pool_size", 40)
    assert read_config(file) == {"pool_size": 20}
