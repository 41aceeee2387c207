"""The chain finds every edit, and its key is nobody else's."""

import threading
from pathlib import Path

import pytest

from bot.adapters import chain

KEY = bytes(range(32))
INCIDENT = "inc-1"
LENGTH = 12


def record() -> list[bytes]:
    bodies = [b'{"number":%d,"text":"entry"}' % number for number in range(1, LENGTH + 1)]
    return list(chain.sealed(KEY, chain.genesis(KEY, INCIDENT), bodies))


def problems(elements: list[bytes], head: str | None = None, incident: str = INCIDENT) -> tuple[str, ...]:
    return chain.problems(KEY, incident, elements, [number_of(element) for element in elements], head)


def number_of(element: bytes) -> int | None:
    parts = chain.opened(element)
    return None if parts is None else int(parts.entry.split(b":")[1].split(b",")[0])


def head_of(elements: list[bytes]) -> str:
    parts = chain.opened(elements[-1])
    assert parts is not None
    return parts.mac


def test_an_untouched_record_has_no_problems() -> None:
    whole = record()
    head = head_of(whole)
    assert problems(whole) == ()
    assert problems(whole, head) == ()
    assert problems(whole, f"{head[:4]}-{head[4:8]}-{head[8:12]}") == ()


def test_a_head_that_was_printed_earlier_still_counts() -> None:
    assert problems(record(), head_of(record()[:3])) == ()


@pytest.mark.parametrize("place", range(LENGTH))
def test_an_edit_shows(place: int) -> None:
    elements = record()
    elements[place] = elements[place].replace(b"entry", b"entrY", 2)
    assert any(f"place {place + 1}" in problem for problem in problems(elements))


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_a_deletion_shows(place: int) -> None:
    elements = record()
    del elements[place]
    assert any(f"place {place + 1}" in problem for problem in problems(elements))


@pytest.mark.parametrize("place", range(LENGTH - 1))
def test_a_swap_shows(place: int) -> None:
    elements = record()
    elements[place], elements[place + 1] = elements[place + 1], elements[place]
    assert any(f"place {place + 1}" in problem for problem in problems(elements))


@pytest.mark.parametrize("place", range(LENGTH))
def test_an_insertion_shows(place: int) -> None:
    elements = record()
    elements.insert(
        place, chain.sealed(b"guess", "0" * 64, [b'{"number":%d,"text":"forged"}' % (place + 1)])[0]
    )
    assert any(f"place {place + 1}" in problem for problem in problems(elements))


@pytest.mark.parametrize("kept", range(1, LENGTH))
def test_a_truncation_shows_against_a_known_head(kept: int) -> None:
    head = head_of(record())
    assert problems(record()[:kept]) == ()
    assert any("cut short" in problem for problem in problems(record()[:kept], head))


def test_a_record_moved_to_another_incident_shows() -> None:
    assert problems(record(), incident="inc-2")


def test_bytes_that_are_no_entry_show() -> None:
    elements = [*record(), b"junk"]
    assert any("no entry" in problem for problem in problems(elements))


def test_too_short_a_head_is_not_compared() -> None:
    assert any("at least 12" in problem for problem in problems(record(), head_of(record())[:6]))


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "chain.key"
    key = chain.read_or_create_key(path)
    assert (len(key), path.stat().st_mode & 0o777) == (32, 0o600)
    assert chain.read_or_create_key(path) == key
    assert [each.name for each in path.parent.iterdir()] == ["chain.key"]


def test_those_who_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    path, keys = tmp_path / "chain.key", list[bytes]()
    threads = [threading.Thread(target=lambda: keys.append(chain.read_or_create_key(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chain.key"
    chain.read_or_create_key(path)
    path.chmod(0o640)
    with pytest.raises(chain.ChainKeyError, match="chmod 600"):
        chain.read_or_create_key(path)


@pytest.mark.parametrize("content", ["", "abc", "00" * 31, "zz" * 32])
def test_a_damaged_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "chain.key"
    path.write_text(content, encoding="ascii")
    path.chmod(0o600)
    with pytest.raises(chain.ChainKeyError):
        chain.read_or_create_key(path)
