"""The house rules that no linter knows."""

import ast
import re
from pathlib import Path

import pytest

from bot.adapters.content import FileContent
from bot.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES = sorted(file for room in ("bot", "agents", "tests", "tools") for file in (ROOT / room).rglob("*.py"))
MAX_LINES = 400
SEAMS = {"bot/cli.py", "agents/providers/__init__.py", "bot/adapters/mcp_door.py"}
"""The places that load modules by name: from closed tables, and one that belongs to an optional extra."""


def name_of(file: Path) -> str:
    """A file's path from the root."""
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_no_module_is_longer_than_the_limit(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_imports_stand_at_the_top_and_hide_nothing(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inner = [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.If)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not inner, f"imports inside functions or conditions in lines {inner}"


@pytest.mark.parametrize("file", [f for f in SOURCES if "/tests/" not in str(f)], ids=name_of)
def test_modules_are_loaded_by_name_only_at_the_seams(file: Path) -> None:
    words = {
        alias.name
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    loads = words & {"import_module", "importlib"}
    assert not loads or name_of(file) in SEAMS


def test_every_command_of_the_closed_table_exists() -> None:
    for command in COMMANDS.values():
        assert (ROOT / (command.module.replace(".", "/") + ".py")).is_file()


def test_the_shipped_content_loads() -> None:
    content = FileContent((ROOT / "runbooks",), {})
    assert content.catalogue().actions
    assert content.failure_modes()
    assert content.policy().tiers


def test_the_lock_has_hashes_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert not re.search(
        r"^(-i|--index|--extra-index|--find-links|--trusted)|https?://|file:", lock, re.MULTILINE
    )


def test_init_modules_hold_one_sentence() -> None:
    for file in SOURCES:
        if file.name == "__init__.py" and name_of(file) not in SEAMS:
            body = ast.parse(file.read_text(encoding="utf-8")).body
            assert len(body) == 1, name_of(file)
            assert ast.get_docstring(ast.Module(body, [])), name_of(file)


def test_nothing_is_left_to_do_in_the_code() -> None:
    mark = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error")))
    assert [name_of(file) for file in SOURCES if mark.search(file.read_text(encoding="utf-8"))] == []
