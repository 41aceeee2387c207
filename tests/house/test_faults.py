"""Each fault of docs/faults.md names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROW = re.compile(r"^\| (D\d+) \|.*\|(.*)\|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FAULTS = dict(ROW.findall((ROOT / "docs" / "faults.md").read_text(encoding="utf-8")))


def named_in(file: Path) -> set[str]:
    """The names of the tests of a module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_fault_from_the_first_to_the_last_is_listed() -> None:
    assert list(FAULTS) == [f"D{number}" for number in range(1, 19)]


@pytest.mark.parametrize("fault", FAULTS)
def test_the_tests_that_show_a_fault_fixed_exist(fault: str) -> None:
    named = NAMED.findall(FAULTS[fault])
    assert named, f"{fault} names no test"
    assert [name for file, name in named if name not in named_in(ROOT / file)] == []
