"""`greenlight audit`: verify, show and export the record, beside running processes or without them."""

import argparse
import asyncio
import json
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable

from bot.adapters.chain import MAC_HEX, SHORTEST_HEAD
from bot.commands.auditing import UnreadableRecordError, clean, exported, recorded, shown, unplaced
from bot.commands.plainly import plain
from bot.domain.errors import GreenlightError
from bot.domain.ids import IncidentId, grouped
from bot.settings import Problems, Settings, load
from bot.wiring.auditing import Audit, audit_of

WHOLE, BROKEN, WRONG = 0, 1, 2
HEAD = re.compile(rf"[0-9A-Fa-f]{{{SHORTEST_HEAD},{MAC_HEX}}}", re.ASCII)
NO_SUCH = "There is no such incident."

Work = Callable[[Audit, argparse.Namespace], Awaitable[int]]


def main(argv: list[str]) -> int:
    """0 where all is whole, 1 where something is wrong with the record, 2 where it cannot be read."""
    options = _arguments(argv)
    mistake = _mistake(getattr(options, "head", None), options.incident)
    if mistake is not None:
        print(f"greenlight audit: {mistake}", file=sys.stderr)
        return WRONG
    settings = load()
    if isinstance(settings, Problems):
        print(settings.text(), file=sys.stderr)
        return WRONG
    work: Work = {"verify": _verify, "show": _show, "export": _export}[options.what]
    try:
        return asyncio.run(_audited(settings, work, options))
    except GreenlightError as error:
        print(f"greenlight audit: {error.message}", file=sys.stderr)
        return WRONG


def _mistake(head: str | None, incident: str | None) -> str | None:
    """What is wrong with a head that was given; an empty one, as of an unset variable, compares nothing."""
    if head is None:
        return None
    if not incident:
        return "--head needs an incident."
    if not HEAD.fullmatch(head.replace("-", "").strip()):
        return f"a head needs at least {SHORTEST_HEAD} hexadecimal digits, as a card or a report shows them."
    return None


async def _audited(settings: Settings, work: Work, options: argparse.Namespace) -> int:
    async with audit_of(settings) as audit:
        return await work(audit, options)


async def _verify(audit: Audit, options: argparse.Namespace) -> int:
    """Check one incident or all of them."""
    names = await _names(audit, options)
    broken = 0
    for name in names:
        problems = await audit.ledger.problems(name, options.head)
        sealed = await audit.ledger.sealed(name)
        head = grouped(sealed[-1].mac) if sealed else "none"
        state = "BROKEN" if problems else "whole"
        print(plain(f"{name}  {state}  {len(sealed)} entries  head {head}"))
        for problem in problems:
            print(plain(audit.redact(f"  {problem}")))
        broken += bool(problems)
    noun = "incident" if len(names) == 1 else "incidents"
    print(f"{len(names)} {noun}, {broken} broken.")
    return BROKEN if broken else WHOLE


async def _show(audit: Audit, options: argparse.Namespace) -> int:
    """One incident, entry by entry."""
    return await _printed(audit, options, shown)


async def _export(audit: Audit, options: argparse.Namespace) -> int:
    """One incident or all, as JSON lines or as change records; with all, the pauses as well."""
    if options.format == "record":
        return await _printed(audit, options, recorded)
    code = await _printed(audit, options, exported)
    if not options.incident:
        for line in await unplaced(audit):
            print(line)
        for pause in await audit.ledger.pauses():
            print(json.dumps({"stream": "pauses", **clean(audit, pause)}))
    return code


async def _printed(
    audit: Audit,
    options: argparse.Namespace,
    lines_of: Callable[[Audit, IncidentId], AsyncGenerator[str]],
) -> int:
    """Print what there is, and say at the end where the record is not whole."""
    broken = 0
    for name in await _names(audit, options):
        problems = await audit.ledger.problems(name)
        try:
            async for line in lines_of(audit, name):
                print(line)
        except UnreadableRecordError as error:
            problems = (*problems, error.message)
        for problem in problems:
            print(plain(audit.redact(f"{name}: {problem}")), file=sys.stderr)
        broken += bool(problems)
    return BROKEN if broken else WHOLE


async def _names(audit: Audit, options: argparse.Namespace) -> tuple[IncidentId, ...]:
    names = await audit.ledger.names()
    if not options.incident:
        return names
    wanted = IncidentId(options.incident)
    if wanted not in names and not getattr(options, "head", None):
        raise GreenlightError(NO_SUCH)
    return (wanted,)


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="greenlight audit",
        description="Read the record of what was found, decided and done. Nothing is written. "
        "Exit code 0: whole; 1: something was changed or is missing; 2: it cannot be read.",
    )
    parts = parser.add_subparsers(dest="what", required=True)
    verify = parts.add_parser("verify", help="find every edit, deletion, swap and insertion")
    verify.add_argument("incident", nargs="?", help="an incident's id; all of them without it")
    verify.add_argument("--head", metavar="HEX", help="a head that a card or report shows: finds truncation")
    show = parts.add_parser("show", help="one incident, entry by entry")
    show.add_argument("incident")
    export = parts.add_parser("export", help="for other programs, or as a change record for people")
    export.add_argument("incident", nargs="?", help="an incident's id; all of them without it")
    export.add_argument("--format", choices=("jsonl", "record"), default="jsonl")
    return parser.parse_args(argv)
