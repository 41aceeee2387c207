"""`greenlight backup`: the embedded store as one file, beside running processes, and a store made from it."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.adapters import backup
from bot.adapters.clock import SystemClock
from bot.commands.plainly import plain
from bot.domain.errors import GreenlightError
from bot.settings import Problems, Settings, load
from bot.wiring.store import store_plan

FINE, BROKEN, WRONG = 0, 1, 2

NOT_IN_IT = """\
Not in it: the key of the chain, .env, runbooks/ and roster/. Keep the key ({key}) in another place
than the backups: with both, a record can be forged; without the key, a backup cannot be restored.
Incidents and evidence are in it in the clear: treat the file as you treat the logs that were looked at."""

AFTERWARDS = """\
Everything is paused. What happened after the backup was made is not in this record, approvals and changes
included: look at your systems and at the threads first, then a lead says
`/greenlight resume all` and why in Slack."""


def main(argv: list[str]) -> int:
    """0 where it was done, 1 where a record in it is broken, 2 where it cannot be done."""
    options = _arguments(argv)
    settings = load()
    if isinstance(settings, Problems):
        print(settings.text(), file=sys.stderr)
        return WRONG
    work = {"save": _save, "check": _check, "restore": _restore}[options.what]
    try:
        return asyncio.run(work(settings, options.file))
    except GreenlightError as error:
        print(f"greenlight backup: {error.message}", file=sys.stderr)
    except OSError as error:
        where = error.filename2 or error.filename or options.file
        print(plain(f"greenlight backup: {where}: {error.strerror or error}"), file=sys.stderr)
    return WRONG


async def _save(settings: Settings, file: Path) -> int:
    """Save, then load what was saved, since a backup that was never loaded is a hope."""
    plan = store_plan(settings)
    if await asyncio.to_thread(file.is_dir):
        file /= f"greenlight-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.rdb"
    await backup.save(plan, file)
    found = await backup.check(plan, file)
    key = "GREENLIGHT_AUDIT_KEY" if settings.audit_key else settings.data / "chain.key"
    code = _told(f"Saved {file}", found)
    print(NOT_IN_IT.format(key=key))
    return code


async def _check(settings: Settings, file: Path) -> int:
    return _told(f"Read {file}", await backup.check(store_plan(settings), file))


async def _restore(settings: Settings, file: Path) -> int:
    found = await backup.restore(store_plan(settings), file, SystemClock().now())
    code = _told(f"Restored {settings.data / 'store'}", found)
    print(AFTERWARDS)
    return code


def _told(done: str, found: backup.Checked) -> int:
    """Print what is in a backup; the exit code."""
    noun = "incident" if found.incidents == 1 else "incidents"
    print(plain(f"{done}: {found.incidents} {noun}, {len(found.broken)} broken, {found.size} bytes"))
    print(f"sha256 {found.sha256}")
    for name in found.broken:
        print(plain(f"{name}  BROKEN (`greenlight audit verify {name}` says where)"), file=sys.stderr)
    return BROKEN if found.broken else FINE


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="greenlight backup",
        description="The embedded store as one file (a snapshot by the Valkey server itself). "
        "A store of your own (GREENLIGHT_REDIS_URL) is saved by its own means. "
        "Exit code 0: done; 1: a record in it is broken; 2: it could not be done.",
    )
    parts = parser.add_subparsers(dest="what", required=True)
    helps = {
        "save": "write FILE (must not exist; a folder gets one named by the time), load it once to try it",
        "check": "load FILE into a server of its own and hold every record against the chain",
        "restore": "make the store of this home, which must have none, from FILE; everything is paused then",
    }
    for name, words in helps.items():
        part = parts.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".")
        part.add_argument("file", metavar="FILE", type=Path)
    return parser.parse_args(argv)
