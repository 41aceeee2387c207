import json
import os
from pathlib import Path

import pytest

from bot.adapters.log_files import moment, read_window, time_of, within
from bot.adapters.tail import MAX_LINE, tail
from bot.domain.ids import MINUTE, SECOND, At
from bot.ports.world import Window

NOON = At(1_790_078_400_000)  # 2026-09-22T12:00:00Z
WINDOW = Window(NOON, At(NOON + MINUTE))


def line(second: float, message: str) -> str:
    return json.dumps({"ts": (NOON + second * SECOND) / SECOND, "msg": message})


@pytest.mark.parametrize(
    "raw",
    [
        "2026-09-22T12:00:00Z",
        "2026-09-22T12:00:00.000+00:00",
        "2026-09-22 12:00:00,000",
        "2026-09-22T14:00:00+02:00",
        1_790_078_400,
        1_790_078_400.0,
        1_790_078_400_000,
    ],
)
def test_a_moment_is_read_in_every_common_form(raw: object) -> None:
    assert moment(raw) == NOON


@pytest.mark.parametrize("raw", ["soon", "", None, True, [], float("inf"), float("nan"), -1])
def test_what_is_no_moment_is_none(raw: object) -> None:
    assert moment(raw) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"time": "2026-09-22T12:00:00Z"}',
        '{"@timestamp": 1790078400000}',
        "2026-09-22 12:00:00,000 ERROR pool",
        "[2026-09-22T12:00:00Z] pool",
    ],
)
def test_the_time_of_a_line_is_found(text: str) -> None:
    assert time_of(text) == NOON


def test_only_lines_of_the_window_are_taken(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\n".join([line(-1, "before"), line(0, "first"), line(60, "last"), line(61, "after")]))
    found = read_window(log, WINDOW)
    assert [json.loads(one)["msg"] for one in found.lines] == ["first", "last"]
    assert not found.cut


def test_lines_of_a_stack_trace_go_with_the_line_before_them() -> None:
    lines = [line(-5, "old"), "  at old()", line(5, "new"), "  at new()", "Caused by: pool"]
    assert within(lines, WINDOW) == tuple(lines[2:])


def test_a_file_without_any_times_counts_whole(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("one\ntwo\n")
    assert read_window(log, WINDOW).lines == ("one", "two")


def test_the_rotated_file_is_read_where_the_window_began_before_the_new_one(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_text("\n".join([line(-9, "too old"), line(1, "rotated")]) + "\n")
    log = tmp_path / "a.log"
    log.write_text(line(2, "new") + "\n")
    assert [json.loads(one)["msg"] for one in read_window(log, WINDOW).lines] == ["rotated", "new"]


def test_the_rotated_file_is_left_alone_where_the_new_one_holds_the_window(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_text(line(1, "out of order") + "\n")
    log = tmp_path / "a.log"
    log.write_text(line(-1, "old") + "\n" + line(2, "new") + "\n")
    assert [json.loads(one)["msg"] for one in read_window(log, WINDOW).lines] == ["new"]


def test_a_cap_keeps_the_end_in_whole_lines_and_says_so(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("\n".join(line(1 + n / 1000, f"message {n}") for n in range(1000)))
    found = read_window(log, WINDOW, max_bytes=1000)
    messages = [json.loads(one)["msg"] for one in found.lines]
    assert found.cut
    assert messages[-1] == "message 999"
    assert sum(map(len, found.lines)) <= 1000


def test_bytes_that_are_no_text_and_very_long_lines_are_borne(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_bytes(b"\xff\xfe bad\r\n\n" + b"x" * (MAX_LINE * 2) + b"\n")
    found = tail(log, 100_000)
    assert found.lines == ("\ufffd\ufffd bad", "x" * MAX_LINE)


def test_a_pipe_in_place_of_a_log_holds_nobody_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.log")
    with pytest.raises(OSError, match="seek"):
        read_window(tmp_path / "a.log", WINDOW)


def test_a_missing_file_is_an_error_and_not_an_empty_log(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_window(tmp_path / "none.log", WINDOW)
