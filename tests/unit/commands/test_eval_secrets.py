import json
import lzma
from pathlib import Path
from typing import cast

from bot.commands.eval_material import Row
from bot.commands.eval_secrets import Kept, kept_secrets, secrets_report
from bot.redaction.redactor import Redactor


def row(text: str, secret: str | None, label: str = "secret") -> Row:
    return {"kind": "made", "source": "here", "text": text, "secret": secret, "label": label}


def test_a_secret_that_stays_is_counted_by_its_kind() -> None:
    found = [row("password=hunter22", "hunter22"), row("the word is swordfish", "swordfish")]
    assert kept_secrets(found, Redactor()) == (Kept("made", "here"),)


def test_a_row_that_names_no_secret_counts_as_kept_where_nothing_is_replaced() -> None:
    assert len(kept_secrets([row("nothing here", None)], Redactor())) == 1
    assert kept_secrets([row("password=hunter22", None)], Redactor()) == ()


def test_lines_altered_for_nothing_are_counted(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "loghub").mkdir()
    rows = [row("password=hunter22", "hunter22"), row("the word is swordfish", "swordfish")]
    rows.append(row("password=example1", None, "not-secret"))
    with lzma.open(tmp_path / "secrets" / "secrets.jsonl.xz", "wt") as file:
        file.write("\n".join(map(json.dumps, rows)))
    lines = ["session opened"] * 3 + ["password=hunter22"]
    (tmp_path / "loghub" / "a.log.xz").write_bytes(lzma.compress("\n".join(lines).encode()))
    summary = cast("Row", secrets_report(tmp_path)["summary"])
    assert (summary["recall"], summary["false_alteration"]) == (0.5, 0.25)
    assert (summary["look_alikes"], summary["look_alikes_altered"]) == (1, 1)
