"""What the settings of sources must look like, beyond their names: checked when the inventory is read."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.adapters.log_reading import MOST_BYTES
from bot.adapters.log_shapes import LEVELS
from bot.adapters.patterns import fault
from bot.adapters.promql import check_query
from bot.adapters.scrape_queries import check_scrape_query

REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}", re.ASCII)
WORD = re.compile(r"[A-Za-z0-9._:*,@/-]{1,200}", re.ASCII)
UNIT = re.compile(r"[A-Za-z0-9:_.\\@*-]{1,255}", re.ASCII)
CHANNEL = re.compile(r"[CG][A-Z0-9]{2,20}", re.ASCII)
MOST_ENTRIES = 10_000
GROUPS = frozenset({"who", "what", "from", "to"})

Check = Callable[[str], str | None]
"""What was expected instead of this value, or nothing."""


def _url(value: str) -> str | None:
    expected = "http(s)://host[:port][/path], without credentials or a query"
    try:
        parts = urlsplit(value)
        whole = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        return expected
    clean = parts.username is None and not parts.query and not parts.fragment
    return None if whole and clean and value.isascii() and value.isprintable() else expected


def _pattern(value: str) -> str | None:
    wrong = fault(value)
    return f"an RE2 pattern: {wrong}" if wrong else None


def _channel_pattern(value: str) -> str | None:
    unknown = set(re.findall(r"\(\?P<([^>]*)>", value)) - GROUPS
    groups = f"groups among {', '.join(sorted(GROUPS))}, not {', '.join(sorted(unknown))}"
    return _pattern(value) or (groups if unknown else None)


def _like(shape: re.Pattern[str], expected: str) -> Check:
    return lambda value: None if shape.fullmatch(value) and ".." not in value else expected


def _number(least: int, most: int) -> Check:
    def check(value: str) -> str | None:
        fits = value.isascii() and value.isdecimal() and least <= int(value) <= most
        return None if fits else f"a number from {least} to {most}"

    return check


def _absolute(value: str) -> str | None:
    return None if Path(value).is_absolute() and value.isprintable() else "an absolute path"


CHECKS: Mapping[str, Check] = {
    "url": _url,
    "level": lambda value: None if value.lower() in LEVELS else f"one of {', '.join(sorted(set(LEVELS)))}",
    "pattern": _pattern,
    "max_bytes": _number(1_000, MOST_BYTES),
    "page": _number(1, MOST_ENTRIES),
    "timeout_seconds": _number(1, 12),
    "every_seconds": _number(1, 60),
    "path": _absolute,
    "ca_file": _absolute,
    "journalctl": _absolute,
    "directory": _absolute,
    "repository": _like(REPOSITORY, "owner/name"),
    "index": _like(WORD, "names of indices, as logs-checkout-*"),
    "unit": _like(UNIT, "a name of a unit, as checkout.service"),
    "channel": _like(CHANNEL, "the id of a channel, as C0DEPLOYS"),
}
"""By the name of the setting, since a name means the same wherever it stands."""


def source_mistakes(kind: str, settings: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the values of a source, each as key and what was expected."""
    for name, value in settings.items():
        check = CHECKS.get(name)
        if kind == "deploy_channel" and name == "pattern":
            check = _channel_pattern
        if kind == "github_commits" and name == "path":
            check = _like(WORD, "a path inside the repository")
        expected = check(value) if check and value else None
        if expected:
            yield f"{name}: expected {expected}"


QUERIES: Mapping[str, Check] = {"prometheus": check_query, "scrape": check_scrape_query}


def query_mistake(kind: str, query: str) -> str | None:
    """What is wrong with the query of a metric for the kind of source that has to answer it."""
    return QUERIES[kind](query) if kind in QUERIES else None
