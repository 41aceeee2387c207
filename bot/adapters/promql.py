"""PromQL as text: checked before it is sent, label values escaped in the one function that does that."""

import re
from collections.abc import Mapping

import promql_parser

MAX_QUERY = 4_000
ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*", re.ASCII)


def check_query(query: str) -> str | None:
    """What is wrong with a PromQL expression, or nothing."""
    if len(query) > MAX_QUERY:
        return f"the query is longer than {MAX_QUERY} characters"
    try:
        promql_parser.parse(query)
    except ValueError as error:
        return str(error)[:300]
    return None


def quoted(value: str) -> str:
    """A label value as a PromQL string, quotes included; raises ValueError for control characters."""
    if any(not letter.isprintable() and letter not in ESCAPES for letter in value):
        raise ValueError("a label value must be printable")
    return '"' + "".join(ESCAPES.get(letter, letter) for letter in value) + '"'


def selector(metric: str, labels: Mapping[str, str]) -> str:
    """A metric with equality matchers; raises ValueError for what is no name of a metric or a label."""
    for name in (metric, *labels):
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!a} is no name of a metric or a label")
    matchers = ",".join(f"{name}={quoted(value)}" for name, value in labels.items())
    return f"{metric}{{{matchers}}}" if matchers else metric
