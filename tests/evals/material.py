"""The real material that evals measure with, where it is given."""

from pathlib import Path

import pytest

from bot.commands.eval_material import SETTING, NoMaterialError, Row, folder, rows

Case = Row


def given(*names: str) -> Path:
    """The folder of the material; skips, saying so, where it or one of these files is missing."""
    try:
        root = folder()
    except NoMaterialError as error:
        pytest.skip(str(error))
    for name in names:
        if not (root / name).exists():
            pytest.skip(f"no material: {name} is not in {SETTING}")
    return root


def cases(root: Path) -> tuple[Case, ...]:
    return rows(root / "cases.jsonl")
