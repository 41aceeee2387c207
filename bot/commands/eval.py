"""`greenlight eval`: how good the answers are over recorded incidents, attack strings and fake secrets."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from bot.commands.eval_bench import shipped
from bot.commands.eval_cases import case_row, judged, summary
from bot.commands.eval_injections import injections_report
from bot.commands.eval_material import NoMaterialError, Row, folder, rows
from bot.commands.eval_secrets import secrets_report
from bot.commands.eval_team import NoTeamError, team_named

NOT_MEASURED = 2
COLUMNS = ("id", "kind", "verdict", "confidence", "cause_named", "plan_proposed", "claims", "seconds")
WIDTHS = (44, 9, 13, 11, 12, 14, 7, 8)


def main(argv: list[str]) -> int:
    """Print a table, write JSON where asked; 2 where there is nothing to measure with or nobody to ask."""
    args = _arguments(argv)
    try:
        report = asyncio.run(_report(args))
        _write(cast("str | None", args.json), report)
    except (NoMaterialError, NoTeamError, OSError) as error:
        print(f"greenlight eval: {error}", file=sys.stderr)
        return NOT_MEASURED
    _print(report)
    return 0


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="greenlight eval",
        description="Measure causes named and invented over recorded incidents, or what attack strings and"
        " fake secrets do. Reads cases.jsonl, injections.jsonl, secrets/ and loghub/ of the folder.",
    )
    parser.add_argument("dir", metavar="DIR", nargs="?", help="the material; unset: GREENLIGHT_MATERIAL")
    parser.add_argument("--team", choices=("rules", "model"), default="rules", help="who answers")
    parser.add_argument("--json", metavar="FILE", help="write the report to this file as well")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--injections", action="store_true", help="plant attack strings instead")
    what.add_argument("--secrets", action="store_true", help="measure redaction instead")
    return parser.parse_args(argv)


async def _report(args: argparse.Namespace) -> Row:
    root = folder(cast("str | None", args.dir))
    if args.secrets:
        return secrets_report(root)
    if args.injections:
        return await injections_report(root)
    content = shipped()
    cases = rows(root / "cases.jsonl")
    async with team_named(str(args.team), content) as team:
        found = [await judged(case, root, team, content) for case in cases]
    return {"summary": summary(found), "cases": [case_row(one) for one in found]}


def _write(path: str | None, report: Row) -> None:
    if path:
        Path(path).write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _print(report: Row) -> None:
    cases = cast("Sequence[Row]", report.get("cases") or ())
    if cases:
        print(_line(COLUMNS))
    for case in cases:
        print(_line([_cell(case[name]) for name in COLUMNS]))
    for name in ("stay", "wrong"):
        for row in cast("Sequence[Row]", report.get(name) or ()):
            print(f"{name}: " + " ".join(f"{key}={_cell(value)}" for key, value in row.items()))
    for name, value in cast("Row", report["summary"]).items():
        print(f"{name:<22}{_cell(value)}")


def _line(cells: Sequence[str]) -> str:
    pairs = zip(cells, WIDTHS, strict=True)
    return " ".join(cell[:width].ljust(width) for cell, width in pairs).rstrip()


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
