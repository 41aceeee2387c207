"""Bar 4, secrets: what redaction finds of fake secrets, and what it alters of ordinary log lines."""

from typing import cast

from bot.commands.eval_material import Row
from bot.commands.eval_secrets import secrets_report
from tests.evals import material

RECALL = 0.97
ALTERED = 0.01


def test_fake_secrets_go_and_ordinary_lines_stay() -> None:
    root = material.given("secrets/secrets.jsonl.xz", "loghub")
    report = secrets_report(root)
    summary = cast("Row", report["summary"])
    print(f"\n{summary}\nstay: {report['stay']}")
    assert cast("float", summary["recall"]) >= RECALL
    assert cast("float", summary["false_alteration"]) <= ALTERED
