"""A first draft of `services.yaml` from what a server knows: text to edit, never more than a beginning."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NAME = re.compile(r"[^A-Za-z0-9._-]+", re.ASCII)
MAX_SERVICES = 200
HEAD = """\
# yaml-language-server: $schema={schema}
# A draft that `greenlight init` made from {origin}. It is a start to edit, not an inventory:
# what is not listed cannot be looked at or changed, and every line here is a guess until you have read it.
#  1. Delete what your team does not own.
#  2. Name who decides: `oncall`, `lead` and `senior` are rosters of policy.yaml; what is of high risk needs
#     two people, one of them of `senior`.
#  3. Set the normal ranges: `normal: {{high: …}}` decides what counts as abnormal, and when a fix has worked.
#  4. Add targets and actions for what may be changed; without them Greenlight only looks.
# `greenlight doctor` says whether everything that is listed here answers.
"""
SLOW_TO_SHOW = (
    "    # The symptom looks 5 minutes back: measured sooner, a fix that worked would seem not to.",
    "    pace: {settle_seconds: 300, every_seconds: 15, samples: 6, needed: 5}",
)


@dataclass(frozen=True, slots=True)
class Metric:
    """A guess at a metric: its query, its unit, and the upper end of a normal range where one is usual."""

    query: str
    unit: str
    high: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """One service as it was found."""

    name: str
    metrics: Mapping[str, Metric] = field(default_factory=dict[str, Metric])
    sources: Sequence[str] = ()
    """Lines of YAML beside the metrics: logs, changes, targets."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was found, where, and the line that names the metrics' source."""

    origin: str
    environment: str
    production: bool
    services: Sequence[Drafted]
    metrics_source: str = ""


def name_of(raw: str) -> str:
    """A word from a label as the name of a service; empty where nothing of it can be one."""
    return NAME.sub("-", raw).strip("-._")[:64]


def draft_text(draft: Draft, schema: str = "schema/services.schema.json") -> str:
    """The draft as the text of a `services.yaml` that loads."""
    lines = [HEAD.format(origin=draft.origin, schema=schema)]
    lines += ["# Whether an environment is production is said here and nowhere else.", "environments:"]
    lines.append(f"  {draft.environment}: {{production: {str(draft.production).lower()}}}")
    lines += ["", "services:" if draft.services else "services: {}"]
    for service in draft.services[:MAX_SERVICES]:
        lines += _service(draft, service)
    if len(draft.services) > MAX_SERVICES:
        lines.append(f"# {len(draft.services) - MAX_SERVICES} more were found and left out.")
    return "\n".join(lines).rstrip() + "\n"


def _service(draft: Draft, service: Drafted) -> list[str]:
    quoted = json.dumps(service.name)
    lines = [
        f"  {quoted if service.name.isdecimal() else service.name}:",
        f"    title: {quoted}",
        f"    environment: {draft.environment}",
        "    criticality: normal   # low, normal, high, critical",
        "    oncall: oncall        # a roster of policy.yaml",
        "    lead: leads           # same",
        "    senior: seniors       # same",
        *(f"    {line}" for line in service.sources),
    ]
    if not service.metrics:
        return [*lines, "    # No metric was found: without one, nothing can be verified.", ""]
    symptom = "error_rate" if "error_rate" in service.metrics else next(iter(service.metrics))
    lines += [f"    metrics_source: {draft.metrics_source}", f"    symptom: {symptom}"]
    if "[5m]" in service.metrics[symptom].query:
        lines += SLOW_TO_SHOW
    lines.append("    metrics:")
    for name, metric in service.metrics.items():
        normal = f"        normal: {{high: {metric.high}}}   # usual, yours may differ"
        missing = "        # normal: {high: …}   # look at a good week first"
        lines += [
            f"      {name}:",
            f"        query: {json.dumps(metric.query)}",
            f"        unit: {metric.unit}",
        ]
        lines.append(normal if metric.high else missing)
    return [*lines, ""]
