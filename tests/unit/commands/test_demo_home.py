"""Where the demo keeps its data: a place of its own for each that runs, or a sentence."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bot.demo.home import MOST_AT_ONCE, DemoHomeError, claimed_home


def test_demos_at_once_have_places_of_their_own(tmp_path: Path) -> None:
    assert [claimed_home(tmp_path / "data").name for _ in range(3)] == ["demo", "demo-2", "demo-3"]


def test_there_is_a_last_one(tmp_path: Path) -> None:
    for _ in range(MOST_AT_ONCE):
        claimed_home(tmp_path)
    with pytest.raises(DemoHomeError, match="demos run already"):
        claimed_home(tmp_path)


def test_a_place_that_cannot_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DemoHomeError, match="GREENLIGHT_HOME"):
        claimed_home(tmp_path / "file" / "data")


async def test_the_terminal_story_is_not_begun_where_nobody_can_answer(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--terminal"),
        env={**os.environ, "GREENLIGHT_HOME": str(tmp_path)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, out, len(err.splitlines())) == (2, b"", 1)
    assert b"--auto plays by itself" in err
    assert not (tmp_path / ".greenlight").exists()
