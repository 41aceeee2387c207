import re
from pathlib import Path
from typing import Any

from bot.playground.workspace.testing import workspace as workspace  # noqa: PLC0414 - a fixture, exported on purpose
from bot.playground.workspace.workspace import Workspace

PAGE = Path(__file__).parents[2] / "docs" / "workspace.md"


async def test_the_example_in_the_documentation_runs(workspace: Workspace) -> None:
    example = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    names: dict[str, Any] = {}
    exec(example[1], names)  # noqa: S102 - our own page
    await names["test_it_greets"](workspace)
    assert "hello" in {one.text for one in workspace.messages("C1")}


def test_everything_the_documentation_calls_exists() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`(?:workspace\.)?([a-z_]+)\(", text))
    source = "".join(
        one.read_text(encoding="utf-8") for one in PAGE.parents[1].glob("bot/playground/workspace/*.py")
    )
    assert {name for name in named if f"def {name}(" not in source} <= {"start", "stop"}
