"""One log line taken apart: its time and level off, its message kept, and how loud it is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from bot.domain.ids import At

MAX_LINE = 4_000
MESSAGE_KEYS = ("message", "msg", "log", "event", "error", "err")
LEVEL_KEYS = ("level", "severity", "lvl", "levelname", "log.level")
TIME_KEYS = ("ts", "time", "timestamp", "@timestamp", "date")
MAX_EXTRAS = 6

LEVELS: Mapping[str, str] = {
    "trace": "debug",
    "debug": "debug",
    "info": "info",
    "information": "info",
    "notice": "info",
    "warn": "warn",
    "warning": "warn",
    "error": "error",
    "err": "error",
    "severe": "error",
    "critical": "fatal",
    "crit": "fatal",
    "fatal": "fatal",
    "panic": "fatal",
    "alert": "fatal",
    "emerg": "fatal",
}
STAMP = re.compile(
    r"\W{0,2}(?P<iso>\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\]?[ \t]?"
    r"|(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]{3,4})?(?: \d{4})? ",
    re.ASCII,
)
LEVEL = re.compile(
    r"\s*[\[(<]?(" + "|".join(LEVELS) + r")[\])>]?(?=[\s:\-|]|$)[:\s\-|]*", re.ASCII | re.IGNORECASE
)
# Colours, also as some collectors write them out (`^[[31m`).
ESCAPES = re.compile(r"(?:\x1b|\^\[)\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Shaped:
    """A line without its envelope; `level` is empty where the line names none."""

    message: str
    level: str
    at: At | None


def shaped(line: str) -> Shaped:
    """Take a line apart; never fails, whatever the line is."""
    text = ESCAPES.sub("", line[:MAX_LINE]).strip().lstrip("\ufeff")
    if text.startswith("{") and text.endswith("}"):
        from_json = _from_json(text)
        if from_json is not None:
            return from_json
    at, rest = _stamped(text)
    inner, rest = _stamped(rest)
    at = at if at is not None else inner
    match = LEVEL.match(rest)
    if match is None or match.end() == len(rest):
        return Shaped(rest.strip(), "", at)
    return Shaped(rest[match.end() :].strip(), LEVELS[match.group(1).lower()], at)


def moment(text: str) -> At | None:
    """Milliseconds of an ISO time; a time without a zone counts as UTC."""
    try:
        parsed = datetime.fromisoformat(text.replace("/", "-").replace(",", "."))
    except ValueError:
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return At(int(aware.timestamp() * 1000))


def _stamped(text: str) -> tuple[At | None, str]:
    match = STAMP.match(text)
    if match is None:
        return None, text
    iso = match.group("iso")
    return (moment(iso) if iso else None), text[match.end() :]


def _from_json(text: str) -> Shaped | None:
    try:
        raw: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    table = cast("dict[str, object]", raw)
    message = next(
        (value for key in MESSAGE_KEYS if isinstance(value := table.get(key), str) and value), None
    )
    if message is None:
        return None
    named = next((str(table[key]).lower() for key in LEVEL_KEYS if key in table), "")
    stamp = next((str(table[key]) for key in TIME_KEYS if key in table), "")
    said = " ".join((message, *_extras(table, message)))
    return Shaped(said.replace("\n", " "), LEVELS.get(named, ""), moment(stamp))


def _extras(table: Mapping[str, object], message: str) -> list[str]:
    """Further words of a structured line that say why: short texts that the message does not hold."""
    found: list[str] = []
    for key, value in table.items():
        if (
            key in LEVEL_KEYS
            or key in TIME_KEYS
            or value == message
            or key in {"service", "version", "fields"}
        ):
            continue
        if isinstance(value, str | int | float) and not isinstance(value, bool) and len(str(value)) <= 200:  # noqa: PLR2004
            found.append(f"{key}={value}")
    return found[:MAX_EXTRAS]
