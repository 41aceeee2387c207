"""`greenlight capture`: keep real alert messages, redacted, to see how they are read and to write rules."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from bot.commands.parse import described
from bot.commands.plainly import plain
from bot.domain.ids import SECOND, At
from bot.redaction.redactor import Redactor
from bot.settings import Problems, Settings, load
from bot.slack.capturing import captured, newest, spot_of
from bot.slack.chat import open_chat
from bot.slack.failures import ChatError

USAGE = 2
HELP = (
    "Fetch messages of other apps from Slack, take secrets and people out, print how Greenlight reads each,"
    " and append them to a file that `greenlight parse` reads. Needs SLACK_BOT_TOKEN and the bot in the"
    " channel. Look through the file before you share it: only what looks like a secret was replaced."
)


def main(argv: list[str]) -> int:
    """0 where something was kept, 1 where there was nothing, 2 for a wrong call or a refusal by Slack."""
    parser = argparse.ArgumentParser(prog="greenlight capture", description=HELP)
    parser.add_argument("what", metavar="MESSAGE", nargs="*", help="a message's link, or CHANNEL:TS")
    parser.add_argument("--channel", metavar="ID", help="every message of other apps in this channel")
    parser.add_argument("--hours", type=int, default=24, help="with --channel: of the last hours (24)")
    parser.add_argument("--out", metavar="FILE", default="captures.jsonl", help="the file (captures.jsonl)")
    args = parser.parse_args(argv)
    spots = [(text, spot_of(text)) for text in cast("list[str]", args.what)]
    wrong = [text for text, spot in spots if spot is None]
    if wrong or not (spots or args.channel):
        parser.error(f"expected a message's link or CHANNEL:TS, not {wrong[0]!a:.80}" if wrong else "what?")
    settings = load()
    if isinstance(settings, Problems):
        print(settings.text(), file=sys.stderr)
        return USAGE
    if settings.slack_bot_token is None:
        print("SLACK_BOT_TOKEN: expected a bot token that starts with xoxb-; see .env", file=sys.stderr)
        return USAGE
    try:
        rows = asyncio.run(_fetched(settings, args))
    except ChatError as error:
        print(f"greenlight capture: {plain(error.message)}", file=sys.stderr)
        return USAGE
    return _kept(rows, Path(str(args.out)))


async def _fetched(settings: Settings, args: argparse.Namespace) -> tuple[dict[str, Any], ...]:
    token = settings.slack_bot_token
    assert token is not None
    chat, redact = open_chat(token.get_secret_value(), settings.slack_base_url), Redactor(settings.secrets())
    try:
        spots = [spot for text in cast("list[str]", args.what) if (spot := spot_of(text))]
        found = [await captured(chat, spot, redact) for spot in spots]
        rows = tuple(row for row in found if row is not None)
        if args.channel:
            since = f"{int(time.time()) - int(args.hours) * 3600}.000000"
            rows = (*rows, *await newest(chat, str(args.channel), since, redact))
        return rows
    finally:
        await chat.session.close()


def _kept(rows: tuple[Mapping[str, Any], ...], file: Path) -> int:
    if not rows:
        print("There is no such message of another app.", file=sys.stderr)
        return 1
    now = At(int(time.time() * SECOND))
    with file.open("a", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            print(_read_as(described(row, row["event"], now)))
    print(f"{len(rows)} kept in {file}; `greenlight parse {file}` shows them whole.")
    return 0


def _read_as(said: Mapping[str, object]) -> str:
    if not said["is_alert"]:
        return plain(f"{said['id']}: no alert")
    return plain(
        f"{said['id']}: {said['source']}, {said['status']}, severity {said['severity'] or 'not said'},"
        f" service {said['service'] or 'not said'}: {said['title']}"
    )
