"""`greenlight parse`."""

import io
import json
import sys
from pathlib import Path

import pytest

from bot.commands.parse import MAX_LINE, main

MESSAGES = Path(__file__).parents[2] / "data" / "alerts" / "messages.jsonl"
KEYS = ["id", "is_alert", "source", "status", "severity", "title", "service", "labels", "fingerprint"]


def test_each_line_of_a_file_gives_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(MESSAGES)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    expected = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == [row["id"] for row in expected]
    assert all(list(row) == KEYS for row in rows)
    assert [row["is_alert"] for row in rows] == [row["expected"]["is_alert"] for row in expected]


def test_what_is_no_alert_has_nulls(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"event": {"type": "message", "user": "U1", "text": "hello", "ts": "1.2"}}\n')
    assert main([str(file)]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row == dict.fromkeys(KEYS) | {"id": "1.2", "is_alert": False, "labels": {}}


def test_unreadable_lines_are_named_and_the_others_still_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mixed.jsonl"
    good = b'{"id": "x", "event": {"text": "\\ud800"}}'
    lines = [
        good,
        b"nope",
        b"",
        b"\xff\xfe",
        b"[1]",
        b'{"event": 3}',
        b"[" * 100_000,
        b"x" * (MAX_LINE * 2),
        good,
    ]
    file.write_bytes(b"\n".join(lines))
    assert main([str(file)]) == 2
    said = capsys.readouterr()
    assert [json.loads(line)["id"] for line in said.out.splitlines()] == ["x", "x"]
    assert [line.split(":")[0] for line in said.err.splitlines()] == [
        f"line {number}" for number in (2, 4, 5, 6, 7, 8)
    ]
    assert "expected a JSON object with an object under `event`" in said.err


def test_a_dash_is_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MESSAGES.read_bytes())))
    assert main(["-"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(MESSAGES.read_bytes().splitlines())


def test_a_file_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
