"""`greenlight doctor`: what works, what does not, and what to do about it."""

import argparse
import asyncio
from dataclasses import replace

from bot.commands.plainly import plain
from bot.domain.checkup import Finding, Level
from bot.redaction.redactor import Redactor
from bot.settings import Problems, Settings, load
from bot.wiring.doctor import examined

GOOD, BAD = 0, 1


def main(argv: list[str]) -> int:
    """0 where nothing failed (warnings included), else 1."""
    parser = argparse.ArgumentParser(
        prog="greenlight doctor",
        description="Check settings, store, content, people, rosters, Slack and metrics. Changes nothing "
        "without --rebuild. Exit code 1 where something is wrong.",
    )
    parser.add_argument(
        "--rebuild", action="store_true", help="write the store's indices and claims anew from the events"
    )
    options = parser.parse_args(argv)
    settings = load()
    if isinstance(settings, Problems):
        for problem in settings.problems:
            _say(
                Finding(Level.FAIL, "settings", f"{problem.name}: {problem.expected}", "mend it, then again")
            )
        return BAD
    return asyncio.run(_examine(settings, rebuilding=options.rebuild))


async def _examine(settings: Settings, *, rebuilding: bool) -> int:
    counted, redact = dict.fromkeys(Level, 0), Redactor(settings.secrets())
    async for finding in examined(settings, rebuilding=rebuilding):
        _say(replace(finding, what=redact(finding.what)))
        counted[finding.level] += 1
    print(", ".join(f"{many} {level}" for level, many in counted.items()))
    return BAD if counted[Level.FAIL] else GOOD


def _say(finding: Finding) -> None:
    print(plain(f"{finding.level:<5} {finding.where}: {finding.what}"), flush=True)
    if finding.todo:
        print(plain(f"      -> {finding.todo}"), flush=True)
