"""Sentry: blocks whose first id is JSON with the issue's number."""

import json
import re

from bot.slack.alerts.flat import Flat, Role
from bot.slack.alerts.headline import bare_title
from bot.slack.alerts.json_shapes import as_map
from bot.slack.alerts.naming import named_services
from bot.slack.alerts.pairs import first_value
from bot.slack.alerts.reading import Reading
from bot.slack.alerts.severity import severity_of
from bot.slack.alerts.words import FIRING, RESOLVED

SOURCE = "sentry"

_TAG = re.compile(r"(?:^|\s)([A-Za-z_.]{2,40}): (\S{1,200})")
_RESOLVED = re.compile(
    r"\b(?:issue|status)\W{1,3}resolved\b|\bresolved (?:by|in)\b|\bmarked\b.{0,60}\bas resolved\b",
    re.IGNORECASE,
)
_PROJECT = re.compile(r"\bProject: (\S{1,100})")


def read_sentry(flat: Flat) -> Reading | None:
    """An issue alert; the issue's number is its identity, whatever the text becomes."""
    issue = next((found for each in flat.block_ids if (found := _issue(each))), "")
    sections = flat.of(Role.SECTION)
    if not issue or not sections:
        return None
    tags = {key: value for text in sections[1:] for key, value in _TAG.findall(text)}
    small = "\n".join(flat.of(Role.CONTEXT))
    project = _PROJECT.search(small)
    labels = tags | ({"project": project.group(1)} if project else {})
    level = first_value(tags.items(), "level", "severity")
    return Reading(
        source=SOURCE,
        status=RESOLVED if any(map(_RESOLVED.search, (*sections, small))) else FIRING,
        title=bare_title(sections[0].partition("\n")[0]),
        identity=(issue,),
        severity=severity_of(level) if level else None,
        labels=labels,
        services=named_services(labels),
        summary=sections[1] if len(sections) > 1 else "",
    )


def _issue(block_id: str) -> str:
    if not block_id.startswith("{"):
        return ""
    try:
        issue = as_map(json.loads(block_id)).get("issue")
    except (ValueError, RecursionError):
        return ""
    return str(issue) if isinstance(issue, int | str) and issue is not True else ""
