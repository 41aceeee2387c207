"""The examples of docs/acting.md are read by the real doors."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from bot.adapters.content import FileContent
from tests.fakes.homes import SHIPPED, written

TEXT = (SHIPPED.parent / "docs" / "acting.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
TARGETS = [block for block in BLOCKS if re.match(r"\w+:\n  executor:", block)]
ACTIONS = {
    "rundeck": ("run_restart", "run_scale_up"), "awx": ("run_restart",), "github": ("run_restart",),
    "argocd": ("argocd_sync",), "/opt/shop": ("run_restart", "run_scale_up"), "systemd": ("restart_unit",),
}  # fmt: skip


@pytest.mark.parametrize(
    "block", TARGETS, ids=[next(name for name in ACTIONS if name in block) for block in TARGETS]
)
def test_a_target_of_the_page_takes_the_actions_that_the_page_promises(tmp_path: Path, block: str) -> None:
    ((_, settings),) = yaml.safe_load(block).items()
    actions = next(names for word, names in ACTIONS.items() if word in block)
    content = written(tmp_path, {name: f'"{value}"' for name, value in settings.items()}, actions)
    assert content.inventory().services[0].actions == actions


def test_the_action_of_the_page_is_an_action(tmp_path: Path) -> None:
    (block,) = (block for block in BLOCKS if block.startswith("resize_pool:"))
    target = {"executor": "http", "url": "http://127.0.0.1:9", "name.pool": "main"}
    content: FileContent = written(tmp_path, target, ("resize_pool",), textwrap.dedent(block))
    assert content.catalogue().action("resize_pool") is not None


def test_every_kind_of_target_of_the_page_was_looked_at() -> None:
    assert len(TARGETS) == len(ACTIONS)
