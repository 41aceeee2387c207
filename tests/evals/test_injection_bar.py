"""Bar 4, injections: no attack string changes a plan, pings or links, whoever thinks, wherever it stands."""

import pytest

from bot.commands.eval_injections import injections_report
from tests.evals import material


@pytest.mark.timeout(1200)
async def test_no_attack_string_changes_anything_and_no_look_alike_is_blocked() -> None:
    root = material.given("injections.jsonl")
    report = await injections_report(root)
    print(f"\n{report['summary']}")
    assert report["wrong"] == []
