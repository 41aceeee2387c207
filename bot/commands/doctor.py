"""`greenlight doctor`: what works, what does not, and what to do about it."""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from bot.commands.plainly import plain
from bot.domain.checkup import Finding, Level
from bot.redaction.redactor import Redactor
from bot.settings import Problems, Settings, load
from bot.wiring.doctor import examined, pressed_button

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
    parser.add_argument(
        "--config-only", action="store_true", help="look at settings and content alone; asks no network"
    )
    parser.add_argument(
        "--test-button",
        metavar="CHANNEL",
        help="post a button there and wait a minute for its click",
    )
    options = parser.parse_args(argv)
    settings = load()
    if isinstance(settings, Problems):
        for problem in settings.problems:
            _say(
                Finding(Level.FAIL, "settings", f"{problem.name}: {problem.expected}", "mend it, then again")
            )
        return BAD
    if options.test_button:
        print("Look into the channel and press the button there.", flush=True)
        return asyncio.run(_tell(settings, pressed_button(settings, options.test_button)))
    findings = examined(settings, rebuilding=options.rebuild, config_only=options.config_only)
    return asyncio.run(_tell(settings, findings))


async def _tell(settings: Settings, findings: AsyncGenerator[Finding]) -> int:
    counted, redact = dict.fromkeys(Level, 0), Redactor(settings.secrets())
    async for finding in findings:
        _say(replace(finding, what=redact(finding.what)))
        counted[finding.level] += 1
    print(", ".join(f"{many} {level}" for level, many in counted.items()))
    return BAD if counted[Level.FAIL] else GOOD


def _say(finding: Finding) -> None:
    print(plain(f"{finding.level:<5} {finding.where}: {finding.what}"), flush=True)
    if finding.todo:
        print(plain(f"      -> {finding.todo}"), flush=True)
