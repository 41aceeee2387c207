"""`greenlight memory`: what the team remembers, what was approved when, and the file made from it."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime

from bot.adapters.memory import sha256
from bot.domain.errors import GreenlightError
from bot.settings import Problems, Settings, load
from bot.wiring.memory import FILE, memory_of, text_of
from bot.wiring.store import open_store

FINE, WRONG = 0, 2
SAME = "The file is the same."
OTHER = f"The file {FILE} is another: `greenlight memory export` writes this text there."


def main(argv: list[str]) -> int:
    """0 where it was done, 2 where the store or the settings forbid it."""
    parser = argparse.ArgumentParser(prog="greenlight memory", description=__doc__)
    parser.add_argument("what", choices=("show", "export", "history"), nargs="?", default="show")
    options = parser.parse_args(argv)
    settings = load()
    if isinstance(settings, Problems):
        print(settings.text(), file=sys.stderr)
        return WRONG
    work = {"show": _show, "export": _export, "history": _history}[options.what]
    try:
        asyncio.run(work(settings))
    except (GreenlightError, OSError) as error:
        print(f"greenlight memory: {error}", file=sys.stderr)
        return WRONG
    return FINE


async def _show(settings: Settings) -> None:
    """The text in force."""
    async with open_store(settings) as store:
        text = await memory_of(settings, store.link).present()
    print(text.rstrip())
    print(f"\n{FILE}, {sha256(text)[:12]}. {SAME if text_of(settings) == text else OTHER}", file=sys.stderr)


async def _export(settings: Settings) -> None:
    """Write the text in force to AGENTS.md beside the runbooks."""
    async with open_store(settings) as store:
        text = await memory_of(settings, store.link).present()
    place = settings.runbooks / FILE
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")
    print(f"{place}: {sha256(text)[:12]}")


async def _history(settings: Settings) -> None:
    """One line for each approved edit, oldest first."""
    async with open_store(settings) as store:
        rows = await memory_of(settings, store.link).history()
    for row in rows:
        at = datetime.fromtimestamp(int(row["at"]) / 1000, UTC)
        change = f"{str(row['before'])[:12]} -> {str(row['after'])[:12]}"
        print(f"{at:%Y-%m-%d %H:%M:%S} UTC  {change}  step {row['step']}")
    if not rows:
        print("No edit was approved yet.")
