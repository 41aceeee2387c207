"""Ctrl-C at any early moment ends the demo with a calm line, never with a traceback."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("words", [("--no-browser",), ("--auto",), ("--help-not-there",)])
@pytest.mark.parametrize("after", ["bot.cli", "bot.demo.main"])
async def test_ctrl_c_while_the_program_loads_prints_no_traceback(
    words: tuple[str, ...], after: str, tmp_path: Path
) -> None:
    """A hook raises the signal in the very moment in which a module begins to be looked for."""
    hook = tmp_path / "sitecustomize.py"
    hook.write_text(
        "import os, signal, sys\n"
        "class Hook:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {'bot.demo.main' if after == 'bot.cli' else 'bot.demo.stage'!r}:\n"
        "            sys.meta_path.remove(self)\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Hook())\n",
        encoding="utf-8",
    )
    variables = {**os.environ, "PYTHONPATH": str(tmp_path), "GREENLIGHT_HOME": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", *words, env=variables, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert b"Traceback" not in said
    assert b"Stopped" in said
    assert process.returncode in {130, -signal.SIGINT}


async def test_ctrl_c_before_the_command_line_is_loaded_ends_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Hook:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'bot.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Hook())\n",
        encoding="utf-8",
    )
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "--help", env=variables, stderr=asyncio.subprocess.PIPE
    )
    assert await process.communicate() == (None, b"")
    assert process.returncode == -signal.SIGINT
